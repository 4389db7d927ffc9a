"""Statements: what is stated once, what is held out, left out, counted and weighed, and the placebo."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import program_job
import pytest
from refusals import refused
from tokenizers import Tokenizer, models, pre_tokenizers

import write_statements
from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.config.sources import Corpus
from reasonome.core import atomic
from reasonome.facts import statements
from reasonome.facts.selection import bits, select, without_labels
from reasonome.facts.sources.go import read_obo
from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.facts.text import normalise
from reasonome.facts.wording import JOINT
from reasonome.task import held_out_terms
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.task import GeneSetNaming

ROOT = Path(__file__).resolve().parent.parent
OBO = "format-version: 1.2\ndefault-namespace: biological_process\n"


def table(*facts):
    """Facts from (gene, relation, object id, object name, source)."""
    return pd.DataFrame([(*fact, "") for fact in facts], columns=FACT_COLUMNS)


def texts(*facts, paraphrases=9):
    return sorted(statements.write_sentences(table(*facts), paraphrases, 0.1, 0)["text"])


def test_braces_in_names_are_only_braces():
    assert "A takes part in {gene} {0}." in texts(("A", "involved_in", "O:1", "{gene} {0}", "s"))


def test_facts_that_read_alike_are_stated_once():
    sentences = statements.write_sentences(
        table(
            ("A", "located_in", "O:1", "nucleus", "go"),
            ("A", "is_active_in", "O:1", "nucleus", "go"),
            ("B", "member_of_pathway", "R:1", "Apoptosis", "reactome"),
            ("B", "member_of_pathway", "W:1", "Apoptosis", "wikipathways"),
        ),
        4,
        0.1,
        0,
    )
    assert len(sentences) == sentences["text"].nunique() == 8
    first, second = (group.iloc[0] for _, group in sentences.groupby("gene"))
    assert (first["relation"], first["object_id"], first["source"]) == ("is_active_in\tlocated_in", "O:1", "go")
    assert (second["object_id"], second["source"]) == ("R:1\tW:1", "reactome\twikipathways")


def test_names_that_differ_in_case_spacing_or_hyphens_are_alike():
    names = ["Base-excision repair", "base excision  repair", "Base Excision Repair"]
    facts = table(*[("A", "member_of_pathway", f"R:{i}", name, f"s{i}") for i, name in enumerate(names)])
    (row,) = statements.write_sentences(facts, 1, 0.1, 0).to_dict("records")
    assert (row["object_id"], row["source"]) == ("R:0\tR:1\tR:2", "s0\ts1\ts2")
    assert "Base Excision Repair" in row["text"]  # the first in alphabetical order


def test_the_number_of_paraphrases():
    facts = table(("A", "involved_in", "O:1", "cell cycle", "s"), ("A", "acts_upstream_of", "O:2", "growth", "s"))
    counts = {n: statements.write_sentences(facts, n, 0.1, 0)["object_id"].value_counts() for n in (1, 3, 8)}
    assert [(counts[n]["O:1"], counts[n]["O:2"]) for n in (1, 3, 8)] == [(1, 1), (3, 3), (8, 3)]
    assert len(texts(("A", "enables", "O:1", "binding", "s"), paraphrases=16)) == 12


def many(count=400):
    relations = ["located_in", "is_active_in", "involved_in"]
    return table(*[(f"G{i % 40}", relations[i % 3], f"O:{i // 3}", f"term {i // 3}", "s") for i in range(count)])


def test_splits_share_no_fact():
    sentences = statements.write_sentences(many(), 4, 0.3, 0)
    halves = [sentences[sentences["split"] == part] for part in ("train", "held_out")]
    assert all(len(half) > 100 for half in halves)
    for columns in (["text"], ["gene", "object_id"]):
        first, second = (set(half[columns].itertuples(index=False, name=None)) for half in halves)
        assert not first & second


def test_one_gene_and_one_name_fall_into_one_split_whatever_the_relation_or_the_case():
    for i in range(30):
        facts = table(
            (f"G{i}", "located_in", "O:1", "nuclear pore", "go"),
            (f"G{i}", "involved_in", "O:2", "nuclear pore", "go"),
            (f"G{i}", "member_of_pathway", "R:1", "Nuclear Pore", "reactome"),
        )
        assert statements.write_sentences(facts, 1, 0.4, 0)["split"].nunique() == 1


def test_the_choice_is_seeded_and_neither_order_nor_other_facts_change_it():
    facts = many()
    sentences = statements.write_sentences(facts, 2, 0.3, 0)
    pd.testing.assert_frame_equal(
        sentences, statements.write_sentences(facts.sample(frac=1, random_state=1), 2, 0.3, 0)
    )
    assert not sentences.equals(statements.write_sentences(facts, 2, 0.3, 1))
    fewer = statements.write_sentences(facts[facts["gene"] != "G7"], 2, 0.3, 0)
    pd.testing.assert_frame_equal(fewer, sentences[sentences["gene"] != "G7"].reset_index(drop=True))


def test_an_unknown_relation_is_an_error():
    with refused(fix="add it to facts/wording/sentences.yaml"):
        statements.write_sentences(table(("A", "eats", "O:1", "cake", "s")), 1, 0.1, 0)


def test_a_relation_without_a_wording_in_the_order_that_is_asked_for_is_an_error():
    facts = table(("A", "maps_to_band", "1p36", "1p36", "s"), ("A", "has_phenotype", "HP:1", "Pain", "s"))
    with refused(fix="leave out 'object_first' of the corpus, or the relation"):
        statements.write_sentences(facts, 3, 0.1, 0, begins_with="object")
    said = statements.write_sentences(facts[1:], 3, 0.1, 0, begins_with="object")["text"]
    assert len(said) == 3 and all(text.index("Pain") < text.index(" A") for text in said)


def test_held_out_terms_are_left_out_by_id_and_by_name():
    facts = table(
        ("A", "involved_in", "GO:1", "DNA repair", "go"),
        ("A", "member_of_pathway", "R:1", "DNA  Repair", "reactome"),
        ("A", "member_of_pathway", "R:2", "DNA replication", "reactome"),
        ("B", "involved_in", "GO:2", "cell cycle", "go"),
    )
    kept, left_out = statements.leave_out(facts, [("GO:1", "DNA repair"), ("GO:9", "growth")])
    assert kept["object_id"].tolist() == ["R:2", "GO:2"]
    assert left_out["object_id"].tolist() == ["GO:1", "R:1"]
    assert kept.index.tolist() == left_out.index.tolist() == [0, 1]


def test_the_draw_is_the_same_on_every_machine():
    """Another version of pandas that hashed otherwise would silently change every corpus."""
    facts = table(*[(gene, "involved_in", "O:1", "cell cycle", "s") for gene in "ABCDEFGH"])
    sentences = statements.write_sentences(facts, 1, 0.3, 0)
    assert "".join(sentences["gene"][sentences["split"] == "held_out"]) == "DGH"
    assert sentences["text"].iloc[0] == "A takes part in cell cycle."


def test_no_two_genes_are_held_out_together():
    """Whether a fact is held out says nothing about the same fact of another gene."""
    facts = table(*[(f"G{i}", "involved_in", f"O:{j}", f"term {j}", "s") for i in range(30) for j in range(400)])
    sentences = statements.write_sentences(facts, 1, 0.3, 0)
    held = (sentences.set_index(["gene", "object_id"])["split"] == "held_out").unstack().to_numpy(dtype=float)
    assert held.mean() == pytest.approx(0.3, abs=0.02)
    assert np.abs(np.corrcoef(held) - np.eye(30)).max() < 5 / 400**0.5


# --- which facts are said ----------------------------------------------------------------------------


def test_facts_are_chosen_by_gene_relation_and_size_of_the_object():
    facts = table(
        ("A", "has_name", "H:1", "alpha", "s"),
        ("A", "enables", "O:1", "binding", "s"),  # an object of three genes
        ("B", "enables", "O:1", "binding", "s"),
        ("C", "enables", "O:1", "binding", "s"),
        ("A", "enables", "O:2", "kinase activity", "s"),
        ("A", "involved_in", "O:3", "growth", "s"),
    )

    def chosen(**only):
        return [(row.gene, row.object_id) for row in select(facts, **only).itertuples()]

    assert chosen(genes={"A"}, relations=["has_name", "enables"]) == [("A", "H:1"), ("A", "O:1"), ("A", "O:2")]
    assert chosen(genes={"A"}, largest_object=2) == [("A", "H:1"), ("A", "O:2"), ("A", "O:3")]
    assert len(chosen()) == 6
    with refused(field="only", fix="name more relations, or allow larger objects"):
        chosen(genes={"A"}, relations=["has_summary"])


def test_of_each_gene_one_fact_of_each_relation_in_turn():
    """G0 has a name, ten functions and two places; the function that is taken is drawn at random."""
    rows = [("G0", "has_name", "H:0", "zero", "s")]
    rows += [("G0", "enables", f"F:{i}", f"act {i}", "s") for i in range(10)]
    rows += [("G0", "enables", "F:0", "act 0", "other")]  # the same from another source counts once
    rows += [("G0", "located_in", f"C:{i}", f"place {i}", "s") for i in range(2)]
    rows += [(f"G{n}", "enables", f"F:{i}", f"act {i}", "s") for n in range(1, 40) for i in range(10)]
    facts = table(*rows)

    def taken(most, gene="G0"):
        order = ["has_name", "located_in", "enables"]
        picked = select(facts, relations=order, most=most)
        return sorted(picked.loc[picked["gene"] == gene, "relation"])

    assert taken(1) == ["has_name"] and taken(2) == ["has_name", "located_in"]
    assert taken(4) == ["enables", "has_name", "located_in", "located_in"]  # the second round begins: places, functions
    assert taken(6) == [*["enables"] * 3, "has_name", *["located_in"] * 2]
    assert taken(6, "G1") == ["enables"] * 6
    first = select(facts, relations=["enables"], most=1)
    assert first["object_id"].nunique() > 5  # drawn for each gene by itself
    without = select(facts[facts["gene"] != "G7"], relations=["enables"], most=1)
    assert without["object_id"].tolist() == first.loc[first["gene"] != "G7", "object_id"].tolist()


def test_terms_below_held_out_ones_have_their_synonyms(tmp_path):
    (tmp_path / "small.obo").write_text(
        f"{OBO}\n[Term]\nid: GO:1\nname: repair\nalt_id: GO:10\n\n[Term]\nid: GO:2\nname: mending\n"
        'synonym: "darning" EXACT []\nis_a: GO:1\n\n[Term]\nid: GO:3\nname: stitch\nrelationship: part_of GO:2\n'
    )
    below = statements.terms_below([read_obo(tmp_path / "small.obo")], [("GO:10", "repair")])
    assert sorted(below) == [("GO:2", "darning"), ("GO:2", "mending"), ("GO:3", "stitch")]


def test_names_of_a_genes_held_out_sets_are_not_said_of_it():
    facts = table(
        ("A", "has_name", "H:1", "DNA-repair protein A", "s"),
        ("A", "enables", "O:1", "repairing", "s"),  # not as whole words
        ("B", "has_name", "H:2", "DNA repair protein B", "s"),  # of no such set
    )
    kept, left_out = statements.leave_out_names(facts, {"A": {"DNA repair"}, "C": {"x"}})
    assert kept["object_id"].tolist() == ["O:1", "H:2"] and left_out["object_id"].tolist() == ["H:1"]


def several(count, genes_per_statement, held_out=1e-9):
    """Members of the statements about several of `count` genes that share an object."""
    facts = table(*[(f"G{i:02}", "involved_in", "O:1", "cell cycle", "s") for i in range(count)])
    sentences = statements.write_sentences(facts, 1, held_out, 0, genes_per_statement)
    assert (sentences["gene"].str.count(JOINT) == 0).sum() == sentences["first"].sum() == count  # each gene also alone
    return [genes.split(JOINT) for genes in sentences["gene"] if JOINT in genes]


@pytest.mark.parametrize(
    ("count", "genes_per_statement", "sizes"),
    [(2, 8, [2]), (8, 8, [8]), (9, 8, [5, 4]), (20, 8, [7, 7, 6]), (4, 3, [2, 2]), (3, 2, [2]), (1, 8, []), (9, 1, [])],
)
def test_statements_about_several_genes_are_of_nearly_equal_size(count, genes_per_statement, sizes):
    sentences = several(count, genes_per_statement)
    assert sorted(map(len, sentences), reverse=True) == sizes
    members = [gene for genes in sentences for gene in genes]
    assert len(members) == len(set(members))


def test_a_statement_about_several_genes_tells_facts_of_one_split_only():
    facts = many()
    sentences = statements.write_sentences(facts, 1, 0.3, 0, 5)
    alone = sentences[sentences["first"]]
    split = {(row.gene, row.object_id): row.split for row in alone.itertuples()}
    lists = sentences[~sentences["first"]]
    assert set(lists["split"]) == {"train", "held_out"} and len(lists) > 20
    for row in lists.itertuples():
        assert {split[gene, row.object_id] for gene in row.gene.split(JOINT)} == {row.split}
        assert all(gene in row.text for gene in row.gene.split(JOINT))


def test_running_text_that_names_a_held_out_term_is_left_out():
    facts = table(
        ("A", "has_summary", "NCBIGene:1", "A kinase that acts in DNA-repair, mostly.", "ncbi"),
        ("B", "has_summary", "NCBIGene:2", "A kinase that acts in DNA repairing.", "ncbi"),
        ("C", "has_name", "HGNC:3", "DNA repair protein C", "hgnc"),
    )
    kept, left_out = statements.leave_out(facts, [("GO:1", "DNA repair"), ("GO:2", "growth")])
    assert kept["gene"].tolist() == ["B", "C"]
    assert left_out["gene"].tolist() == ["A"]


def test_the_placebo_says_all_of_a_gene_of_another_one():
    facts = many(120)
    permuted = statements.permute_genes(facts, 0)
    pairs = pd.DataFrame({"own": facts["gene"], "given": permuted["gene"]}).drop_duplicates()
    assert (pairs["own"] != pairs["given"]).all()
    assert len(pairs) == pairs["own"].nunique() == pairs["given"].nunique() == 40
    assert set(pairs["given"]) == set(facts["gene"])
    pd.testing.assert_frame_equal(permuted.drop(columns="gene"), facts.drop(columns="gene"))
    assert not permuted.equals(statements.permute_genes(facts, 1))
    pd.testing.assert_frame_equal(permuted, statements.permute_genes(facts, 0))


def test_the_placebo_permutes_pathways_among_pathways():
    names = [f"pathway {i}" for i in range(4)]
    facts = table(
        *((gene, "member_of_pathway", f"R:{i}", names[i], "r") for i, gene in enumerate("ABCD")),
        *((name, "part_of_pathway", f"P:{i}", f"process {i}", "h") for i, name in enumerate(names)),
    )
    permuted = statements.permute_genes(facts, 0)["gene"].tolist()
    assert sorted(permuted[:4]) == [*"ABCD"] and sorted(permuted[4:]) == names
    assert all(given != own for given, own in zip(permuted, facts["gene"], strict=True))


def test_a_placebo_has_no_running_text():
    """A summary that names its own gene would be said of another one, and tell the truth about the first."""
    facts = table(
        ("A", "has_summary", "NCBIGene:1", "A, or BRCA9, mends DNA.", "ncbi"),
        ("A", "involved_in", "GO:1", "DNA repair", "go"),
        ("B", "has_function_text", "U:2", "Binds A.", "uniprot"),
        ("B", "has_name", "HGNC:2", "B ligase", "hgnc"),
        ("B", "expressed_in_text", "U:2", "In liver.", "uniprot"),
    )
    kept = statements.without_running_text(facts)
    assert kept[["gene", "relation"]].apply(tuple, axis=1).tolist() == [("A", "involved_in"), ("B", "has_name")]
    assert kept.index.tolist() == [0, 1]


def test_one_gene_cannot_be_permuted():
    with refused(fix="add sources"):
        statements.permute_genes(table(("A", "enables", "O:1", "binding", "s")), 0)


FOUR = [
    ("A", "involved_in", "GO:1", "DNA repair", "go"),
    ("A", "involved_in", "GO:1", "DNA repair", "other"),
    ("B", "involved_in", "GO:1", "DNA repair", "go"),
    ("B", "enables", "GO:2", "DNA binding", "go"),
]


STATEMENTS = [
    ("A takes part in DNA repair.", "A", "involved_in", "GO:1", "go\tother", "train", True, 6, 1.0),
    ("DNA repair involves A.", "A", "involved_in", "GO:1", "go\tother", "train", False, 5, 1.0),
    ("B takes part in DNA repair.", "B", "involved_in", "GO:1", "go", "train", True, 7, 0.5),
    ("DNA binding is an activity of B.", "B", "enables", "GO:2", "go", "held_out", True, 8, 0.5),
    ("A and B take part in DNA repair.", "A\tB", "involved_in", "GO:1", "go\tother", "train", False, 9, 1.0),
]


def test_statistics_by_hand(tmp_path):
    facts = table(*FOUR)
    columns = ["text", "gene", "relation", "object_id", "source", "split", "first", "tokens", "weight"]
    sentences = pd.DataFrame(STATEMENTS, columns=columns)
    # What both sources support counts for each; neither the second wording nor the list is a fact of its own.
    expected = [["go", 3, 2, 5, 35, 3, 1.0], ["other", 1, 1, 3, 20, 1, 0.6], ["total", 3, 2, 5, 35, 3, 1.0]]
    counted = statements.statistics(facts, sentences)
    assert counted.columns.tolist() == ["source", "facts", "genes", "statements", "tokens", "distinct", "share"]
    assert counted.to_numpy().tolist() == expected

    statements.write_statements(sentences, facts, facts[:1], tmp_path)
    train = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    assert [row["text"] for row in train] == [row[0] for row in STATEMENTS if row[5] == "train"]
    assert (train[2]["gene"], train[2]["source"], train[2]["weight"]) == ("B", "go", 0.5)
    (held_out,) = [json.loads(line) for line in (tmp_path / "held_out.jsonl").read_text().splitlines()]
    assert list(held_out) == ["text", "gene", "relation", "object_id", "source"]
    assert (tmp_path / "left_out.tsv").read_text().splitlines()[1:] == ["A\tinvolved_in\tGO:1\tDNA repair\tgo\t"]
    written = pd.read_csv(tmp_path / "statistics.tsv", sep="\t")
    assert written.to_numpy().tolist() == expected


def test_tokens_are_counted_without_special_ones(tmp_path):
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "A": 1, "binds": 2, ".": 3}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert statements.count_tokens(["A binds DNA.", "", "A"], tmp_path).tolist() == [4, 0, 1]


def test_weights_of_sources_and_relations_multiply_and_the_heaviest_of_several_counts():
    sentences = pd.DataFrame(
        [
            ("go", "involved_in"),
            ("reactome", "member_of_pathway"),
            ("go\treactome", "involved_in"),
            ("kegg", "is_active_in\tlocated_in"),
            ("kegg", "has_name"),
        ],
        columns=["source", "relation"],
    )
    weights = statements.weigh(
        sentences, {"go": 0.5, "reactome": 2.0, "kegg": 0.0}, {"involved_in": 3.0, "has_name": 4.0}
    )
    assert weights.tolist() == [1.5, 2.0, 6.0, 0.0, 0.0]
    assert statements.weigh(sentences, {}, {}).tolist() == [1.0] * 5
    objects = sentences.assign(object_id=["O:1", "O:1\tO:2", "O:2", "O:3", "O:3"])
    assert statements.weigh(objects, {"go": 0.5}, {}, {"O:1": 4.0, "O:2": 3.0}).tolist() == [2.0, 4.0, 3.0, 1.0, 1.0]


def test_an_object_tells_more_of_a_gene_if_few_have_it():
    facts = table(
        *[(gene, "located_in", "C:1", "cell", "s") for gene in "ABCD"], ("A", "enables", "F:1", "binding", "s")
    )
    assert bits(facts) == {"C:1": 0.0, "F:1": 2.0}


def test_labels_and_bare_accessions_are_not_said_unless_they_are_asked_for():
    said = [
        ("A", "has_name", "HGNC:1", "alpha", "s"),
        ("A", "has_name", "HGNC:2", "KIAA0040", "s"),  # the only name that it has
        ("A", "has_domain", "IPR:7", "zinc finger", "s"),
        ("A", "has_keyword", "Zymogen", "Zymogen", "s"),  # a word, though it is its own id
    ]
    labels = [("A", "maps_to_band", "19q13", "19q13", "s"), ("A", "has_alias", "AL", "AL", "s")]
    facts = table(*said, ("A", "has_domain", "Pfam:PF00076", "PF00076", "s"), *labels)
    assert without_labels(facts)["object_id"].tolist() == ["HGNC:1", "HGNC:2", "IPR:7", "Zymogen"]
    assert "19q13" in without_labels(facts, {"maps_to_band"})["object_id"].tolist()


def test_few_facts_are_drawn_at_random_and_each_counts_once():
    facts = pd.concat([many(60), many(60).assign(source="t")], ignore_index=True)
    few = select(facts, at_most=7)
    assert len(few) == len(few.drop_duplicates(["gene", "relation", "object_id"])) == 7
    assert set(few["object_id"]) <= set(select(facts, at_most=20)["object_id"])  # more of them hold the fewer
    assert set(select(facts, at_most=7, seed=1)["object_id"]) != set(few["object_id"])


def test_what_tells_test_terms_in_other_words_is_left_out_where_test_facts_are():
    for settings, policy in (
        ({"leave_out": ["b"]}, "drop"),
        ({"leave_out": ["b"], "test_facts": "fail"}, "report"),
        ({}, "report"),
    ):
        corpus = Corpus(sources=["s"], **settings)
        assert (corpus.test_names, corpus.test_descendants) == (policy, policy)
    assert Corpus(sources=["s"], leave_out=["b"], test_names="report").test_names == "report"


@pytest.mark.slow
def test_the_demo_says_nothing_about_its_held_out_terms(demo_facts, demo_benchmark):
    terms = held_out_terms(GeneSetNaming(), demo_benchmark)
    parts = [read_rows(demo_benchmark / f"{part}.jsonl", Example) for part in ("valid", "test")]
    assert terms == [(row.id, row.name) for rows in parts for row in rows]
    facts, left_out = statements.leave_out(demo_facts, terms)
    assert len(left_out) > 100
    sentences = statements.write_sentences(facts, 1, 0.02, 0, 8)
    ids, names = {term for term, _ in terms}, {normalise(name) for _, name in terms}
    assert not ids & {one for joined in sentences["object_id"] for one in joined.split(JOINT)}
    assert not names & set(facts["object_name"].map(normalise))
    assert 0.01 < (sentences["split"] == "held_out").mean() < 0.03
    assert sentences["text"].is_unique


def program(tmp_path, facts, rows, *ontologies, **corpus):
    """Run write_statements.py on facts with the settings of a corpus, rows of a benchmark by split and ontologies; the
    folder with what it writes."""
    facts.to_parquet(tmp_path / "facts.parquet")
    for part in SPLITS:
        atomic.write_jsonl(tmp_path / f"demo-go/{part}.jsonl", rows.get(part, []))
    outputs = {name: tmp_path / "out" / name for name in ("train", "manifest")}
    settings = {"name": "mine", "corpus": {"sources": ["s"], "genes_per_statement": 1} | corpus}
    settings |= {"benchmarks": {"demo-go": ("gene_set_naming", tmp_path / "demo-go")}, "licences": {}}
    settings |= {"ontologies": list(ontologies), "tokenizer": None}
    job = {"inputs": {"facts": tmp_path / "facts.parquet"}, "outputs": outputs, "settings": settings}
    program_job.run(write_statements, tmp_path, job)
    return tmp_path / "out"


def test_the_program_says_facts_of_a_benchmarks_genes_alone_and_drops_what_tells_test_sets(tmp_path):
    facts = table(
        ("A", "has_name", "H:1", "alpha", "hgnc-demo"),
        ("A", "member_of_pathway", "R:1", "Gap filling", "reactome-demo"),  # the name of a term below the test term
        ("A", "member_of_pathway", "R:2", "DNA repair and more", "reactome-demo"),  # the name of A's test set
        ("B", "member_of_pathway", "R:2", "DNA repair and more", "reactome-demo"),
        ("C", "has_name", "H:3", "gamma", "hgnc-demo"),  # in no set
    )
    genes = [{"symbol": "A"}, {"symbol": "D"}]
    test = {"id": "GO:1", "subset": "bp", "name": "DNA repair", "genes": genes}
    train = {"id": "GO:9", "subset": "bp", "name": "growth", "genes": [{"symbol": "B"}]}
    (tmp_path / "go.obo").write_text(
        f"{OBO}\n[Term]\nid: GO:1\nname: DNA repair\n\n[Term]\nid: GO:2\nname: gap filling\nis_a: GO:1\n"
    )
    only = {"genes_of": "demo-go", "relations": ["has_name", "member_of_pathway"]}
    rows = {"train": [train], "test": [test]}
    out = program(tmp_path, facts, rows, tmp_path / "go.obo", only=only, leave_out=["demo-go"], held_out=1e-9)
    said = {(r["gene"], r["object_id"]) for r in map(json.loads, (out / "train.jsonl").open())}
    assert said == {("A", "H:1"), ("B", "R:2")}
    left_out = pd.read_csv(out / "left_out.tsv", sep="\t")
    assert left_out["object_id"].tolist() == ["R:1", "R:2"]
    assert json.loads((out / "manifest").read_text())["corpus"]["only"]["genes_of"] == "demo-go"


def test_further_facts_of_these_relations_are_said_beside_the_selected_ones(tmp_path):
    facts = table(
        ("A", "has_name", "H:1", "alpha", "hgnc-demo"),
        ("A", "member_of_pathway", "R:1", "Gap filling", "reactome-demo"),
        ("C", "has_name", "H:3", "gamma", "hgnc-demo"),
        ("E", "has_name", "H:5", "epsilon", "hgnc-demo"),
    )
    rows = {"train": [{"id": "GO:9", "subset": "bp", "name": "growth", "genes": [{"symbol": "A"}]}]}
    only = {"genes_of": "demo-go", "relations": ["has_name"], "beside": 1}
    out = program(tmp_path, facts, rows, only=only, held_out=0)
    said = [row["gene"] for row in map(json.loads, (out / "train.jsonl").open())]
    assert len(said) == 2 and "A" in said and set(said) < {"A", "C", "E"}
