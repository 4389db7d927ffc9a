"""Enriched terms before any model: folding, what a record keeps, the table for R, and lists that everybody knows."""

import csv
import re

import gseapy
import pytest
from annotation_project import GOOD, REPAIR, SECOND
from checkout import ROOT
from pyarrow import Table
from unknown_genes import unknown
from well_known_sets import WELL_KNOWN

from reasonome.apps.annotate.enrichment import enrich, fold
from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.apps.annotate.lists import GeneList, ListedGene
from reasonome.apps.annotate.questions import make_record
from reasonome.apps.annotate.record import AnnotatedGene
from reasonome.apps.annotate.tables import best_term
from reasonome.config.annotations import Annotation
from reasonome.enrichment.over_representation import (
    LARGEST,
    SMALLEST,
    GeneSetLibrary,
    LibrarySet,
    OverRepresentation,
    Universe,
    default_universe,
    read_library,
    resolve_universe,
)
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.formats import AUTHORITIES, FORMATS
from reasonome.facts.sources.go import read_obo
from reasonome.tasks import load_project
from reasonome.tasks.naming.background import SCHEMA, Background
from reasonome.tasks.naming.background_table import background_table
from reasonome.tasks.naming.libraries import ontology_libraries

LETTERS = [f"G{number:02}" for number in range(40)]


# folding


def test_terms_with_half_of_the_genes_of_a_better_one_are_folded_below_it():
    # Jaccard indices with the first: 3/4, 2/4 and, of the fourth, 1/6. The fifth has 2/3 with the fourth.
    assert fold([frozenset("ABCD"), frozenset("ABC"), frozenset("AB"), frozenset("BXY"), frozenset("BX")]) == [
        None,
        0,
        0,
        None,
        3,
    ]
    assert fold([]) == []


def library(name: str, **sets) -> GeneSetLibrary:
    return GeneSetLibrary(name, {i: LibrarySet(f"name of {i}", frozenset(members)) for i, members in sets.items()})


def question(genes: list[str], error: str = ""):
    known = GeneTable([])
    made = make_record(GeneList("mine", tuple(map(ListedGene, genes)), error=error), "file", known)
    shown = [AnnotatedGene(symbol=gene, written=gene) for gene in genes]
    return made.model_copy(update={"genes": shown, "error": error, "flags": []})


def test_a_record_keeps_the_leading_terms_of_each_library_with_what_is_folded_below_them():
    first = library("one", A=LETTERS[:5], B=LETTERS[:4], C=LETTERS[20:23])
    tests = OverRepresentation([first, library("two", A=LETTERS[:5])], Universe(frozenset(LETTERS), "all"))
    [asked], terms = enrich([question(LETTERS[:5])], {"file": tests})
    # All five of five, p 1/C(40,5) = 1/658008; four of four, 36/658008; three tests in the first library.
    assert [(term.library, term.id) for term in terms[asked.id]] == [("two", "A"), ("one", "A"), ("one", "B")]
    two, one = asked.enriched
    assert (two.library, two.folded) == ("two", [])
    assert (one.library, one.id, [(below.id, below.overlap) for below in one.folded]) == ("one", "A", [("B", 4)])
    assert (one.overlap, one.drawn, one.size, one.universe, one.fold_enrichment) == (5, 5, 5, 40, 8.0)
    assert one.adjusted_p == pytest.approx(3 / 658008) and one.folded[0].adjusted_p == pytest.approx(1.5 * 36 / 658008)


def test_a_record_keeps_ten_leading_terms_of_a_library():
    genes = [f"G{number:03}" for number in range(200)]
    sets = {f"S{number:02}": genes[4 * number : 4 * number + 4] for number in range(12)}
    tests = OverRepresentation([library("one", **sets)], Universe(frozenset(genes), "all"))
    [asked], terms = enrich([question(genes[:48])], {"file": tests})
    assert (len(terms[asked.id]), len(asked.enriched)) == (12, 10)


def test_a_term_that_ten_others_share_to_the_gene_comes_behind_one_that_says_more():
    # Eleven pathways have the five genes of the list and none or more of others; a term elsewhere has them among more.
    many = {f"P{number:02}": [*LETTERS[:5], *LETTERS[20 : 20 + number]] for number in range(11)}
    other = library("two", own=[*LETTERS[:5], *LETTERS[5:8]])
    universe = Universe(frozenset(LETTERS), "all")
    [asked], _ = enrich(
        [question(LETTERS[:5])], {"file": OverRepresentation([library("one", **many), other], universe)}
    )
    assert [(term.id, term.same) for term in asked.enriched] == [("own", 0), ("P00", 10)]
    del many["P10"]
    [asked], _ = enrich(
        [question(LETTERS[:5])], {"file": OverRepresentation([library("one", **many), other], universe)}
    )
    assert [(term.id, term.same) for term in asked.enriched] == [("P00", 9), ("own", 0)]


def test_the_branches_of_go_are_libraries_of_their_own():
    rows = [
        {"id": f"GO:{n}", "name": f"term {n}", "namespace": namespace, "source": source, "synonyms": [], "parents": []}
        | {"genes": genes, "n_genes": len(genes), "information": 0.0, "candidate": True}
        for n, (namespace, source, genes) in enumerate(
            [
                ("biological_process", "go", ["A"]),
                ("cellular_component", "go", ["A"]),
                ("molecular_function", "go", ["A"]),
                ("", "corum", ["A"]),
                ("biological_process", "go", []),
            ]
        )
    ]
    found = ontology_libraries(Background(Table.from_pylist(rows, schema=SCHEMA)))
    assert [(one.name, list(one.sets)) for one in found] == [
        ("GO BP", ["GO:0"]),
        ("GO CC", ["GO:1"]),
        ("GO MF", ["GO:2"]),
        ("corum", ["GO:3"]),
    ]


# without a model, in the project


def test_without_a_model_there_are_terms_a_page_and_a_table_that_r_reads(annotating, capsys):
    records = annotating(annotating.file("mine.gmt", GOOD + SECOND), model=None)
    assert [record["name"] for record in records] == ["", ""]
    assert [record["enriched"][0]["name"] for record in records] == [
        "DNA repair",
        "mitotic spindle assembly checkpoint",
    ]
    assert sorted(path.name for path in annotating.out.iterdir()) == [
        *("annotations.html", "annotations.jsonl", "annotations.tsv", "answers.json", "enrichment.tsv"),
        *("enrichment.xlsx", "figures", "identifiers.tsv", "manifest.json", "methods.txt"),
    ]
    assert "the model's names" not in capsys.readouterr().out
    with open(annotating.out / "enrichment.tsv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    first = rows[0]
    assert list(first) == [
        *("list", "set", "ONTOLOGY", "ID", "Description", "GeneRatio", "BgRatio", "FoldEnrichment", "pvalue"),
        *("p.adjust", "geneID", "Count", "folded_under"),
    ]
    assert (first["ID"], first["GeneRatio"], first["BgRatio"], first["Count"]) == ("GO:0006281", "5/5", "5/57", "5")
    assert float(first["FoldEnrichment"]) == pytest.approx(57 / 5)
    assert first["geneID"].split("/") == REPAIR
    manifest = (annotating.out / "manifest.json").read_text()
    assert '"model": null' in manifest and "facts.parquet" not in manifest


def test_names_may_be_asked_for_in_the_folder_of_a_run_without_a_model(annotating, by_hand):
    path = annotating.file("mine.gmt", GOOD)
    annotating(path, model=None)
    (record,) = annotating(path)
    assert (record["name"], record["name_is_term"]) == ("DNA repair", True)


# as others compute it, and as biologists know it


@pytest.fixture(scope="module")
def shipped():
    """The genes and the two libraries of pathways that ship."""
    genes = GeneTable(AUTHORITIES["hgnc"]({"table": ROOT / "resources/demo/hgnc_complete_set.txt.gz"}))
    files = {"reactome": "ReactomePathways.gmt.gz", "wikipathways": "wikipathways-Homo_sapiens.gmt.gz"}
    libraries = [read_library(ROOT / "resources/demo" / file, genes, name, name) for name, file in files.items()]
    return genes, libraries


@pytest.fixture(scope="module")
def branches_of_go(shipped):
    """The three branches of the whole of GO, as the demo's benchmark has them."""
    genes, _ = shipped
    files = {"obo": ROOT / "resources/go/go-basic.obo.gz", "gaf": ROOT / "resources/go/goa_human.gaf.gz"}
    facts = FORMATS["go"]("go", files, genes).facts
    benchmark = load_project(ROOT / "config").benchmarks["demo-go"]
    return ontology_libraries(Background(background_table(facts, {"go": read_obo(files["obo"])}, benchmark)))


@pytest.mark.slow
def test_p_of_the_deseq2_example_is_that_of_gseapy(shipped, branches_of_go):
    genes, pathways = shipped
    libraries = [*branches_of_go, *pathways]
    assert [library.name for library in libraries] == ["GO BP", "GO CC", "GO MF", "reactome", "wikipathways"]
    [table] = read_gene_lists(ROOT / "resources/annotate/monocytes_deseq2.csv", Annotation(sets=["any"]), unknown)
    universe = resolve_universe(table.universe, genes, "the table")
    for library in libraries:
        tests = OverRepresentation([library], universe)
        cut = tests.gene_sets_among(universe.symbols)[library.name]
        sets = {i: sorted(members) for i, (_, members) in cut.items() if SMALLEST <= len(members) <= LARGEST}
        for gene_list in table.lists:
            drawn = [symbol for gene in gene_list.genes if (symbol := genes.resolve(gene.written).symbol)]
            own = {term.id: term for term in tests.enriched(drawn, most=None)}
            theirs = gseapy.enrich(drawn, sets, background=sorted(universe.symbols), outdir=None, no_plot=True).res2d
            assert set(theirs["Term"]) == set(own) and len(own) > 50
            p = theirs.set_index("Term")["P-value"]
            assert [own[term].p for term in p.index] == pytest.approx(list(p), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", WELL_KNOWN)
def test_the_first_line_of_a_well_known_set_is_right(shipped, name):
    genes, libraries = shipped
    tests = OverRepresentation(libraries, default_universe(genes, libraries))
    pattern, symbols = WELL_KNOWN[name]
    listed = GeneList(name, tuple(map(ListedGene, symbols.split())))
    [asked], _ = enrich([make_record(listed, "file", genes)], {"file": tests})
    assert not asked.unmapped
    best = best_term(asked)
    assert re.search(pattern, best.name.lower()), best.name
    assert best.overlap >= 8 and best.adjusted_p < 1e-8
