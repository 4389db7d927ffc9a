"""Gene lists of tables of statistics: markers of clusters, differential expression, DataFrames and AnnData."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reasonome.annotation.gene_list import ListedGene
from reasonome.annotation.in_python import read_memory
from reasonome.annotation.readers import ListOptions, from_anndata, from_frame, is_anndata, read_gene_lists
from reasonome.annotation.settings import checked_settings
from reasonome.core.errors import InputError

SEURAT = '"","p_val","avg_log2FC","pct.1","pct.2","p_val_adj","cluster","gene"\n'
DESEQ2 = '"","baseMean","log2FoldChange","lfcSE","stat","pvalue","padj"\n'


def read(tmp_path, content, name="mine.csv", **options):
    path = tmp_path / name
    path.write_text(content)
    return read_gene_lists(path, options=ListOptions(**options))


def names(one):
    return [gene.written for gene in one.genes]


def by_name(found):
    return {one.name: names(one) for one in found.lists}


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
    assert first.description == "4 of 4 markers that pass, 7 in the table"
    assert second.error.startswith("too few genes: 1")
    assert third.error == "none of 1 gene passes: loosen the thresholds, or leave this cluster out"
    assert found.kind == "clusters"
    assert found.told[0] == "read as markers of 3 clusters (Seurat)"
    assert found.told[2] == (
        "markers that go up are taken (adjusted p ≤ 0.05 and log2 fold change ≥ 0.25), 100 of a cluster at most"
    )


def test_thresholds_and_top_of_markers_can_be_set(tmp_path):
    found = read(tmp_path, SEURAT + SEURAT_ROWS, adjusted_p=1, log2_fold_change=2, top=2)
    assert by_name(found)["cluster 0"] == ["CD3E", "LEF1"]


def test_fold_changes_of_old_seurat_are_converted_to_log2(tmp_path):
    header = SEURAT.replace("avg_log2FC", "avg_logFC")
    found = read(tmp_path, header + '"A",0,0.18,1,0,0,"0","A"\n"B",0,0.17,1,0,0,"0","B"\n')
    (one,) = found.lists
    assert names(one) == ["A"]  # 0.18 / ln 2 = 0.2597, 0.17 / ln 2 = 0.2453
    assert one.genes[0].weight == pytest.approx(0.18 / math.log(2))
    assert any("to base e" in sentence for sentence in found.told)


SCANPY = """group,names,scores,logfoldchanges,pvals,pvals_adj
0,CD3D,5,2,1e-9,1e-8
0,CD3E,7,1,1e-7,1e-6
0,IL7R,6,inf,1e-7,1e-6
0,LYZ,-9,-4,0,0
NK,NKG7,5,2,1e-9,1e-8
NK,,5,2,1e-9,1e-8
"""


def test_scanpy_markers_by_falling_score(tmp_path):
    found = read(tmp_path, SCANPY)
    assert by_name(found) == {"cluster 0": ["CD3E", "IL7R", "CD3D"], "NK": ["NKG7"]}
    first = found.lists[0]
    assert [gene.weight for gene in first.genes] == [1, None, 2]
    assert first.flags == ("infinite fold change: IL7R",)
    assert "in no set: 1 row without a gene" in found.told


def test_scanpys_wide_tables(tmp_path):
    found = read(tmp_path, ",0_n,0_p,1_n,1_p\n0,CD3D,1e-9,LYZ,0\n1,CD3E,0.9,S100A8,1e-5\n2,IL7R,1e-3,S100A9,1e-4\n")
    assert by_name(found) == {"cluster 0": ["CD3D", "CD3E", "IL7R"], "cluster 1": ["LYZ", "S100A8", "S100A9"]}
    assert any("do not say whether they are adjusted" in sentence for sentence in found.told)
    header = ",0_names,0_scores,0_logfoldchanges,0_pvals_adj\n"
    found = read(tmp_path, header + "0,A,3,2,0.01\n1,B,4,2,0.01\n2,C,5,2,0.06\n3,D,6,0.2,0.01\n4,E,5,1,0.05\n")
    assert by_name(found) == {"cluster 0": ["E", "B", "A"]}


def test_one_column_of_genes_for_each_cluster(tmp_path):
    found = read(tmp_path, "T,B,NK\nCD3D,MS4A1,NKG7\nCD3E,CD79A,GNLY\nIL7R,CD79B,\n", top=2)
    assert [one.ranked for one in found.lists] == [True, True, True]
    assert found.told[0] == "read as 3 columns of genes, one list each, the first row the strongest"
    assert by_name(found) == {"T": ["CD3D", "CD3E"], "B": ["MS4A1", "CD79A"], "NK": ["NKG7", "GNLY"]}
    found = read(tmp_path, ",0,1\n0,CD3D,MS4A1\n1,CD3E,CD79A\n2,IL7R,CD79B\n")
    assert by_name(found) == {"cluster 0": ["CD3D", "CD3E", "IL7R"], "cluster 1": ["MS4A1", "CD79A", "CD79B"]}


def test_a_table_of_genes_and_clusters_alone(tmp_path):
    found = read(tmp_path, "gene;cluster\nA;x\nB;x\nC;x\nD;y\n", adjusted_p=0.01)
    assert by_name(found) == {"x": ["A", "B", "C"], "y": ["D"]}
    assert not found.lists[0].ranked  # nothing says that the first rows matter most
    assert found.told[-1] == "not used: --adjusted-p, since the table has no column of the adjusted p"


def test_clusters_with_p_values_alone_are_ranked_by_them(tmp_path):
    found = read(tmp_path, "gene,cluster,p_val_adj\nA,x,0.04\nB,x,0.001\nC,x,0.02\nD,x,0.06\n", split=False)
    (one,) = found.lists
    assert (one.ranked, names(one)) == (True, ["B", "C", "A"])
    assert [gene.weight for gene in one.genes] == [None, None, None]
    assert found.told[-1] == "not used: --together, since markers are the genes that go up"


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
    assert found.told == (
        "read as differential expression (DESeq2) of 8 genes",
        "columns used: gene from the row names, adjusted p from 'padj', log2 fold change from 'log2FoldChange', "
        "statistic from 'stat'",
        "4 of 8 genes pass (adjusted p ≤ 0.05 and |log2 fold change| ≥ 1): 2 up, 2 down",
        "in no set: 2 rows without an adjusted p value (NA)",
        "tested, and so the universe unless `--universe` is given: 7 genes with a p value, 1 of them without an "
        "adjusted one, which a filter took; not tested: 1 row without one",
    )


def test_a_table_of_adjusted_p_alone_cannot_say_what_was_filtered_and_what_never_tested(tmp_path):
    found = read(tmp_path, "gene,log2FC,padj\nA,2,0.01\nB,2,0.9\nC,2,NA\n")
    assert found.universe == ("A", "B")
    assert found.told[-1] == (
        "tested, and so the universe unless `--universe` is given: 2 genes with an adjusted p value; perhaps tested, "
        "which only p values would say: 1 row without one"
    )


def test_a_column_of_p_without_any_value_does_not_empty_the_universe(tmp_path):
    assert read(tmp_path, "gene,log2FC,pvalue,padj\nA,2,NA,0.01\nB,2,NA,0.9\n").universe == ("A", "B")


def test_an_outlier_without_a_p_value_was_not_tested(tmp_path):
    found = read(tmp_path, DESEQ2 + '"A",100,2,0.2,10,1e-9,1e-8\n"OUTLIER",900,4,0.2,9,NA,NA\n')
    assert found.universe == ("A",)
    assert found.told[-1] == (
        "tested, and so the universe unless `--universe` is given: 1 gene with a p value; not tested: 1 row without one"
    )


def test_the_strongest_genes_of_top_are_said_to_be_those_of_the_largest_statistic(tmp_path):
    found = read(tmp_path, DESEQ2 + DESEQ2_ROWS, top=1)
    assert "1 gene of a list at most, those of the largest |stat|" in found.told
    found = read(tmp_path, "gene,log2FC,padj\nA,2,0\nB,3,0\n", top=1)
    assert "1 gene of a list at most, those of the largest |log2 fold change|" in found.told


def test_up_and_down_are_lists_of_their_own_unless_told_otherwise(tmp_path):
    assert by_name(read(tmp_path, DESEQ2 + DESEQ2_ROWS, "treated.csv")) == {
        "treated up": ["TP53", "ATM"],
        "treated down": ["MDM2", "CHEK2"],
    }
    found = read(tmp_path, DESEQ2 + DESEQ2_ROWS, "treated.csv.txt", top=1, log2_fold_change=0.5)
    assert by_name(found) == {"treated up": ["BRCA1"], "treated down": ["MDM2"]}
    assert found.lists[0].description == "1 of 3 genes with adjusted p ≤ 0.05 and |log2 fold change| ≥ 0.5"


EDGER = "logFC\tlogCPM\tF\tPValue\tFDR\nTP53\t2\t5\t30\t1e-5\t1e-4\nATM\t-4\t5\t50\t1e-5\t1e-4\nB\t1\t5\t2\t0.1\t0.2\n"
LIMMA = (
    '"ID","logFC","AveExpr","t","P.Value","adj.P.Val","B"\n'
    '"TP53",2,5,3,1e-5,1e-4,1\n"ATM",-4,5,-9,1e-5,1e-4,1\n"B",1,5,2,0.1,0.2,0\n'
)
ONE_GROUP = "names,scores,logfoldchanges,pvals,pvals_adj\nTP53,3,2,0,0\nATM,-9,-4,0,0\nB,1,0,0.1,0.2\n"
PLAIN = "PADJ,Log2FC,Gene\n1e-4,2,TP53\n1e-4,-4,ATM\n0.2,1,B\n"


@pytest.mark.parametrize(
    ("content", "program"),
    [
        (EDGER, " (edgeR)"),
        ("\t" + EDGER, " (edgeR)"),
        (LIMMA, " (limma)"),
        (ONE_GROUP, " (Scanpy)"),
        (PLAIN, ""),
        (PLAIN.replace(",", ";"), ""),
    ],
)
def test_tables_of_other_programs(tmp_path, content, program):
    found = read(tmp_path, content)
    assert by_name(found) == {"mine up": ["TP53"], "mine down": ["ATM"]}
    assert by_name(read(tmp_path, content, split=False)) == {"mine": ["ATM", "TP53"]}
    assert found.told[0] == f"read as differential expression{program} of 3 genes"
    assert found.universe == ("TP53", "ATM", "B")
    assert found.kind == "differential"


def test_infinite_fold_changes_pass_first_without_weight(tmp_path):
    (one,) = read(tmp_path, "gene,log2FC,padj\nA,2,0\nB,-Inf,0\nC,3,0\nD,inf,0.2\n", split=False).lists
    assert one.genes == (ListedGene("B"), ListedGene("C", 3.0), ListedGene("A", 2.0))
    assert one.flags == ("infinite fold change: B",)


def test_when_nothing_passes_the_list_says_so(tmp_path):
    found = read(tmp_path, "gene,log2FC,padj\nA,0.5,0\nB,3,0.9\n")
    assert (
        found.lists[0].error == "no gene passes (adjusted p ≤ 0.05 and |log2 fold change| ≥ 1): loosen the thresholds"
    )
    assert found.told[2].startswith("0 of 2 genes pass")


@pytest.mark.parametrize(
    ("content", "message", "line", "field"),
    [
        ("gene,log2FC,padj\nA,1,0.1\nB,1,high\n", "expected a number, found 'high'", 3, "padj"),
        ("gene;log2FC;padj\nA;1,5;0.1\n", "expected a number, found '1,5'", 2, "log2FC"),
        ("gene,log2FC,padj\nA,1,-0.1\n", "expected a p value from 0 to 1, found '-0.1'", 2, "padj"),
        ("gene,log2FC,padj\nA,1,12.3\n", "expected a p value from 0 to 1", 2, "padj"),
        ("gene,log2FC,padj\nA,1,NA\nB,2,\n", "no gene has an adjusted p value", 1, "padj"),
        ("gene,log2FC,padj,padj\nA,1,0.1,0.2\n", "2 columns are called 'padj'", 1, "adjusted p"),
        ("gene,log2FC,pvalue\nA,1,0.1\n", "there is no column of the adjusted p", 1, "adjusted p"),
        ("log2FC,padj\n1,0.1\n", "there is no column of the gene", 1, "gene"),
        ("gene,log2FC,padj\n", "there are no rows", None, None),
        ("gene,log2FC,padj\nA,1,0.1\nB,2\n", "expected 3 columns as in the header, found 2", 3, None),
        ("TP53,2.5,0.01\nATM,1.5,0.02\n", "the first line is not a header", 1, None),
        ("TP53\t2.5\t0.01\nATM\t1.5\t0.02\n", "the first line is not a header", 1, None),
        ("gene,chromosome\nA,chr1\nB,chr2\n", "no kind of gene list has the columns 'gene', 'chromosome'", 1, None),
        ("gene|log2FC|padj\nA|1|0.1\nB|1|0.1\nC|1|0.1\n", "a table with bars", None, None),
        ("gene log2FC padj\nA 1 0.1\n", "a table with spaces between fields", None, None),
        ("gene,names_of_x\nA,two words\n", "no kind of gene list has the columns", 1, None),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, content, message, line, field):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, content)
    assert (error.value.file, error.value.line, error.value.field) == (tmp_path / "mine.csv", line, field)
    assert error.value.fix


def test_row_numbers_under_the_name_of_genes_are_no_genes(tmp_path):
    rows = "".join(f"{number},2.5,0.01,G{number}\n" for number in (3, 1, 2))
    with pytest.raises(InputError, match="none of the columns 'gene', .* names the genes; row numbers are no genes"):
        read(tmp_path, "gene,log2FoldChange,padj,note\n" + rows)
    found = read(tmp_path, "gene,log2FoldChange,padj,symbol\n" + rows, split=False)
    assert by_name(found) == {"mine": ["G3", "G1", "G2"]}
    entrez = read(tmp_path, "gene,log2FoldChange,padj,note\n" + rows.replace("3,", "9,", 1), split=False)
    assert by_name(entrez) == {"mine": ["9", "1", "2"]}


def test_markers_without_clusters_are_refused_if_asked_for(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("gene,padj\nA,0.1\n")
    with pytest.raises(InputError, match="there is no column of the log2 fold change among 'gene', 'padj'"):
        read_gene_lists(path, kind="differential")
    path.write_text("gene\nA\n")
    with pytest.raises(InputError, match="there are no clusters in the columns 'gene'"):
        read_gene_lists(path, kind="clusters")


def test_a_frame_is_read_as_its_file_would_be(tmp_path):
    frame = pd.DataFrame({"log2FC": [2.0, -4.0, 1.0], "padj": [1e-4, 1e-4, None]}, index=["TP53", "ATM", "B"])
    frame.to_csv(tmp_path / "mine.csv")
    found = from_frame(frame, "mine")
    assert found == read_gene_lists(tmp_path / "mine.csv")
    assert by_name(found) == {"mine up": ["TP53"], "mine down": ["ATM"]}
    assert frame.columns.tolist() == ["log2FC", "padj"]
    markers = pd.DataFrame({"cluster": pd.Categorical(["a", "a", "b"]), "gene": ["A", "B", "C"]}, index=[4, 7, 9])
    found = from_frame(markers, "markers")
    assert by_name(found) == {"a": ["A", "B"], "b": ["C"]}
    assert found.lists[1].place == "row 3"


def test_series_and_single_columns_are_lists(tmp_path):
    assert by_name(from_frame(pd.Series(["A", "B", "C"]), "mine")) == {"mine": ["A", "B", "C"]}
    assert by_name(from_frame(pd.Series({"A": 1.0, "B": 3.0, "C": 2.0}), "mine")) == {"mine": ["B", "C", "A"]}
    ranking = from_frame(pd.DataFrame({"t": [1.0, 3.0, None]}, index=["A", "B", "C"]), "mine")
    assert (by_name(ranking), ranking.lists[0].ranked) == ({"mine": ["B", "A", "C"]}, True)
    swapped = from_frame(pd.DataFrame({"score": [1.0, 3.0], "gene": ["A", "B"]}), "mine")
    assert by_name(swapped) == {"mine": ["B", "A"]}
    with pytest.raises(InputError, match="there are no rows in the table 'mine'"):
        from_frame(pd.DataFrame({"gene": []}), "mine")
    with pytest.raises(InputError, match="no kind of gene list has the columns 'gene', 'size', 'color'"):
        from_frame(pd.DataFrame({"gene": ["A"], "size": [1], "color": ["red"]}), "mine")


@pytest.mark.parametrize(
    ("frame", "column"),
    [
        (pd.DataFrame({"gene": ["A", "B"], "length": [100, 200]}), "length"),
        (pd.DataFrame({"length": [100, 200]}, index=["A", "B"]), "length"),
        (pd.Series([1, 2], index=["A", "B"], name="rank"), "rank"),
        (pd.DataFrame({"gene": ["A", "B"], "pval": [0.1, 0.2]}), "pval"),
    ],
)
def test_one_column_of_numbers_that_may_be_anything_is_refused(frame, column):
    with pytest.raises(InputError, match=f"'{column}'") as error:
        from_frame(frame, "mine")
    assert error.value.field == column
    assert error.value.fix


def ranked(**values):
    """What scanpy.tl.rank_genes_groups writes: structured arrays with a field for each group."""
    kinds = {"names": object}
    return {"params": {"method": "wilcoxon"}} | {
        key: np.rec.fromarrays(
            [np.array(one, kinds.get(key, float)) for one in groups.values()],
            dtype=[(group, kinds.get(key, float)) for group in groups],
        )
        for key, groups in values.items()
    }


def test_markers_that_scanpy_left_in_an_anndata():
    uns = ranked(
        names={"0": ["A", "B", "C", "D"], "NK": ["E", "F", "G", "H"]},
        scores={"0": [9, 8, 7, -6], "NK": [5, 4, 3, 2]},
        logfoldchanges={"0": [2, 1, 0.2, -3], "NK": [2, 2, 2, 2]},
        pvals={"0": [0, 0, 0, 0], "NK": [0, 0, 0, 0.5]},
        pvals_adj={"0": [0, 0.01, 0, 0], "NK": [0, 0.05, 0.01, 0.9]},
    )
    found = from_anndata(SimpleNamespace(uns={"rank_genes_groups": uns}))
    assert by_name(found) == {"cluster 0": ["A", "B"], "NK": ["E", "F", "G"]}
    assert found.told[0] == "read as markers of 2 clusters (Scanpy)"


def test_an_anndata_of_logistic_regression_has_scores_only():
    uns = ranked(names={"x": ["A", "B", "C"]}, scores={"x": [0.5, 0.1, -0.2]})
    found = from_anndata(SimpleNamespace(uns={"mine": uns}), key="mine")
    assert by_name(found) == {"x": ["A", "B"]}


@pytest.mark.parametrize("value", [{"names": ["A"]}, {}, ["A"], {"names": np.array(["A", "B"])}])
def test_an_anndata_without_markers_is_refused(value):
    with pytest.raises(InputError, match="there is no 'rank_genes_groups' in adata.uns, only pca, neighbors"):
        from_anndata(SimpleNamespace(uns={"pca": {}, "neighbors": {}}))
    with pytest.raises(InputError, match="has no names of genes by group") as error:
        from_anndata(SimpleNamespace(uns={"mine": value}), key="mine")
    assert "scanpy.tl.rank_genes_groups" in error.value.fix


def test_ids_that_are_numbers_rank_as_the_index_of_a_series():
    ids = [7157, 4193, 1026, 581]
    found = from_frame(pd.Series([9, 12, 14, 2], index=ids), "mine")
    assert found.lists[0].genes == (
        ListedGene("1026", 14.0),
        ListedGene("4193", 12.0),
        ListedGene("7157", 9.0),
        ListedGene("581", 2.0),
    )
    named = from_frame(pd.Series([0.5, 1.5, 2.5, 0.1], index=ids, name="stat"), "mine")
    assert by_name(named) == {"mine": ["1026", "4193", "7157", "581"]}
    # rows that a filter left keep their numbers, which are no genes
    assert by_name(from_frame(pd.Series(["A", "B", "C"], index=[4, 7, 9]), "mine")) == {"mine": ["A", "B", "C"]}
    column = pd.Series(ids, index=[4, 7, 9, 11], name="entrez")
    assert by_name(from_frame(column, "mine")) == {"mine": ["7157", "4193", "1026", "581"]}


def test_several_levels_of_rows_or_columns_are_refused():
    levels = pd.MultiIndex.from_tuples([("TP53", "a"), ("ATM", "b")])
    for frame in (pd.DataFrame({"score": [1.0, 2.0]}, index=levels), pd.Series([1.0, 2.0], index=levels)):
        with pytest.raises(InputError, match="the table 'mine' has 2 levels of rows") as error:
            from_frame(frame, "mine")
        assert error.value.fix == "call reset_index() first"
    with pytest.raises(InputError, match="the table 'mine' has 2 levels of columns"):
        from_frame(pd.DataFrame([[1.0, 2.0]], index=["TP53"], columns=levels), "mine")


def test_a_frame_with_a_column_called_uns_is_no_anndata():
    frame = pd.DataFrame({"gene": ["A"], "log2FC": [2], "padj": [0.01], "uns": [1]})
    assert not is_anndata(frame)
    settings = checked_settings({"sets": ["DataFrame"]})
    assert by_name(read_memory(frame, "mine", settings)) == {"mine up": ["A"], "mine down": []}
    assert not is_anndata(pd.Series([1], index=["uns"]))
    assert is_anndata(SimpleNamespace(uns={}))


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("gene,padj,p_adj,p.adj.,log2FC", "'padj', 'p_adj', 'p.adj.' may each be that of the adjusted p"),
        ("gene,log2FC,padj,Gene,x", "'gene', 'Gene' may each be that of the gene"),
    ],
)
def test_two_columns_of_one_role_under_one_name_are_refused(tmp_path, header, columns):
    with pytest.raises(InputError, match=f"the columns {columns}") as error:
        read(tmp_path, f"{header}\nA,0.9,0.9,0.01,2\n")
    assert (error.value.line, error.value.file) == (1, tmp_path / "mine.csv")


def test_further_columns_of_a_role_are_named(tmp_path):
    found = read(tmp_path, "gene,symbol,log2FC,FDR,padj,stat,t\nA,x,2,0.9,0.01,1,1\n", split=False)
    assert by_name(found) == {"mine": ["A"]}
    assert found.told[2:4] == (
        "not used: 'FDR', since 'padj' is the adjusted p",
        "not used: 't', since 'stat' is the statistic",
    )


def test_a_gene_that_goes_up_and_down_is_flagged_in_both_lists(tmp_path):
    found = read(tmp_path, "gene,log2FC,padj\nA,2,0.01\nA,-3,0.01\nB,2,0.01\nC,-2,0.01\nD,2,0.01\nD,-2,0.9\n")
    assert by_name(found) == {"mine up": ["A", "B", "D"], "mine down": ["A", "C"]}
    assert [one.flags for one in found.lists] == [("in the table as up and as down: A",)] * 2


@pytest.mark.parametrize("cell", ["1_0", "\uff12", "\u0662", "0x10", "1e", ".", "1 0"])
def test_numbers_are_digits_of_ascii_alone(tmp_path, cell):
    with pytest.raises(InputError, match=f"expected a number, found '{cell}'") as error:
        read(tmp_path, f"gene,log2FC,padj\nA,{cell},0.01\n")
    assert (error.value.line, error.value.field) == (2, "log2FC")


@pytest.mark.parametrize("cell", ["2", "+2", "2.", "2.0", " 2 ", "2e0", "20E-1", "0.2e+1"])
def test_numbers_as_programs_write_them(tmp_path, cell):
    (one,) = read(tmp_path, f"gene,log2FC,padj\nA,{cell},.01\n", split=False).lists
    assert one.genes == (ListedGene("A", 2.0),)


@pytest.mark.parametrize("missing", ["-nan", "+NaN", "NaN", "NA"])
def test_a_statistic_that_is_no_number_is_missing(tmp_path, missing):
    found = read(tmp_path, f"gene,log2FC,stat,padj\nA,2,{missing},0.01\nB,2,5,0.01\nC,2,9,0.01\n", split=False)
    assert by_name(found) == {"mine": ["C", "B", "A"]}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("gene;log2FC;padj\nA;2;0,05\n", 2),
        ("gene;score\nTP53;0,05\nMDM2;0,1\n", 2),
        ("thing;score\nTP53;0,05\nMDM2;0,1\n", 2),
        ("TP53;0,05\nMDM2;0,1\nATM;0,2\n", 1),
        ("TP53\t0,05\nMDM2\t0,1\nATM\t0,2\n", 1),
        ("TP53 0,05\nMDM2 0,1\nATM 0,2\n", 1),
    ],
)
def test_decimal_commas_are_named(tmp_path, content, line):
    with pytest.raises(InputError, match="expected a number, found '0,05'") as error:
        read(tmp_path, content)
    assert (error.value.line, error.value.fix) == (line, "write numbers with a point: 0.05")


@pytest.mark.parametrize(
    "rows", ["0,TP53,2,0.01\n1,BAX,1,0.02\n2,AATF,3,0.03\n", "3,TP53,2,0.01\n1,BAX,1,0.02\n2,AATF,3,0.03\n"]
)
@pytest.mark.parametrize("column", ["feature", "gene_short_name", "external_gene_name", "hgnc_symbol", "gene_id"])
def test_genes_beside_row_numbers_are_read(tmp_path, column, rows):
    found = read(tmp_path, f",{column},log2FoldChange,padj\n" + rows)
    assert names(found.lists[0]) == ["AATF", "TP53", "BAX"]


@pytest.mark.parametrize("unnamed", ["", "X", "Unnamed: 0", "...1"])
@pytest.mark.parametrize("others", ["log2FoldChange,padj", "avg_log2FC,cluster"])
def test_row_numbers_beside_a_column_of_an_unknown_name_are_no_genes(tmp_path, unnamed, others):
    with pytest.raises(InputError, match="names the genes; row numbers are no genes") as error:
        read(tmp_path, f"# R\n{unnamed},what,{others}\n1,TP53,2,0.01\n2,BAX,-2,0.02\n")
    assert (error.value.line, error.value.field) == (2, "gene")
    assert error.value.fix == "call the column that has the genes 'gene'"


def test_entrez_ids_as_row_names_are_no_row_numbers(tmp_path):
    found = read(tmp_path, DESEQ2 + '"1",9,2,1,2,0.01,0.01\n"2",9,3,1,3,0.01,0.01\n"9",9,4,1,4,0.01,0.01\n')
    assert names(found.lists[0]) == ["9", "2", "1"]
