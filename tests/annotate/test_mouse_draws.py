"""Over-representation of mouse genes: each is one draw and one gene of the universe, whatever its human genes."""

import math

import pytest
from annotation_project import REPAIR

from reasonome.apps.annotate import job
from reasonome.apps.annotate.lists import GeneList, ListedGene
from reasonome.apps.annotate.questions import make_record
from reasonome.enrichment.over_representation import (
    GeneSetLibrary,
    LibrarySet,
    OverRepresentation,
    default_universe,
    resolve_universe,
)
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.orthologues import Orthologues

# Amyloid: two mouse genes that both have two human ones. Defensin: one mouse gene has three. The rest have one.
ROWS = [
    (("Saa1", "MGI:1"), ("Saa",), ("SAA1", "SAA2")),
    (("Saa2", "MGI:2"), (), ("SAA1", "SAA2")),
    (("Defa", "MGI:3"), (), ("DEFA1", "OLD3", "DEFA4", "GONE")),
    *(((f"Gene{n}", f"MGI:{10 + n}"), (), (f"GENE{n}",)) for n in range(1, 6)),
    (("Lost", "MGI:99"), (), ("GONE",)),
]
HUMAN = ["SAA1", "SAA2", "DEFA1", "DEFA3", "DEFA4", *(f"GENE{n}" for n in range(1, 6))]
MICE = {"Saa1", "Saa2", "Defa", *(f"Gene{n}" for n in range(1, 6))}


@pytest.fixture(scope="module")
def orthologues():
    return Orthologues(ROWS)


@pytest.fixture(scope="module")
def genes():
    return GeneTable([Gene(symbol, previous=("OLD3",) if symbol == "DEFA3" else (), coding=True) for symbol in HUMAN])


def library(**sets: list[str]) -> GeneSetLibrary:
    return GeneSetLibrary("lib", {i: LibrarySet(i, frozenset(members)) for i, members in sets.items()})


def test_a_mouse_gene_with_several_human_ones_is_one_draw(orthologues, genes):
    universe = resolve_universe(MICE, genes, "a.txt", orthologues)
    sets = library(host=["DEFA1", "DEFA3", "DEFA4", "GENE1", "GENE2"], defensins=["DEFA1", "DEFA3", "DEFA4"])
    tests = OverRepresentation([sets], universe)
    # Two of eight mouse genes are drawn, in 28 ways, and both are of the three of the set: 3 ways. As four human genes
    # of ten they would be four of the five: 5 in 210.
    [term] = tests.enriched(["Defa", "Gene1"])
    assert (term.id, term.overlap, term.size) == ("host", 2, 3)
    assert term.p == pytest.approx(3 / 28)
    assert term.genes == ["DEFA1", "DEFA3", "DEFA4", "GENE1"]
    # The defensins are one mouse gene: too few for a test.
    assert tests.summaries[0].startswith("lib: 1 of 2 ")


def test_two_mouse_genes_with_the_same_human_ones_are_two_draws(orthologues, genes):
    universe = resolve_universe(MICE, genes, "a.txt", orthologues)
    tests = OverRepresentation([library(acute=["SAA1", "GENE1"])], universe)
    [term] = tests.enriched(["Saa1", "Saa2", "Gene5"])
    # Three of eight in 56 ways; two of the set's three and one of five others, 15, or all three.
    assert (term.overlap, term.size, term.genes) == (2, 3, ["SAA1"])
    assert term.p == pytest.approx(16 / 56)


def test_the_universe_counts_mouse_genes_by_any_of_their_identifiers(orthologues, genes):
    found = resolve_universe(["Saa1", "saa", "MGI:1", "MGI:2", "Defa", "Lost", "Nosuch"], genes, "a.txt", orthologues)
    assert found.symbols == {"Saa1", "Saa2", "Defa"}
    assert found.orthologues["Defa"] == ("DEFA1", "DEFA3", "DEFA4")  # OLD3 by its current symbol; GONE is none
    assert found.description.endswith(": Lost, Nosuch")


def test_the_default_universe_is_the_mouse_genes_with_a_protein_coding_orthologue(orthologues):
    known = GeneTable(
        [Gene("SAA1", coding=True), Gene("SAA2", coding=False), Gene("GENE1", coding=False), Gene("GENE2", coding=True)]
    )
    found = default_universe(known, [], orthologues)
    assert found.symbols == {"Saa1", "Saa2", "Gene2"}


def test_a_record_says_which_mouse_genes_each_human_one_is_of(orthologues, genes):
    written = ["Defa", "Saa1", "Saa2", "MGI:2", "Lost"]
    record = make_record(GeneList("mine", tuple(map(ListedGene, written))), "a.txt", genes, orthologues)
    assert {gene.symbol: gene.orthologue_of for gene in record.genes} == {
        "DEFA1": ["Defa"],
        "DEFA3": ["Defa"],
        "DEFA4": ["Defa"],
        "SAA1": ["Saa1", "Saa2"],
        "SAA2": ["Saa1", "Saa2"],
    }
    # Two mouse genes with one human gene are not one gene twice, as a symbol and its id are.
    [repeated] = [flag for flag in record.flags if "more than once" in flag]
    assert repeated.endswith("by another name: MGI:2")
    # of the five that are listed, though they have seven human genes
    assert "1 of 5 genes is unknown: Lost" in record.flags


def test_an_annotation_counts_mouse_genes(annotating, by_hand, monkeypatch):
    table = annotating.file("orthologues.tsv", "")
    rows = [f"{symbol.capitalize()}\t{symbol}" for symbol in REPAIR]
    rows += ["Rp\tRPL3|RPL4|RPL5|RPS3", *(f"Fill{n}\tFILL{n:02}" for n in range(1, 7))]
    table.write_text("mouse_symbol\thuman_symbols\n" + "\n".join(rows) + "\n")
    monkeypatch.setattr(job, "ORTHOLOGUES", table)
    universe = annotating.file("universe.txt", "\n".join(row.split("\t")[0] for row in rows))
    sets = annotating.file("mine.gmt", "mine\tna\t" + "\t".join(row.split("\t")[0] for row in rows[:6]) + "\n")
    (record,) = annotating(sets, species="mouse", universe=str(universe))
    assert len(record["genes"]) == 9
    # Six of twelve are drawn, all five of DNA repair and one of seven others; as human genes nine of fifteen.
    [repair] = [term for term in record["enriched"] if term["id"] == "GO:0006281"]
    assert (repair["overlap"], repair["size"]) == (5, 5)
    assert repair["p"] == pytest.approx(7 / math.comb(12, 6))
