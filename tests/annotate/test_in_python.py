"""Annotation from Python: frames, wrong settings, no request to a model hub, and torch before Scanpy's Numba."""

import subprocess
import sys
from types import SimpleNamespace

import annotation_project
import numpy as np
import pandas as pd
import pytest
from annotation_project import ANSWER, GOOD, OTHERS, REPAIR, RIBOSOME
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

from reasonome.apps.annotate import in_python
from reasonome.apps.annotate.in_python import annotate_sets
from reasonome.apps.annotate.job import offline


def test_a_data_frame_of_markers_is_annotated(annotating, by_hand):
    frame = pd.DataFrame({"gene": [*REPAIR, *RIBOSOME], "cluster": ["a"] * 5 + ["b"] * 5})
    table = annotate_sets(frame, annotation_project.MODEL, annotating.out, name="day 7", samples=1)
    assert table[["list", "set", "best_term", "suggested_name"]].values.tolist() == [
        ["day 7", "a", "DNA repair", "DNA repair"],
        ["day 7", "b", "cytoplasmic translation", "DNA repair"],
    ]
    assert table["name_standing"].tolist() == ["same", "none"]
    assert (annotating.out / "annotations.html").is_file()


def test_a_data_frame_of_differential_expression_is_its_own_universe(annotating, by_hand, capsys):
    frame = pd.DataFrame(
        {"log2FoldChange": [2.0] * 5 + [0.0] * 5, "padj": [0.001] * 5 + [0.9] * 5}, index=[*REPAIR, *OTHERS[:5]]
    )
    table = annotate_sets(frame, annotation_project.MODEL, annotating.out, samples=1)
    assert table["set"].tolist() == ["sets up", "sets down"]
    assert [record["name"] for record in annotating.records()] == ["DNA repair", ""]
    assert "the universe is the 10 genes in the table 'sets'" in capsys.readouterr().out


def test_an_anndata_with_ranked_genes_is_annotated(annotating, by_hand):
    names = np.array(list(zip(REPAIR, RIBOSOME, strict=True)), dtype=[("0", object), ("T", object)])
    scores = np.array([(5 - n, 5 - n) for n in range(5)], dtype=[("0", float), ("T", float)])
    adata = SimpleNamespace(uns={"rank_genes_groups": {"names": names, "scores": scores}})
    table = annotate_sets(adata, annotation_project.MODEL, annotating.out, name="cells", samples=1)
    assert table["list"].tolist() == ["cells", "cells"]
    assert [[gene["symbol"] for gene in record["genes"]] for record in annotating.records()] == [REPAIR, RIBOSOME]
    assert by_hand.shown == [REPAIR, RIBOSOME]  # scores rank them


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sets": None}, "sets"),
        ({"sets": [pd.DataFrame(), pd.DataFrame()]}, "sets"),
        ({"sets": SimpleNamespace(uns={})}, "sets"),
        ({"sets": "none.gmt"}, None),
        ({"samples": 0}, "samples"),
        ({"tpo": 5}, "tpo"),
        ({"species": "mous"}, "species"),
        ({"columns": {"genes": "x"}}, "columns"),
    ],
)
def test_from_python_what_cannot_be_is_told_by_its_setting(annotating, by_hand, change, field, refused):
    frame = pd.DataFrame({"gene": REPAIR, "cluster": ["a"] * 5})
    given = {"sets": frame, "model": annotation_project.MODEL, "out": annotating.out} | change
    with refused(field=field):
        annotate_sets(**given)
    assert not annotating.out.exists()


# the hub

NOBODY = "http://127.0.0.1:9"


def test_requests_are_refused_within_and_all_is_as_before_afterwards(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(LocalEntryNotFoundError) as refused, offline():
        hf_hub_download("somebody/something", "config.json", cache_dir=tmp_path, endpoint=NOBODY)
    assert isinstance(refused.value.__cause__, OfflineModeIsEnabled)
    assert constants.HF_HUB_OFFLINE is False


def test_from_python_the_model_is_asked_offline(annotating, by_hand, monkeypatch, refused):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    seen = []

    def answers(*given):
        seen.append(constants.HF_HUB_OFFLINE)
        return by_hand(*given)

    monkeypatch.setattr("reasonome.answering.asked_model.write_answers", answers)
    table = annotate_sets(annotating.file("mine.gmt", GOOD), annotation_project.MODEL, annotating.out, samples=1)
    assert table["suggested_name"].tolist() == [ANSWER.splitlines()[0].removeprefix("Process: ")]
    with refused():
        annotate_sets(annotating.file("mine.gmt", GOOD), annotation_project.MODEL, annotating.out, style="nam")
    assert (seen, constants.HF_HUB_OFFLINE) == ([True], False)


# Numba of Scanpy and torch want different OpenMPs, and the first that is loaded serves both

MESSAGE = "import reasonome.apps.annotate.in_python before scanpy: answers may take three times as long now"
AS_IF_NUMBA = "import sys, types; sys.modules['numba'] = types.ModuleType('numba');"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "numba_came_first"),
    [(AS_IF_NUMBA, True), (f"import torch; {AS_IF_NUMBA}", False)],
)
def test_torch_is_loaded_with_the_function(before, numba_came_first):
    code = (
        f"{before} from reasonome.apps.annotate import in_python as it\n"
        "print(it.NUMBA_CAME_FIRST, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == f"{numba_came_first} True\n", done.stderr


@pytest.mark.parametrize("numba_came_first", [True, False])
def test_the_wrong_order_is_told(annotating, by_hand, monkeypatch, capsys, numba_came_first):
    monkeypatch.setattr(in_python, "NUMBA_CAME_FIRST", numba_came_first)
    in_python.annotate_sets(annotating.file("mine.gmt", GOOD), annotation_project.MODEL, annotating.out, samples=1)
    assert (MESSAGE in capsys.readouterr().out) is numba_came_first
