"""Gene Ontology: OBO, GAF 2.2, propagation worked out by hand on six terms, and the demo's slice."""

import re
from pathlib import Path

import pandas as pd
import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import go, hgnc

DATA = Path(__file__).parent / "data" / "facts"
OBO, GAF = DATA / "six_terms.obo", DATA / "ten_rows.gaf"
DISAGREE = "annotations whose symbol and accession are two genes (the symbol's was taken)"
ROOT, LEFT, RIGHT, LEAF, OLD, FUNCTION = (f"GO:000000{n}" for n in range(1, 7))


def read(gaf=GAF):
    return go.read("go", {"obo": OBO, "gaf": gaf}, GeneTable(hgnc.read_genes(DATA / "hgnc_seven_rows.txt")))


@pytest.fixture(scope="module")
def facts():
    return read()


def test_obo_terms_and_edges():
    ontology = go.read_obo(OBO)
    assert list(ontology.terms) == [ROOT, LEFT, RIGHT, LEAF, OLD, FUNCTION]
    assert ontology.terms[LEAF][:4] == (LEAF, "leaf: of both branches", "biological_process", False)
    assert ontology.terms[OLD].is_obsolete
    # `regulates` is not followed, and neither is the part_of that leaves its namespace.
    expected = {ROOT: (), LEFT: (ROOT,), RIGHT: (ROOT,), LEAF: (LEFT, RIGHT), OLD: (), FUNCTION: ()}
    assert ontology.parents == expected


def test_alternative_ids_lead_to_the_main_one():
    ontology = go.read_obo(OBO)
    assert ontology.main_id("GO:0000092") == LEFT
    assert ontology.main_id(LEFT) == LEFT
    assert ontology.main_id("GO:0000077") is None


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("name: left branch\n", "", "[Term]"),
        ("is_a: GO:0000001 ! root", "is_a: GO:0000042 ! root", "GO:0000042"),
        ("id: GO:0000003", "id: GO:0000002", "[Term]"),
    ],
)
def test_a_broken_obo_is_refused(changed, old, new, where):
    path = changed(OBO, old, new)
    with refused(path) as error:
        go.read_obo(path)
    assert where in path.read_text().splitlines()[error.value.line - 1]


def test_a_cycle_is_refused_and_spelled_out(changed):
    path = changed(OBO, "name: root process\n", f"name: root process\nis_a: {LEAF}\n")
    with refused() as error:
        go.read_obo(path)
    cycle = re.findall(r"GO:\d+", error.value.what)
    assert cycle[0] == cycle[-1]
    assert {ROOT, LEAF} < set(cycle)
    text = path.read_text().splitlines()[error.value.line - 1]
    assert text.startswith(("is_a:", "relationship: part_of"))


def test_gaf_rows():
    rows, _, left_out = go.read_gaf(GAF)
    # 10 rows, less one NOT and one ND, plus one for the second of two joined qualifiers.
    assert len(rows) == 9
    assert left_out == {"annotations with NOT": 1, "annotations with evidence ND": 1}
    both = rows[rows["symbol"] == "CALM1"]
    assert both["relation"].tolist() == ["contributes_to", "enables"]
    assert both[["line", "accession", "term_id", "evidence"]].values.tolist() == [[10, "P0DP23", FUNCTION, "IDA"]] * 2


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("!gaf-version: 2.2", "!gaf-version: 2.1", 4),
        ("taxon:9606\t20220701\tUniProt\t\t\n", "taxon:9606\t20220701\tUniProt\n", 4),
        ("taxon:9606", "taxon:10090", 4),
        ("\tinvolved_in\t", "\tinvolvd_in\t", 4),
    ],
)
def test_a_broken_gaf_is_refused(changed, old, new, line):
    path = changed(GAF, old, new)
    with refused(path, line):
        go.read_gaf(path)


def test_another_taxon_may_be_asked_for(tmp_path):
    path = tmp_path / "mouse.gaf"
    path.write_text(GAF.read_text().replace("taxon:9606", "taxon:10090|taxon:9606"))
    assert len(go.read_gaf(path, taxon=10090)[0]) == 9


def test_ids_in_the_column_of_symbols_are_found(changed):
    path = changed(GAF, "\tBRCA1\t", "\t672\t")
    rows = read(path).facts
    assert rows.loc[rows["evidence"] == "IMP", "gene"].tolist() == ["BRCA1"]


def test_a_symbol_of_another_gene_than_the_accession_is_taken_and_counted(changed):
    path = changed(GAF, "\tBRCA1\t", "\tTP53\t")  # its accession stays that of BRCA1
    result = read(path)
    assert result.facts.loc[result.facts["evidence"] == "IMP", "gene"].tolist() == ["TP53"]
    assert result.left_out[DISAGREE] == 1


def test_a_number_is_an_id_of_the_database_in_column_1(tmp_path):
    # Two genes of the rat: what RGD calls 61810 is not what Entrez calls so. The symbol is neither's current one.
    genes = GeneTable([Gene("Right", entrez_id="5", other_ids=("RGD:61810",)), Gene("Wrong", entrez_id="61810")])
    row = f"RGD\t61810\tOld\tinvolved_in\t{LEAF}\tPMID:1\tIDA\t\tP\t\t\tgene\ttaxon:10116\t20220701\tRGD\t\t\n"
    path = tmp_path / "rgd.gaf"
    path.write_text(f"!gaf-version: 2.2\n{row}")
    result = go.read("go", {"obo": OBO, "gaf": path}, genes, taxon=10116)
    assert (result.facts["gene"].tolist(), result.left_out) == (["Right"], {})


def test_facts_are_the_direct_annotations(facts):
    columns = ["gene", "relation", "object_id", "object_name", "source", "evidence"]
    assert facts.facts[columns].values.tolist() == [
        ["TP53", "involved_in", LEAF, "leaf: of both branches", "go", "IDA"],
        ["TP53", "involved_in", LEAF, "leaf: of both branches", "go", "IEA"],
        ["BRCA1", "involved_in", LEFT, "left branch", "go", "IMP"],
        ["ATM", "acts_upstream_of", RIGHT, "right branch", "go", "IGI"],  # TEL1, found by its accession
        ["CALM1", "contributes_to", FUNCTION, "a function", "go", "IDA"],
        ["CALM1", "enables", FUNCTION, "a function", "go", "IDA"],
    ]


def test_annotations_with_not_are_denied(changed, facts):
    assert facts.denied.values.tolist() == [["BRCA1", "NOT|involved_in", RIGHT, "right branch", "go", "IDA"]]
    # The term is obsolete, unknown, or has another main id.
    for term, object_ids in ((OLD, []), ("GO:0000077", []), ("GO:0000092", [LEFT])):
        path = changed(GAF, f"NOT|involved_in\t{RIGHT}", f"NOT|involved_in\t{term}")
        assert read(path).denied["object_id"].tolist() == object_ids


def test_what_was_left_out_and_what_has_no_gene_is_told(facts):
    assert facts.left_out == {
        "annotations with NOT": 1,
        "annotations with evidence ND": 1,
        "annotations to obsolete terms": 1,
        "annotations to terms not in the ontology": 1,
    }
    assert facts.unmapped.values.tolist() == [["go", "ZZZ1", "ten_rows.gaf:12", ""]]


def test_ontology_and_annotations_of_different_worlds_are_refused(tmp_path):
    path = tmp_path / "other.gaf"
    path.write_text(re.sub(r"GO:\d+", "GO:1234567", GAF.read_text()))
    with refused():
        read(path)


def test_propagation_worked_out_by_hand(facts):
    assert go.propagate(go.read_obo(OBO), facts.facts) == {
        LEAF: {"TP53"},
        LEFT: {"TP53", "BRCA1"},  # by is_a
        RIGHT: {"TP53", "ATM"},  # by part_of
        ROOT: {"TP53", "BRCA1", "ATM"},
        FUNCTION: {"CALM1"},  # not RIGHT: that is another namespace
    }


def test_propagation_takes_alternative_ids_and_refuses_unknown_ones():
    ontology = go.read_obo(OBO)
    rows = pd.DataFrame({"gene": ["A", "B"], "object_id": ["GO:0000092", LEFT]})
    assert go.propagate(ontology, rows) == {LEFT: {"A", "B"}, ROOT: {"A", "B"}}
    with refused():
        go.propagate(ontology, pd.DataFrame({"gene": ["A"], "object_id": ["GO:0000077"]}))
