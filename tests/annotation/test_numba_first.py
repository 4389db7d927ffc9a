"""Numba of Scanpy and torch want different OpenMPs, and the first that is loaded serves both: torch, or it is told."""

import subprocess
import sys

import annotation_project
import pytest
from annotation_project import GOOD

from reasonome.annotation import in_python

MESSAGE = "import reasonome.annotation.in_python before scanpy: answers may take three times as long now"
AS_IF_NUMBA = "import sys, types; sys.modules['numba'] = types.ModuleType('numba');"


@pytest.mark.parametrize(
    ("before", "numba_came_first"),
    [("import sys;", False), (AS_IF_NUMBA, True), (f"import torch; {AS_IF_NUMBA}", False)],
)
def test_torch_is_loaded_with_the_function(before, numba_came_first):
    code = (
        f"{before} from reasonome.annotation import in_python as it; print(it.NUMBA_CAME_FIRST, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == f"{numba_came_first} True\n", done.stderr


def test_the_wrong_order_is_told(annotating, by_hand, monkeypatch, capsys):
    monkeypatch.setattr(in_python, "NUMBA_CAME_FIRST", True)
    in_python.annotate_sets(annotating.file("mine.gmt", GOOD), annotation_project.MODEL, annotating.out, samples=1)
    assert MESSAGE in capsys.readouterr().out
