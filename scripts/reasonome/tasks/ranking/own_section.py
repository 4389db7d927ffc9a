"""The sections of reports for rankings only: accuracy by length of reasoning, and voting."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from reasonome.report.drawing import COLOURS, MARKERS, no_figure, shortened
from reasonome.report.evidence import Evidence
from reasonome.report.tables import SETTING, read_table
from reasonome.scoring.comparisons import MEAN, bootstrap_intervals, in_mean
from reasonome.tasks.ranking.voting import COLUMNS

PARTS = 4  # of an arm's answers by length, of about equal numbers
_RESAMPLES = 1000
RUN = ["backbone", "arm", "seed", *SETTING]
VOTING_COLUMNS = [*RUN, *COLUMNS]
_DRAWN = {"top_1": "top-1", "mrr": "MRR"}
NO_SAMPLES = "No decoding of this experiment draws several samples."


def length_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Accuracy against length: a row for each part of an arm's answers, from the shortest to the longest reasoning.

    Parts are cut at the quartiles of the words of reasoning, so that equal lengths stay together; answers of a single
    length make no rows. Answers of unknown form are left out.
    """
    parts = []
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
            parts.append(
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
    return parts


def voting_figure(table: pd.DataFrame) -> Figure:
    """A row of panels per backbone and setting, a panel per metric: a colour per arm, a marker per method.

    The first seed of an arm is drawn.
    """
    first = table.groupby(["backbone", "arm", *SETTING])["seed"].transform("min")
    drawn = table[(table["subset"] == MEAN) & (table["seed"] == first)]
    if drawn.empty:
        return no_figure(NO_SAMPLES)
    rows = list(drawn.groupby(["backbone", *SETTING], sort=False))
    arms, methods = (list(drawn[name].unique()) for name in ("arm", "method"))
    figure, grid = plt.subplots(
        len(rows), len(_DRAWN), figsize=(9.4, 0.7 + 3.1 * len(rows)), layout="constrained", squeeze=False
    )
    for panels, (setting, of_row) in zip(grid, rows, strict=True):
        for axes, (metric, name) in zip(panels, _DRAWN.items(), strict=True):
            for (arm, method), curve in of_row[of_row["metric"] == metric].groupby(["arm", "method"], sort=False):
                axes.plot(
                    curve["n"],
                    curve["value"],
                    color=COLOURS[arms.index(arm) % len(COLOURS)],
                    marker=MARKERS[methods.index(method)],
                    markersize=4,
                    linewidth=1.2,
                    label=f"{shortened(arm)}, {method}",
                )
            axes.set_title(", ".join(setting), fontsize=9, loc="left")
            axes.set_xlabel("samples merged")
            axes.set_ylabel(name)
            axes.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside lower left", ncols=2, fontsize=8)
    return figure


def read_votes(folder: Path) -> pd.DataFrame:
    """The table of voting; InputError where `summarise.py` did not write it."""
    return read_table(folder / "voting.tsv", VOTING_COLUMNS).astype({"questions": int, "tokens": float})


def vote_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The mean over subsets of one sample and of all: a row per arm and method, with both metrics."""
    mean = table[table["subset"] == MEAN]
    keys = [*RUN, "method"]
    rows = []
    for key, method_rows in mean.groupby(keys, sort=False):
        labels = dict(zip(keys, key, strict=True))
        cells = {
            f"{metric}_{which}": method_rows[(method_rows["metric"] == metric) & (method_rows["n"] == n)].iloc[0]
            for metric in ("top_1", "mrr")
            for which, n in (("one", 1), ("all", method_rows["n"].max()))
        }
        rows.append(labels | {"cells": cells, "n": int(method_rows["n"].max())})
    return rows
