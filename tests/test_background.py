"""Backgrounds: terms, genes and information by hand on nine terms; Resnik and Lin against GOATOOLS; the shipped GO."""

import math
from pathlib import Path

import pandas as pd
import pyarrow
import pytest
import toy_background as toy
from refusals import refused
from tiny_project import change
from toy_background import BINDING, DEEP, EMPTY, FUNCTION, OTHER_PATHWAY, PATHWAY, ROOT, SPECIAL, WIDE, X, Y, Z

from reasonome.config.project.results import Results
from reasonome.facts.corpus import build_facts
from reasonome.facts.sources.go import propagate, read_obo
from reasonome.tasks import load_project
from reasonome.tasks.naming import files as naming
from reasonome.tasks.naming.background import SCHEMA, Background, read_background
from reasonome.tasks.naming.background_table import background_table, write_background

REPOSITORY = Path(__file__).resolve().parent.parent
SLICE = Path(__file__).parent / "data" / "terms"
GO = REPOSITORY / "resources" / "go"


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> pyarrow.Table:
    ontology = toy.ontology(tmp_path_factory.mktemp("toy"))
    return background_table(toy.facts(), {"go": ontology}, toy.benchmark())


@pytest.fixture(scope="module")
def background(table) -> Background:
    return Background(table)


# --- built --------------------------------------------------------------------------------------------


def test_live_terms_and_listed_sets_sorted_by_id(table):
    expected = [ROOT, WIDE, DEEP, SPECIAL, X, Y, Z, EMPTY, FUNCTION, BINDING, PATHWAY, OTHER_PATHWAY]
    assert table.column("id").to_pylist() == expected  # the obsolete term is not there
    assert table.schema == SCHEMA


def test_genes_are_propagated_over_is_a_and_part_of(background):
    genes = {ROOT: "12345678", WIDE: "1234567", DEEP: "123456", SPECIAL: "123", X: "12", Y: "23", Z: "4", EMPTY: ""}
    for term, numbers in genes.items():
        assert background.genes(term) == {f"g{n}" for n in numbers}
        assert background.by_id[term].n_genes == len(numbers)
    assert background.genes(PATHWAY) == {"g1", "g2", "g9"}


def test_information_is_of_the_share_of_the_roots_genes(background):
    expected = {ROOT: 0, WIDE: math.log(8 / 7), DEEP: math.log(8 / 6), SPECIAL: math.log(8 / 3), X: math.log(4)}
    expected |= {Z: math.log(8), FUNCTION: 0, BINDING: math.log(4 / 3)}
    assert {term: background.information(term) for term in expected} == pytest.approx(expected)
    assert math.isnan(background.information(EMPTY)) and math.isnan(background.information(PATHWAY))


def test_specificity_is_a_share_of_the_information_of_a_single_gene(background):
    # ln 4 / ln 8 = 2/3; a term of one gene is as specific as can be, a root not at all.
    expected = {X: 2 / 3, Z: 1.0, ROOT: 0.0, BINDING: math.log(4 / 3) / math.log(4)}
    assert {term: background.specificity(term) for term in expected} == pytest.approx(expected)
    assert math.isnan(background.specificity(PATHWAY))


def test_answers_are_linked_to_terms_of_the_benchmarks_smallest_size_or_more(background):
    linked = [term.id for term in background.candidates]
    assert linked == [ROOT, WIDE, DEEP, SPECIAL, X, Y, FUNCTION, BINDING, PATHWAY]  # not Z, EMPTY, OTHER_PATHWAY


def test_a_benchmark_of_terms_alone_has_no_pathways_and_one_of_pathways_has_the_terms_too(tmp_path):
    ontologies = {"go": toy.ontology(tmp_path)}

    def ids(subsets):
        return set(background_table(toy.facts(), ontologies, toy.benchmark(subsets)).column("id").to_pylist())

    assert PATHWAY not in ids({"bp": {"namespace": "biological_process"}})
    assert PATHWAY not in ids({"bp": {"source": "go"}})
    assert {PATHWAY, X, BINDING} <= ids({"pathways": {"source": "paths"}})


def test_a_slice_without_its_root_takes_all_genes_that_the_slice_annotates(tmp_path):
    text = toy.OBO.replace("is_a: GO:0000000\n", "").replace("[Term]\nid: GO:0000000\nname: biological_process\n\n", "")
    (tmp_path / "slice.obo").write_text(text)
    facts = toy.facts().query("object_id != @ROOT", local_dict={"ROOT": ROOT})
    made = Background(background_table(facts, {"go": read_obo(tmp_path / "slice.obo")}, toy.benchmark()))
    assert made.information(WIDE) == 0  # the wide process and the special repair have 7 genes together
    assert made.information(SPECIAL) == pytest.approx(math.log(7 / 3))
    assert made.resnik(WIDE, SPECIAL) == made.lin(WIDE, SPECIAL) == 0  # nothing above both


# --- read ---------------------------------------------------------------------------------------------


def test_equal_backgrounds_give_equal_files_that_are_read_back(table, background, tmp_path):
    write_background(table, tmp_path / "one.parquet")
    write_background(table, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    again = read_background(tmp_path / "one.parquet")
    assert list(again.by_id) == list(background.by_id)
    assert again.by_id[X] == background.by_id[X] and again.genes(X) == background.genes(X)


def test_files_that_are_no_background(tmp_path):
    path = tmp_path / "b.parquet"
    with refused(path, fix="give a file of results/backgrounds/"):
        read_background(path)
    path.write_bytes(b"<html>")
    with refused(path, fix="give a file of results/backgrounds/"):
        read_background(path)


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("alpha repair", X),
        ("repair of alpha", X),
        ("deep process", DEEP),  # a name before a synonym
        ("beta repair", Y),  # the first id of two
        ("gamma transport", Z),  # no candidate, and known all the same
        ("alpha by x step 1 2 early", PATHWAY),
    ],
)
def test_a_term_by_its_name(background, name, term):
    assert background.by_name(name).id == term


def test_a_candidate_by_its_name(background):
    assert background.by_name("repair") is None
    assert background.candidate("gamma transport") == (None, "")
    assert background.candidate("repair of alpha") == (background.by_id[X], "synonym")
    by_namespace = {"": Y, "biological_process": Y, "molecular_function": BINDING, "cellular_component": Y}
    for namespace, term in by_namespace.items():
        assert background.candidate("beta repair", namespace) == (background.by_id[term], "name")


# --- similarity ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "resnik", "lin"),
    [
        # The special repair (3 of 8 genes) informs of more than the deep process (6 of 8), which lies deeper.
        (X, Y, math.log(8 / 3), math.log(8 / 3) / math.log(4)),
        (X, Z, math.log(8 / 6), 2 * math.log(8 / 6) / (math.log(4) + math.log(8))),
        (X, SPECIAL, math.log(8 / 3), 2 * math.log(8 / 3) / (math.log(4) + math.log(8 / 3))),
        (Y, SPECIAL, math.log(8 / 3), 2 * math.log(8 / 3) / (math.log(4) + math.log(8 / 3))),  # over part_of
        (X, X, math.log(4), 1.0),
        (Z, SPECIAL, 0.0, 0.0),  # the root alone
        (ROOT, X, 0.0, 0.0),
        (ROOT, ROOT, 0.0, 1.0),
        (X, BINDING, 0.0, 0.0),  # two branches
        (X, PATHWAY, math.nan, math.nan),
        (PATHWAY, PATHWAY, math.nan, math.nan),
        (X, EMPTY, math.nan, math.nan),
    ],
)
def test_resnik_and_lin_by_hand(background, first, second, resnik, lin):
    for pair in ((first, second), (second, first)):
        assert background.resnik(*pair) == pytest.approx(resnik, nan_ok=True)
        assert background.lin(*pair) == pytest.approx(lin, nan_ok=True)


@pytest.mark.parametrize(
    ("first", "second", "relation"),
    [
        (X, X, "same"),
        (DEEP, X, "parent"),
        (ROOT, X, "ancestor"),
        (SPECIAL, Y, "parent"),  # over part_of
        (X, DEEP, "child"),
        (X, ROOT, "descendant"),
        (X, Y, "sibling"),
        (X, Z, "sibling"),
        (WIDE, SPECIAL, "sibling"),
        (Z, SPECIAL, "same branch"),
        (X, BINDING, "other branch"),
        (X, PATHWAY, "none"),
        (PATHWAY, OTHER_PATHWAY, "none"),
        (PATHWAY, PATHWAY, "same"),
    ],
)
def test_relations(background, first, second, relation):
    assert background.relation(first, second) == relation


# --- GOATOOLS -----------------------------------------------------------------------------------------

# GOATOOLS counts genes over part_of where it is asked to, and looks for common ancestors along is_a alone.
OVER_PART_OF = [("GO:0006260", "GO:0006270"), ("GO:0007049", "GO:0022402")]


@pytest.fixture(scope="module")
def real() -> Background:
    annotations = pd.read_csv(SLICE / "annotations.tsv", sep="\t", comment="#")
    facts = annotations.assign(relation="involved_in", object_name="", source="go", evidence="")
    return Background(background_table(facts, {"go": read_obo(SLICE / "slice.obo")}, toy.benchmark()))


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    return pd.read_csv(SLICE / "goatools.tsv", sep="\t", comment="#").set_index(["first", "second"])


def test_goatools_gives_the_same_similarities(real, printed):
    along_is_a = printed.drop(index=OVER_PART_OF)
    assert len(along_is_a) == 78 and (along_is_a["resnik"] > 0).sum() > 60
    for (first, second), row in along_is_a.iterrows():
        assert real.resnik(first, second) == pytest.approx(row["resnik"], abs=1e-9)
        assert real.lin(first, second) == pytest.approx(row["lin"], abs=1e-9)
    # DNA replication initiation is part of DNA replication, which is therefore an ancestor of it here.
    replication, initiation = OVER_PART_OF[0]
    assert real.relation(replication, initiation) == "ancestor"
    assert real.resnik(replication, initiation) == pytest.approx(real.information(replication))
    assert real.resnik(replication, initiation) > printed.loc[OVER_PART_OF[0], "resnik"] + 1


# --- what is shipped ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_facts(project) -> pd.DataFrame:
    """The facts of corpus go-2022."""
    corpus = project.corpora["go-2022"]
    sources = [
        (name, project.sources[name].format, {k: REPOSITORY / f.path for k, f in project.sources[name].files.items()})
        for name in corpus.sources
    ]
    return build_facts(sources, unmapped_share=corpus.unmapped).facts


@pytest.mark.slow
def test_the_shipped_go_has_every_term_of_human_genes_and_those_above(whole_facts, demo_facts):
    ontology = read_obo(GO / "go-basic.obo.gz")
    assert len(ontology.terms) == 22_694
    roots = {i for i, parents in ontology.parents.items() if not parents}
    assert roots == {"GO:0008150", "GO:0003674", "GO:0005575"}
    sets = propagate(ontology, whole_facts.query("source == 'go-2022'"))
    # Terms that genes outside the corpus' authority alone have (RNAs) are without genes here.
    assert len(ontology.terms) - len(sets) == 12
    demo = read_obo(REPOSITORY / "resources/demo/go-basic.obo.gz")
    of_demo = propagate(demo, demo_facts.query("source == 'go-demo'"))
    assert len(of_demo) > 1300 and all(sets[term] == genes for term, genes in of_demo.items())


# --- configured ---------------------------------------------------------------------------------------

PATHWAYS = "\nof-pathways:\n  sources: [hgnc-demo, wikipathways-demo]\n"


def test_the_backgrounds_of_the_shipped_benchmarks(project):
    corpora = {name: naming.background_corpus(project, name) for name in ("demo-go", "closed-genome", "go")}
    assert corpora["demo-go"] == "go-2022" and corpora["closed-genome"] == "closed-genome" and corpora["go"] == "human"
    assert list(project.task("demo-go").files.background(project, "demo-go").files["ontologies"]) == ["go-2022"]
    assert list(project.task("demo-go").files.background(project, "closed-genome").files["ontologies"]) == ["go-2022"]
    assert Results("r").background("demo-go") == Path("r/backgrounds/demo-go.parquet")


def test_a_corpus_that_cannot_be_named_as_background(config):
    (config / "corpora.yaml").open("a").write(PATHWAYS)
    line = change(config / "benchmarks.yaml", "background: go-2022", "background: of-pathways")
    with refused(config / "benchmarks.yaml", line, "demo-go.background", fix="name a corpus with an ontology"):
        load_project(config)
