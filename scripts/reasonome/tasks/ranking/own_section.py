"""What the page shows of rankings alone: accuracy by length of reasoning, voting, and transfer."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.report.evidence import Evidence
from reasonome.report.tables import read_table
from reasonome.scoring.comparisons import MEAN, bootstrap_intervals, in_mean
from reasonome.tasks.ranking.voting_figure import VOTING_COLUMNS

PARTS = 4  # of an arm's answers by length, of about equal numbers
_RESAMPLES = 1000
_NUMBERS = ["n", "value", "low", "high", "questions", "tokens"]  # columns of voting


def read_votes(folder: Path) -> pd.DataFrame:
    """The table of voting; InputError where `summarise.py` did not write it."""
    votes = read_table(folder / "voting.tsv", VOTING_COLUMNS)
    return votes.assign(**{name: pd.to_numeric(votes[name]) for name in _NUMBERS})


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
