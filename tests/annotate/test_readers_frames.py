"""Gene lists of what is in memory: DataFrames, and the marker genes that Scanpy keeps in an AnnData."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from refusals import refused
from unknown_genes import unknown

from reasonome.apps.annotate.inputs import read_gene_lists, read_memory
from reasonome.config.annotations import Annotation

SETTINGS = Annotation(sets=["any"])


def read_lists(given):
    [found] = read_memory(given, "mine", SETTINGS, unknown)
    return {one.name: [gene.written for gene in one.genes] for one in found.lists}


def test_a_frame_is_read_as_its_file_would_be(tmp_path):
    frame = pd.DataFrame({"log2FC": [2.0, -4.0, 1.0], "padj": [1e-4, 1e-4, None]}, index=["TP53", "ATM", "B"])
    frame.to_csv(tmp_path / "mine.csv")
    assert read_memory(frame, "mine", SETTINGS, unknown) == read_gene_lists(tmp_path / "mine.csv", SETTINGS, unknown)
    assert frame.columns.tolist() == ["log2FC", "padj"]
    markers = pd.DataFrame({"cluster": pd.Categorical(["a", "a", "b"]), "gene": ["A", "B", "C"]}, index=[4, 7, 9])
    [found] = read_memory(markers, "markers", SETTINGS, unknown)
    assert [(one.name, one.place) for one in found.lists] == [("a", "row 1"), ("b", "row 3")]


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


def test_an_anndata_without_markers_is_refused():
    with refused(fix="run scanpy.tl.rank_genes_groups"):
        read_lists(SimpleNamespace(uns={"pca": {}, "neighbors": {}}))
