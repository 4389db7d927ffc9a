"""Tables that DESeq2, edgeR, limma and Seurat themselves wrote; what passes was counted with awk and sort."""

from pathlib import Path

import pytest

from reasonome.annotation.readers import read_gene_lists
from reasonome.config import Annotation

EXAMPLES = Path(__file__).resolve().parents[2] / "resources" / "annotate"
SETTINGS = Annotation(sets=["any"])


@pytest.mark.parametrize(
    ("table", "up", "down", "strongest_up", "strongest_down"),
    [
        ("deseq2", 96, 145, ["FTL", "S100A4", "CTSS", "PSAP"], ["PTPRCAP", "CD79A", "CD79B", "ISG20"]),
        ("edger", 105, 116, ["TYROBP", "AIF1", "FCER1G", "LST1"], ["CD79A", "PTPRCAP", "MS4A1", "IGJ"]),
        ("limma", 52, 28, ["TYROBP", "FCER1G", "AIF1", "CST3"], ["CD79A", "PTPRCAP", "MS4A1", "ISG20"]),
    ],
)
def test_monocytes_against_b_cells(table, up, down, strongest_up, strongest_down):
    found = read_gene_lists(EXAMPLES / f"monocytes_{table}.csv", SETTINGS)
    assert found.told[0] == "read as differential expression of 765 genes"
    assert [len(one.genes) for one in found.lists] == [up, down]
    first = [[gene.written for gene in one.genes[:4]] for one in found.lists]
    assert first == [strongest_up, strongest_down]


def test_deseq2_tested_what_has_a_p_value():
    # Of 765 rows 14 have no p value; of the rest 44 have no adjusted one, which DESeq2's filter takes from weak genes.
    found = read_gene_lists(EXAMPLES / "monocytes_deseq2.csv", SETTINGS)
    assert len(found.universe) == 751
    assert found.told[-1] == (
        "tested, and so the universe unless `--universe` is given: 751 genes with a p value, 44 of them without an "
        "adjusted one, which a filter took; not tested: 14 rows without one"
    )


def test_markers_of_seurat():
    found = read_gene_lists(EXAMPLES / "markers_seurat.csv", SETTINGS)
    assert found.told[0] == "read as markers of 11 clusters"
    passing = [136, 80, 49, 86, 71, 39, 40, 42, 74, 53, 63]
    assert [len(one.genes) for one in found.lists] == [min(count, 100) for count in passing]
    assert found.lists[0].description == "100 of 136 markers that pass, 322 in the table"
    assert [gene.written for gene in found.lists[0].genes[:4]] == ["CD3D", "CD3E", "AES", "LDHB"]
