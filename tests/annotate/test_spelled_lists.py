"""Lists of genes as other programs spell them: what is read, what is told of it, and what is left out."""

import pytest

from reasonome.apps.annotate.lists import GeneList, ListedGene
from reasonome.apps.annotate.questions import make_question
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.orthologues import Orthologues

CLASSES = ["A", "B", "C", "DMA", "DMB", "DOA", "DOB", "DPA1", "DPB1", "DQA1", "DQA2", "DQB1", "DQB2", "DRA", "DRB1"]
HLA = [f"HLA-{name}" for name in [*CLASSES, "DRB3", "DRB4", "DRB5"]]
HYPHENATED = [*HLA, "HLA-E", "HLA-F", "HLA-G", "NKX2-1", "NKX2-5", "MT-CO1", "MT-ND1"]
TABLE = GeneTable(
    [
        *(Gene(symbol, entrez_id=str(number)) for number, symbol in enumerate(HYPHENATED, 1)),
        Gene("MARCHF1", previous=("MARCH1",)),
        Gene("MTARC1", previous=("MARC1",)),
        Gene("SEPTIN2", previous=("SEPT2",)),
        Gene("SEPTIN7", previous=("SEPT7",)),
    ]
)


def record(*written: str, orthologues: Orthologues | None = None):
    return make_question(GeneList("mine", tuple(map(ListedGene, written))), "file", TABLE, orthologues).record


def test_points_for_hyphens_are_read_and_told(snapshot):
    made = record(*(symbol.replace("-", ".") for symbol in HYPHENATED), "ERVW.1")
    assert made.flags == snapshot
    assert [gene.symbol for gene in made.genes] == HYPHENATED
    assert made.error == ""


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("{}:ENSG00000000001", "two identifiers in one"),
        ("{} (999)", "two identifiers in one"),
        ("GRCh38_{}", "symbols behind the name of a genome"),
        ("{}///NOBODY", "several genes in one, of which the first known one counts"),
    ],
)
def test_identifiers_that_hold_others_are_read_and_told(form, told):
    made = record(*map(form.format, HYPHENATED))
    assert [gene.symbol for gene in made.genes] == HYPHENATED
    assert [flag.split(": ")[0] for flag in made.flags] == [f"25 of 25 are {told}"]


def test_english_dates_are_read_and_those_of_several_genes_named(snapshot):
    made = record(*HYPHENATED[:3], "2-Sep", "Sep-7", "1-Mar", "2. Sep", "2.31E+13")
    assert [gene.symbol for gene in made.genes] == [*HYPHENATED[:3], "SEPTIN2", "SEPTIN7"]
    assert made.flags == snapshot


def test_of_unknown_genes_the_nearest_known_ones_are_named_before_another_species():
    assert record("HLAADRA", "NKX221", "HLA-DRX", "XXXX").error.endswith(
        "(HLAADRA, NKX221, HLA-DRX, XXXX): how they are written is not known; do they mean HLAADRA → HLA-DRA, "
        "NKX221 → NKX2-1, HLA-DRX → HLA-DRA?"
    )
    assert record("XXXA", "XXXB", "XXXC").error.endswith("(XXXA, XXXB, XXXC): are they of another species?")


def test_mouse_genes_in_other_spellings_are_told_too(snapshot):
    orthologues = Orthologues([(("H2-Aa",), (), ("HLA-DQA1",)), (("Nkx2-1",), (), ("NKX2-1",))])
    made = record("H2.Aa", "mm10_Nkx2-1", orthologues=orthologues)
    assert made.flags == snapshot
