"""Gene lists of what is in memory: DataFrames, Series, and the marker genes that Scanpy keeps in an AnnData."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reasonome.apps.annotate.inputs import read_gene_lists, read_memory
from reasonome.apps.annotate.lists import ListedGene
from reasonome.config.annotations import Annotation

SETTINGS = Annotation(sets=["any"])


def read_lists(given):
    [found] = read_memory(given, "mine", SETTINGS)
    return {one.name: [gene.written for gene in one.genes] for one in found.lists}


def test_a_frame_is_read_as_its_file_would_be(tmp_path):
    frame = pd.DataFrame({"log2FC": [2.0, -4.0, 1.0], "padj": [1e-4, 1e-4, None]}, index=["TP53", "ATM", "B"])
    frame.to_csv(tmp_path / "mine.csv")
    assert read_memory(frame, "mine", SETTINGS) == read_gene_lists(tmp_path / "mine.csv", SETTINGS)
    assert frame.columns.tolist() == ["log2FC", "padj"]
    markers = pd.DataFrame({"cluster": pd.Categorical(["a", "a", "b"]), "gene": ["A", "B", "C"]}, index=[4, 7, 9])
    [found] = read_memory(markers, "markers", SETTINGS)
    assert [(one.name, one.place) for one in found.lists] == [("a", "row 1"), ("b", "row 3")]


IDS = [7157, 4193, 1026, 581]


@pytest.mark.parametrize(
    ("given", "genes"),
    [
        (pd.Series(["A", "B", "C"]), ["A", "B", "C"]),
        (pd.Series(["A", "B", "C"], index=[4, 7, 9], name="of mine"), ["A", "B", "C"]),  # as a filter leaves rows
        (pd.Series({"A": 1.0, "B": 3.0, "C": 2.0}), ["B", "C", "A"]),
        (pd.Series(IDS), ["7157", "4193", "1026", "581"]),
        (pd.Series(IDS, index=[4, 7, 9, 11], name="entrez"), ["7157", "4193", "1026", "581"]),
        (pd.Series([9, 12, 14, 2], index=IDS), ["1026", "4193", "7157", "581"]),
        (pd.Series([0.5, 1.5, 2.5, 0.1], index=IDS, name="stat"), ["1026", "4193", "7157", "581"]),
        (pd.DataFrame({"t": [1.0, 3.0, None]}, index=["A", "B", "C"]), ["B", "A", "C"]),
        (pd.DataFrame({"score": [1.0, 3.0], "gene": ["A", "B"]}), ["B", "A"]),
        (pd.DataFrame({"whatever": ["A", "B"]}), ["A", "B"]),
    ],
)
def test_series_and_single_columns_are_lists(given, genes):
    assert read_lists(given) == {"mine": genes}


def test_the_numbers_of_a_series_are_weights():
    [found] = read_memory(pd.Series([9, 12], index=["A", "B"]), "mine", SETTINGS)
    (one,) = found.lists
    assert (one.ranked, one.genes) == (True, (ListedGene("B", 12.0), ListedGene("A", 9.0)))


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"gene": ["A", "B"], "length": [1, 2]}),
        pd.DataFrame({"padj": [0.1, 0.2]}, index=["A", "B"]),
        pd.Series({"A": 1.0, "B": 3.0}, name="length"),
    ],
)
def test_numbers_that_may_be_anything_are_refused(frame, refused):
    with refused():
        read_lists(frame)


def test_frames_without_rows_are_refused(refused):
    with refused():
        read_lists(pd.DataFrame({"gene": []}))


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
    assert read_lists(SimpleNamespace(uns={"rank_genes_groups": uns})) == {
        "cluster 0": ["A", "B"],
        "NK": ["E", "F", "G"],
    }
    # logistic regression has scores only
    uns = ranked(names={"x": ["A", "B", "C"]}, scores={"x": [0.5, 0.1, -0.2]})
    assert read_lists(SimpleNamespace(uns={"rank_genes_groups": uns})) == {"x": ["A", "B"]}


def test_groups_that_scanpy_compared_with_another_one_are_comparisons_with_it():
    uns = ranked(
        names={"stim": ["A", "B", "C"], "drug": ["C", "A", "B"]},
        scores={"stim": [9, 1, -8], "drug": [7, 2, -9]},
        logfoldchanges={"stim": [2, 0.1, -3], "drug": [2, 2, -2]},
        pvals={"stim": [0, 0.5, 0], "drug": [0, 0.01, 0]},
        pvals_adj={"stim": [0, 0.9, 0], "drug": [0, 0.01, 0]},
    )
    uns["params"]["reference"] = "ctrl"
    stim, drug = read_memory(SimpleNamespace(uns={"rank_genes_groups": uns}), "mine", SETTINGS)
    assert [one.direction for one in stim.lists] == ["higher in stim than in ctrl", "lower in stim than in ctrl"]
    chosen = [[gene.written for gene in one.genes] for one in (*stim.lists, *drug.lists)]
    assert chosen == [["A"], ["C"], ["C", "A"], ["B"]]
    assert stim.universe == ("A", "B", "C")
    uns["params"]["reference"] = "rest"
    [found] = read_memory(SimpleNamespace(uns={"rank_genes_groups": uns}), "mine", SETTINGS)
    assert [one.direction for one in found.lists] == [f"higher in {one} than in the others" for one in ("stim", "drug")]


def test_an_anndata_without_markers_is_refused(refused):
    with refused():
        read_lists(SimpleNamespace(uns={"pca": {}, "neighbors": {}}))
