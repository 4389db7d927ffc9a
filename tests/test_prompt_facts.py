"""Facts in prompts: none that tells the name, and the informative ones first."""

from math import log
from pathlib import Path

import pandas as pd
import program_job
import pytest
from refusals import refused

import write_prompts
from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.compile.benchmarks import benchmark_job
from reasonome.core import atomic
from reasonome.facts.sources.go import Ontology, Term, read_obo
from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.facts.text import normalise
from reasonome.task_parts import BenchmarkJob, Inputs
from reasonome.tasks import load_project
from reasonome.tasks.naming.prompt_facts import (
    FactIndex,
    id_space,
    with_facts,
    without_collection,
    without_relations,
)
from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.settings import PromptFacts
from reasonome.tasks.naming.task import GeneSetNaming

ROOT = Path(__file__).resolve().parent.parent
REPAIR = Term("GO:0006281", "DNA repair", "biological_process", False, ("mending of DNA",))
NUCLEUS = Term("GO:0005634", "nucleus", "cellular_component", False)
ONTOLOGY = Ontology(
    {t.id: t for t in (REPAIR, NUCLEUS)}, {t.id: () for t in (REPAIR, NUCLEUS)}, {}, (REPAIR.id, NUCLEUS.id)
)


def table(*rows):
    """Facts of (gene, relation, object_id, object_name, source)."""
    return pd.DataFrame([(*row, "") for row in rows], columns=FACT_COLUMNS)


def example(id, name, *symbols):
    return Example(id=id, subset="bp", name=name, genes=[Gene(symbol=symbol) for symbol in symbols])


def test_id_spaces():
    ids = ("GO:0006281", "R-HSA-73894", "WP123", "HGNC.GROUP:12", "HALLMARK_HYPOXIA", "12", "")
    assert [id_space(i) for i in ids] == ["GO:", "R-HSA-", "WP", "HGNC.GROUP:", "", "", ""]


def test_what_is_of_the_collection_is_left_out_in_every_source():
    made_of = table(("A", "involved_in", "GO:0006281", "DNA repair", "bioc"))
    others = [
        ("A", "has_domain", "PFAM:PF00533", "BRCT domain", "bioc"),  # another relation of the same source
        ("A", "involved_in", "X:1", "cell growth", "mine"),  # the same relation of another source
        ("A", "member_of_pathway", "R-HSA-1", "Fanconi Anemia Pathway", "reactome"),
    ]
    about = [
        ("A", "involved_in", "GO:9999999", "brand new term", "bioc"),  # the facts that the sets are made of
        ("A", "annotated_in", "GO:8888888", "a term of a later release", "mine"),  # the id space
        ("A", "member_of_pathway", "R-HSA-2", "DNA Repair", "reactome"),  # the name
        ("A", "member_of_pathway", "R-HSA-3", "Mending of DNA", "reactome"),  # a synonym
        ("A", "has_keyword", "KW-1", "Nucleus", "uniprot"),  # a term of the ontology that no row asks for
        ("A", "member_of_pathway", "R-HSA-4", "HR: base-excision repair in B cells", "reactome"),  # a row's name in it
    ]
    rows = [example("GO:0006281", "DNA repair", "A"), example("GO:0006284", "base excision repair", "A")]
    facts = table(*others, *about, *made_of.drop(columns="evidence").itertuples(index=False))
    kept = without_collection(facts, made_of, {"bioc": ONTOLOGY}, rows)
    assert kept.drop(columns="evidence").apply(tuple, axis=1).tolist() == others


@pytest.mark.parametrize("own", [(), ("mending of DNA", "repairosis")])
def test_synonyms_of_several_words_are_looked_for_among_other_words(own):
    """Whether a row brings them or the ontology does; one of a single word is mostly an acronym or a symbol."""
    term = Term(
        "GO:0006281", "DNA repair", "biological_process", False, () if own else ("Mending of DNA", "repairosis")
    )
    ontology = Ontology({term.id: term}, {term.id: ()}, {}, (term.id,))
    facts = table(
        ("A", "has_keyword", "K:1", "fast mending of DNA by ligases", "uniprot"),
        ("A", "has_keyword", "K:2", "repairosis of cells", "uniprot"),
        ("A", "has_keyword", "K:3", "Repairosis", "uniprot"),  # nothing but the synonym
        ("A", "has_keyword", "K:4", "late DNA repair", "uniprot"),
        ("A", "has_keyword", "K:5", "mending of DNAs", "uniprot"),
    )
    row = Example(id="GO:0006281", subset="bp", name="DNA repair", genes=[Gene(symbol="A")], synonyms=list(own))
    kept = without_collection(facts, facts.iloc[:0], {"go": ontology}, [row])
    assert kept["object_id"].tolist() == ["K:2", "K:5"]


def test_facts_that_sets_are_made_of_are_told_by_source_and_relation():
    rows = [(gene, relation, "X:1", "x", source) for gene in "AB" for relation in ("r", "q") for source in ("s", "t")]
    made_of = table(("C", "r", "X:2", "y", "s"), ("C", "q", "X:2", "y", "t"))
    kept = without_relations(table(*rows), made_of)
    assert kept[["gene", "relation", "source"]].apply("".join, axis=1).tolist() == ["Art", "Aqs", "Brt", "Bqs"]
    assert len(without_relations(table(*rows), made_of.iloc[:0])) == 8


def test_what_is_left_out_does_not_depend_on_which_set_is_asked():
    facts = table(
        ("A", "member_of_pathway", "R-HSA-2", "DNA Repair", "reactome"),
        ("A", "member_of_pathway", "R-HSA-5", "Apoptosis", "reactome"),
    )
    rows = [example("GO:0006281", "DNA repair", "A", "B"), example("GO:0006915", "apoptosis", "A", "B")]
    kept = without_collection(facts, facts.iloc[:0], {"go": ONTOLOGY}, rows)
    assert kept.empty  # both sets hold A, and neither prompt shows either name
    one, other = with_facts(rows, FactIndex(facts, 0), PromptFacts(most=2, budget_tokens=8))
    assert one.genes == other.genes


INDEX = FactIndex(
    table(
        # Five genes have facts: "wide" is of four of them, "pair" of two, "single" of one.
        *[(gene, "member_of_pathway", "P:1", "wide", "s") for gene in "ABCD"],
        *[(gene, "member_of_pathway", "P:2", "pair", "s") for gene in "AB"],
        ("A", "has_domain", "D:1", "single", "s"),
        ("E", "has_domain", "D:2", "else", "s"),
        ("A", "member_of_pathway", "Q:2", "Pair", "t"),  # the same fact, in another source's spelling
        ("A", "has_alias", "A:1", "P53", "s"),
        ("A", "has_domain", "PFAM:PF00533", "PF00533", "s"),  # an accession and no name
        ("A", "has_summary", "S:1", "A gene.", "s"),
    ),
    seed=0,
)


def objects(shown):
    return [[fact.object for fact in facts] for facts in shown]


def test_the_informative_facts_come_first():
    # Alone, A's facts count by rarity: ln(5/1), ln(5/2), ln(5/4).
    assert objects(INDEX.most_informative(["A"], 5)) == [["single", "Pair", "wide"]]
    # In A, B, C: single 1·ln((1/3)/(1/5)) = 0.51; pair 2·ln((2/3)/(2/5)) = 1.02; wide 3·ln(1/(4/5)) = 0.67.
    assert [round(v, 2) for v in (log(5 / 3), 2 * log(5 / 3), 3 * log(5 / 4))] == [0.51, 1.02, 0.67]
    assert objects(INDEX.most_informative(["A", "B", "C"], 5)) == [
        ["Pair", "wide", "single"],
        ["Pair", "wide"],
        ["wide"],
    ]
    assert objects(INDEX.most_informative(["A", "nobody"], 1)) == [["single"], []]
    assert INDEX.most_informative(["nobody"], 3) == [[]]


def test_ties_are_settled_by_the_seed_and_not_by_the_order_of_facts():
    facts = table(*[("A", "has_domain", f"D:{i}", f"domain {chr(97 + i)}", "s") for i in range(8)])
    orders = {tuple(objects(FactIndex(facts, seed).most_informative(["A"], 8))[0]) for seed in range(5)}
    assert len(orders) > 1
    assert FactIndex(facts, 0).most_informative(["A"], 8) == FactIndex(facts[::-1], 0).most_informative(["A"], 8)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["facts", "neighbours"])
def test_the_demo_end_to_end(project, demo_facts, demo_benchmark, tmp_path, style):
    demo_facts.to_parquet(tmp_path / "facts.parquet")
    obo = ROOT / project.sources["go-demo"].files["obo"].path
    found = Inputs({"facts": tmp_path / "facts.parquet", "ontologies": {"go-demo": obo}})
    rows, written = ({part: of / f"{part}.jsonl" for part in SPLITS} for of in (demo_benchmark, tmp_path / "out"))
    job = benchmark_job(project, "write_prompts", ("demo-go", style, None), found, rows, written)
    program_job.run(write_prompts, tmp_path, job)
    names = {normalise(term.name) for term in read_obo(obo).terms.values()}
    for part in SPLITS:
        before, after = (
            read_rows(demo_benchmark / f"{part}.jsonl", Example),
            read_rows(tmp_path / "out" / f"{part}.jsonl", Example),
        )
        shows = {"neighbours": [], "shown": None, "facts_left_out": 0, "neighbours_left_out": 0, "kind": ""}
        bare = [
            row.model_copy(update=shows | {"genes": [Gene(symbol=g.symbol, name=g.name) for g in row.genes]})
            for row in after
        ]
        assert bare == before
        kinds = {"bp": "biological process", "mf": "molecular function", "cc": "cellular component"}
        assert all(row.shown and row.kind == kinds[row.subset] for row in after)
        if style == "facts":
            told = {fact for row in after for gene in row.genes for fact in gene.facts}
            assert {fact.relation for fact in told} == {"member_of_pathway", "in_gene_group"}
            assert not {normalise(fact.object) for fact in told} & names
        else:
            train = {row.name for row in read_rows(demo_benchmark / "train.jsonl", Example)}
            assert all(1 <= len(row.neighbours) <= 3 and {n.name for n in row.neighbours} <= train for row in after)
            assert all(len(row.neighbours) + row.neighbours_left_out == 3 for row in after)
            assert not any(row.name in {n.name for n in row.neighbours} for row in after)


def test_training_questions_show_no_fact_about_a_held_out_term_of_another_benchmark(project, tmp_path):
    """What is asked may show it, as no model learns from that."""
    known = [
        ("A", "member_of_pathway", "R-HSA-1", "Mending", "reactome"),  # a test set of few-pathways, by id
        ("A", "member_of_pathway", "WP1", "Cell Cycle", "wikipathways"),  # a valid one, by name
        ("A", "in_gene_group", "HGNC.GROUP:1", "Ligases", "hgnc"),
        ("B", "part_of", "GO:0000124", "SAGA complex", "go"),
    ]
    table(*known).to_parquet(tmp_path / "facts.parquet")
    others = [example("R-HSA-2", "cell cycle", "X"), example("R-HSA-1", "mending", "X")]
    atomic.write_jsonl(tmp_path / "others.jsonl", [row.model_dump(exclude_defaults=True) for row in others])
    ontologies = {"go-demo": ROOT / project.sources["go-demo"].files["obo"].path}
    job = BenchmarkJob(
        benchmark=project.benchmarks["demo-go"],
        style=project.style("demo-go", "facts"),
        files={"facts": tmp_path / "facts.parquet", "ontologies": ontologies, "held_out": [tmp_path / "others.jsonl"]},
    )
    splits = {part: [example(f"GO:{part}", part, "A", "B")] for part in SPLITS}
    found = GeneSetNaming().prompting.with_material(job, splits)
    told = {part: {fact.object for gene in rows[0].genes for fact in gene.facts} for part, rows in found.items()}
    assert told == {
        "train": {"Ligases"},
        "valid": {"Ligases", "Mending", "Cell Cycle"},
        "test": {"Ligases", "Mending", "Cell Cycle"},
    }


def edited(config, old, new):
    path = config / "prompts" / "gene_set_naming.facts.txt"
    path.write_text(path.read_text().replace(old, new))
    return path


def test_facts_of_all_sources_are_for_published_sets(config):
    edited(config, "  most: 4\n", "  most: 4\n  sources: all\n")
    with refused(fix="write `sources"):
        load_project(config).style("demo-go", "facts")
    experiment = config / "experiments" / "demo.yaml"
    experiment.write_text(experiment.read_text().replace("styles: [demo-names]", "styles: [names, facts]"))
    with refused(fix="write `sources"):
        load_project(config)


def test_a_benchmark_is_asked_with_its_enriched_terms_of_libraries_that_exist(config):
    assert load_project(config).style("demo-go", "enriched").terms.libraries == ["GO BP", "GO CC", "GO MF"]
    path = config / "prompts" / "gene_set_naming.mine.txt"
    path.write_text("---\nlike: enriched\nterms:\n  libraries: [GO BP, reactom-demo]\n---\n")
    with refused(path, field="terms.libraries", fix="did you mean 'reactome-demo'?"):
        load_project(config).style("demo-go", "mine")


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [("  most: 4\n", "  mots: 4\n", 6, "facts.mots"), ("{genes}", "{neighbours} {genes}", None, None)],
)
def test_mistakes_in_a_style(config, old, new, line, field):
    path = edited(config, old, new)
    with refused(path, line, field):
        load_project(config).styles("gene_set_naming")
