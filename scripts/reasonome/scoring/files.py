"""What the programs that score answers share: their arguments, the questions that count, and the files they write."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.benchmarks.rows import read_rows
from reasonome.benchmarks.sealing import unsealed
from reasonome.core import atomic
from reasonome.scoring import answers
from reasonome.tasks.base import Task


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser with what every program that scores answers is given; those that judge them are its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    return parser


def read_questions(path: Path, task: Task, sealed: float, final: bool) -> tuple[list[Any], set[str]]:
    """The questions of a file that are scored, and the ids of those that are sealed."""
    asked = read_rows(path, task.Example)
    open_ones = unsealed(asked, sealed, final)
    return open_ones, {example.id for example in asked} - {example.id for example in open_ones}


def write_scores(table: pd.DataFrame, sealed: int, output: Path, summary: Path, shown: Sequence[str]) -> None:
    """Write a table of scores and its summary, and print the means of the metrics `shown`."""
    with atomic.replacing(output) as temporary:
        table.to_parquet(temporary, index=False)
    result = answers.summary(table) | {"sealed": sealed}
    atomic.write_json(summary, result)
    mean = result["metrics"]["mean"]
    means = ", ".join(f"{metric} {mean[metric]:.3f}" for metric in shown if metric in mean)
    print(f"{result['n']} answers: {means}, problems {result['problems']}")
    if sealed:
        print(f"{sealed} sealed test questions are not scored: `final: true` in config.yaml does, for a final table")
