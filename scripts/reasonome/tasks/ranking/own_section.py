"""What the page shows of rankings alone: accuracy by length of reasoning, voting, and transfer."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import read_table
from reasonome.report.training_section import drawing
from reasonome.scoring.comparisons import MEAN, bootstrap_intervals, in_mean
from reasonome.tasks.ranking.transfer import transfer_matrices
from reasonome.tasks.ranking.voting_figure import VOTING_COLUMNS

PARTS = 4  # of an arm's answers by length, of about equal numbers
_RESAMPLES = 1000


class Voting(NamedTuple):
    """What summarise.py made: its table, and its figure (SVG)."""

    table: pd.DataFrame
    chart: Markup


def read_voting(folder: Path) -> Voting:
    """Raises InputError where summarise.py did not write it."""
    table = read_table(folder / "voting.tsv", VOTING_COLUMNS)
    numbers = ["n", "value", "low", "high", "questions", "tokens"]
    return Voting(table.assign(**{name: pd.to_numeric(table[name]) for name in numbers}), drawing(folder, "voting"))


def rankings_section(plan: Plan, metrics: pd.DataFrame, evidence: Evidence, voting: Voting | None) -> dict[str, Any]:
    """Lengths by arm, merged samples, and transfer matrices; empty where there is nothing to show."""
    return {
        "lengths": length_rows(evidence),
        "voting": None if voting is None or voting.table.empty else voting.chart,
        "votes": [] if voting is None else vote_rows(voting.table),
        "matrices": transfer_matrices(plan, metrics),
    }


def length_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Accuracy against length: a row for each part of an arm's answers, from the shortest to the longest reasoning.

    Parts are cut at the quartiles of the words of reasoning, so that equals stay together; answers without any length
    to tell them apart make no rows. Answers whose form is not known are left out.
    """
    found = []
    for evaluation, table in evidence.evaluations:
        table = table[table["subset"].isin(in_mean(table["subset"])) & table["reasoning_words"].notna()]
        words = table["reasoning_words"]
        if words.nunique() < 2:
            continue
        edges = np.unique(words.quantile(np.linspace(0, 1, PARTS + 1)[1:-1]))
        part = np.searchsorted(edges, words, side="left")
        for number in np.unique(part):
            rows = table[part == number]
            own = rows["reasoning_words"]
            bounds = bootstrap_intervals(
                rows["top_1"].to_numpy(), ["all"] * len(rows), rows["cluster"].tolist(), resamples=_RESAMPLES
            )[MEAN]
            found.append(
                {
                    "arm": evaluation.arm,
                    "backbone": evaluation.backbone,
                    "seed": evaluation.seed,
                    "setting": f"{evaluation.benchmark}, {evaluation.style}, {evaluation.decoding}",
                    "words": f"{own.min():.0f}–{own.max():.0f}" if own.min() < own.max() else f"{own.min():.0f}",
                    "n": len(rows),
                    "top_1": float(bounds.value[0]),
                    "low": float(bounds.low[0]),
                    "high": float(bounds.high[0]),
                    "truncated": rows["truncated"].mean(),
                    "tokens": rows["length"].mean(),
                }
            )
    return found


def vote_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The mean over subsets of one sample and of all: a row per arm and method, with both metrics."""
    mean = table[table["subset"] == MEAN]
    keys = ["backbone", "arm", "seed", "benchmark", "style", "decoding", "method"]
    rows = []
    for key, found in mean.groupby(keys, sort=False):
        labels = dict(zip(keys, key, strict=True))
        cells = {
            f"{metric}_{which}": found[(found["metric"] == metric) & (found["n"] == n)].iloc[0]
            for metric in ("top_1", "mrr")
            for which, n in (("one", 1), ("all", found["n"].max()))
        }
        rows.append(labels | {"cells": cells, "n": int(found["n"].max())})
    return rows
