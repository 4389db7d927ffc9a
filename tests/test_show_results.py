"""What the demo ends with: the tables of an experiment on a terminal."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from synthetic_rankings import write_ranking_experiment

from reasonome.core import atomic
from reasonome.report import costs, tables
from reasonome.tasks.ranking.report import METRICS as RANKINGS

PROGRAM = Path(__file__).resolve().parent.parent / "scripts/show_results.py"
COLUMNS = tables.metric_columns(RANKINGS)
ROW = {
    **dict.fromkeys(COLUMNS, ""),
    **{"benchmark": "loci", "style": "short", "decoding": "greedy", "subset": "mean", "kind": "model", "arm": "SFT"},
    **{"metric": "top_1", "value": 0.25, "se": 0.05},
}
SPENT = dict.fromkeys(costs.COLUMNS, 0) | {"job": "total", "generated_tokens": 1234}


@pytest.fixture
def folder(tmp_path) -> Path:
    """An experiment of rankings with its tables."""
    folder = write_ranking_experiment(tmp_path, count=2, samples=1).parent
    atomic.write_tsv(folder / "metrics.tsv", pd.DataFrame([ROW], columns=COLUMNS))
    atomic.write_tsv(folder / "costs.tsv", pd.DataFrame([SPENT], columns=costs.COLUMNS))
    return folder


def shown(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, PROGRAM, folder], capture_output=True, text=True)


def test_the_headline_of_rankings_is_shown(folder):
    done = shown(folder)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["benchmark", "style", "decoding", "kind", "information", "backbone", "arm", "top_1"] in lines
    assert ["loci", "short", "greedy", "model", "SFT", "0.25"] in lines
    assert "1,234 generated" in done.stdout


def test_another_table_in_its_place_is_still_refused(folder):
    (folder / "metrics.tsv").write_text("arm\tvalue\n")
    done = shown(folder)
    assert done.returncode == 2
    assert f"{folder}/metrics.tsv: columns are arm value" in done.stderr
