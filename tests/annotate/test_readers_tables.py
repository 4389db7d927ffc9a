"""Gene lists of tables of statistics: markers of clusters and differential expression, and universes."""

import pytest
from checkout import ROOT
from refusals import refused
from unknown_genes import unknown

from reasonome.apps.annotate.inputs import read_gene_lists, read_universe
from reasonome.apps.annotate.lists import ListedGene
from reasonome.config.annotations import Annotation

EXAMPLES = ROOT / "resources" / "annotate"
SEURAT = '"","p_val","avg_log2FC","pct.1","pct.2","p_val_adj","cluster","gene"\n'
DESEQ2 = '"","baseMean","log2FoldChange","lfcSE","stat","pvalue","padj"\n'


def read(tmp_path, content, name="mine.csv", **settings):
    path = tmp_path / name
    path.write_text(content)
    [found] = read_gene_lists(path, Annotation(sets=[str(path)], **settings), unknown)
    return found


def names(one):
    return [gene.written for gene in one.genes]


def by_name(found):
    return {one.name: names(one) for one in found.lists}


# clusters

SEURAT_ROWS = """"CD3D",1e-9,1.5,0.9,0.1,1e-6,"0","CD3D"
"CD3E",1e-9,2.5,0.9,0.1,1e-6,"0","CD3E"
"IL7R",1e-20,0.25,0.9,0.1,1e-17,"0","IL7R"
"LTB",1e-9,0.24,0.9,0.1,1e-6,"0","LTB"
"LYZ",1e-30,-3,0.1,0.9,1e-27,"0","LYZ"
"CCR7",0.001,2,0.2,0.1,0.0501,"0","CCR7"
"LEF1",0.0005,2,0.2,0.1,0.05,"0","LEF1"
"CD3D.1",1e-9,0.5,0.9,0.1,1e-6,"B cells","CD3D"
"LYZ.1",0.5,0.5,0.9,0.1,1,"Mono","LYZ"
"""


def test_seurat_markers_that_go_up_and_pass_by_p_and_then_by_fold_change(tmp_path):
    found = read(tmp_path, SEURAT + SEURAT_ROWS)
    assert by_name(found) == {"cluster 0": ["IL7R", "CD3E", "CD3D", "LEF1"], "B cells": ["CD3D"], "Mono": []}
    first, second, third = found.lists
    assert first.genes[1] == ListedGene("CD3E", 2.5)
    assert [one.place for one in found.lists] == ["line 2", "line 9", "line 10"]
    assert first.description.startswith("4 of 4 ") and not first.error and second.error and third.error
    assert found.kind == "clusters"


def test_thresholds_and_top_of_markers_can_be_set(tmp_path):
    found = read(tmp_path, SEURAT + SEURAT_ROWS, adjusted_p=1, log2_fold_change=2, top=2)
    assert by_name(found)["cluster 0"] == ["CD3E", "LEF1"]


def test_scanpy_markers_by_falling_score(tmp_path):
    found = read(
        tmp_path,
        "group,names,scores,logfoldchanges,pvals,pvals_adj\n"
        "0,CD3D,5,2,1e-9,1e-8\n0,CD3E,7,1,1e-7,1e-6\n0,IL7R,6,inf,1e-7,1e-6\n0,LYZ,-9,-4,0,0\n"
        "NK,NKG7,5,2,1e-9,1e-8\nNK,,5,2,1e-9,1e-8\n",
    )
    assert by_name(found) == {"cluster 0": ["CD3E", "IL7R", "CD3D"], "NK": ["NKG7"]}
    assert [gene.weight for gene in found.lists[0].genes] == [1, None, 2]
    assert "in no set: 1 row without a gene or a cluster" in found.notes


def test_one_column_of_genes_for_each_cluster(tmp_path):
    content = "CD4,B,NK\nCD3D,MS4A1,NKG7\nCD3E,CD79A,GNLY\nIL7R,CD79B,\n"
    with refused(fix="say what they are"):
        read(tmp_path, content)
    found = read(tmp_path, content, top=2, kind="clusters")
    assert [one.ranked for one in found.lists] == [True, True, True]
    assert by_name(found) == {"CD4": ["CD3D", "CD3E"], "B": ["MS4A1", "CD79A"], "NK": ["NKG7", "GNLY"]}


# differential expression

DESEQ2_ROWS = """"TP53",100,2,0.2,10,1e-9,1e-8
"MDM2",100,-3,0.2,-15,1e-9,1e-8
"ATM",100,1,0.2,5,1e-3,0.05
"CHEK2",100,-1,0.2,-6,1e-3,0.04
"BRCA1",100,0.99,0.2,20,1e-9,1e-8
"BRCA2",100,4,0.2,3,0.02,0.051
"LOW",1,5,2,2.5,0.01,NA
"ZERO",0,NA,NA,NA,NA,NA
"""


def test_deseq2_by_falling_statistic_with_the_universe_of_tested_genes(tmp_path):
    found = read(tmp_path, DESEQ2 + DESEQ2_ROWS, "treated.csv", split=False)
    (one,) = found.lists
    assert one.name == "treated"
    assert one.genes == (
        ListedGene("MDM2", -3.0),
        ListedGene("TP53", 2.0),
        ListedGene("CHEK2", -1.0),
        ListedGene("ATM", 1.0),
    )
    assert found.universe == ("TP53", "MDM2", "ATM", "CHEK2", "BRCA1", "BRCA2", "LOW")
    assert any(note.startswith("4 of 8 genes pass") for note in found.notes)


def test_up_and_down_are_lists_of_their_own_unless_told_otherwise(tmp_path):
    assert by_name(read(tmp_path, DESEQ2 + DESEQ2_ROWS, "treated.csv")) == {
        "treated up": ["TP53", "ATM"],
        "treated down": ["MDM2", "CHEK2"],
    }
    found = read(tmp_path, DESEQ2 + DESEQ2_ROWS, "treated.csv", top=1, log2_fold_change=0.5)
    assert by_name(found) == {"treated up": ["BRCA1"], "treated down": ["MDM2"]}
    assert found.lists[0].description.startswith("1 of 3 genes ")


ONE_GROUP = "names,scores,logfoldchanges,pvals,pvals_adj\nTP53,3,2,0,0\nATM,-9,-4,0,0\nB,1,0,0.1,0.2\n"
PLAIN = "PADJ,Log2FC,Gene\n1e-4,2,TP53\n1e-4,-4,ATM\n0.2,1,B\n"


@pytest.mark.parametrize("content", [ONE_GROUP, PLAIN, PLAIN.replace(",", ";")])
def test_tables_of_other_programs(tmp_path, content):
    found = read(tmp_path, content)
    assert by_name(found) == {"mine up": ["TP53"], "mine down": ["ATM"]}
    assert by_name(read(tmp_path, content, split=False)) == {"mine": ["ATM", "TP53"]}
    assert found.universe == ("TP53", "ATM", "B")
    assert found.kind == "differential"


# columns


def test_columns_of_other_names_are_taken_if_they_are_said(tmp_path):
    content = "name,change,q,type\nA,2,0.01,x\nB,-2,0.01,x\nC,1,0.5,y\n"
    with refused(fix="say what they are"):
        read(tmp_path, content)
    said = {"gene": "name", "log2_fold_change": "change", "adjusted_p": "q"}
    assert by_name(read(tmp_path, content, columns=said)) == {"mine up": ["A"], "mine down": ["B"]}
    assert by_name(read(tmp_path, content, columns={"gene": "name", "group": "type"})) == {"x": ["A", "B"], "y": ["C"]}
    ranked = read(tmp_path, content, columns={"gene": "name", "statistic": "change"}, kind="genes")
    assert by_name(ranked) == {"mine": ["A", "C", "B"]}
    with refused(field="--columns gene", fix="did you mean 'name'?"):
        read(tmp_path, content, columns={"gene": "nam"})


def test_row_numbers_are_no_genes(tmp_path):
    rows = ",what,log2FoldChange,padj\n1,TP53,2,0.01\n2,BAX,-2,0.02\n3,ATM,2,0.03\n"
    with refused(line=2, field="gene"):
        read(tmp_path, f"# R\n{rows}")
    found = read(tmp_path, rows, columns={"gene": "what"})
    assert "TP53" in [gene for one in found.lists for gene in names(one)]


# what cannot be read


@pytest.mark.parametrize(
    ("content", "line", "field"),
    [
        ("gene,log2FC,padj\nA,1,0.1\nB,1,high\n", 3, "padj"),
        ("log2FC,padj\n1,0.1\n", 1, "gene"),
        ("gene,log2FC,pvalue\nA,1,0.01\n", 1, "adjusted_p"),
        ("Table S1,,\ngene,log2FC,padj\nA,1,0.1\n", 1, "gene"),
        ("gene,log2FC,padj\nA,1,0.1\nB,2\n", 3, None),
        ("TP53,2.5,0.01\nATM,1.5,0.02\n", 1, "gene"),
        ('"log2FC" "padj"\n"A" 1 0.1\n', None, None),
        ("gene;log2FC;padj\nA;2;0,05\n", 2, "padj"),
        ("gene,padj,p_adj,p.adj.,log2FC\nA,0.9,0.9,0.01,2\n", 1, "adjusted_p"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, content, line, field):
    with refused(tmp_path / "mine.csv", line, field):
        read(tmp_path, content)


# the genes that were tested


def read_tested_genes(tmp_path, content, name):
    path = tmp_path / name
    path.write_text(content)
    return read_universe(path, unknown)[0]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("TP53\nMDM2\nBAX\n", "a.txt"),
        ("# tested\ngene\n TP53 \n\nMDM2\n#\nBAX", "a.txt"),
        ("gene,padj\nTP53,0.1\nMDM2,1\nNA,1\nBAX,NA\n", "a.csv"),
        ('"","padj"\n"TP53",0.1\n"MDM2",1\n"BAX",1\n', "a.csv"),  # write.csv of R
    ],
)
def test_lists_and_tables_of_tested_genes(tmp_path, content, name):
    assert read_tested_genes(tmp_path, content, name) == ["TP53", "MDM2", "BAX"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("# a\n", None),
        ("log2FC,padj\n1,0.1\n", 1),
    ],
)
def test_what_is_no_list_of_tested_genes_is_refused(tmp_path, content, line):
    with refused(tmp_path / "tested.csv", line):
        read_tested_genes(tmp_path, content, "tested.csv")


# tables that DESeq2, edgeR, limma and Seurat themselves wrote; what passes was counted with awk and sort


def shipped(name):
    [found] = read_gene_lists(EXAMPLES / name, Annotation(sets=["any"]), unknown)
    return found


@pytest.mark.parametrize(
    ("table", "up", "down", "strongest_up", "strongest_down"),
    [
        ("deseq2", 96, 145, ["FTL", "S100A4", "CTSS", "PSAP"], ["PTPRCAP", "CD79A", "CD79B", "ISG20"]),
        ("edger", 105, 116, ["TYROBP", "AIF1", "FCER1G", "LST1"], ["CD79A", "PTPRCAP", "MS4A1", "IGJ"]),
        ("limma", 52, 28, ["TYROBP", "FCER1G", "AIF1", "CST3"], ["CD79A", "PTPRCAP", "MS4A1", "ISG20"]),
    ],
)
def test_monocytes_against_b_cells(table, up, down, strongest_up, strongest_down):
    found = shipped(f"monocytes_{table}.csv")
    assert [len(one.genes) for one in found.lists] == [up, down]
    first = [[gene.written for gene in one.genes[:4]] for one in found.lists]
    assert first == [strongest_up, strongest_down]


def test_deseq2_tested_what_has_a_p_value():
    # Of 765 rows 14 have no p value; of the rest 44 have no adjusted one, which DESeq2's filter takes from weak genes.
    found = shipped("monocytes_deseq2.csv")
    assert len(found.universe) == 751
    assert all(number in found.notes[-1] for number in ("751 ", "44 ", "14 "))


def test_markers_of_seurat():
    found = shipped("markers_seurat.csv")
    passing = [136, 80, 49, 86, 71, 39, 40, 42, 74, 53, 63]
    assert [len(one.genes) for one in found.lists] == [min(count, 100) for count in passing]
    assert found.lists[0].description.startswith("100 of 136 ")
    assert [gene.written for gene in found.lists[0].genes[:4]] == ["CD3D", "CD3E", "AES", "LDHB"]
