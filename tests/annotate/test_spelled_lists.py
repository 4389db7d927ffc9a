"""Lists of genes as other programs spell them: what is read, what is told of it, and what is left out."""

from reasonome.apps.annotate.lists import GeneList, ListedGene
from reasonome.apps.annotate.questions import make_record
from reasonome.facts.genes import Gene, GeneTable

CLASSES = ["A", "B", "C", "DMA", "DMB", "DOA", "DOB", "DPA1", "DPB1", "DQA1", "DQA2", "DQB1", "DQB2", "DRA", "DRB1"]
HLA = [f"HLA-{name}" for name in [*CLASSES, "DRB3", "DRB4", "DRB5"]]
HYPHENATED = [*HLA, "HLA-E", "HLA-F", "HLA-G", "NKX2-1", "NKX2-5", "MT-CO1", "MT-ND1"]
TABLE = GeneTable(Gene(symbol, entrez_id=str(number)) for number, symbol in enumerate(HYPHENATED, 1))


def record(*written: str):
    return make_record(GeneList("mine", tuple(map(ListedGene, written))), "file", TABLE)


def test_points_for_hyphens_are_read_and_told():
    made = record(*(symbol.replace("-", ".") for symbol in HYPHENATED), "ERVW.1")
    assert "HLA.A → HLA-A" in made.flags[0] and made.flags[1].endswith(": ERVW.1")
    assert [gene.symbol for gene in made.genes] == HYPHENATED
    assert made.error == ""


def test_of_unknown_genes_the_nearest_known_ones_are_named_before_another_species():
    assert record("HLAADRA", "NKX221", "HLA-DRX", "XXXX").error.endswith(
        "HLAADRA → HLA-DRA, NKX221 → NKX2-1, HLA-DRX → HLA-DRA?"
    )
    assert "species" in record("XXXA", "XXXB", "XXXC").error
