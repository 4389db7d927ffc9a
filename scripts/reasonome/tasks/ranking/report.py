"""Reports and model cards of rankings: metrics, primary first, baselines, kinds of failures, and voting."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from reasonome.benchmarks.rows import in_mean
from reasonome.report.drawing import COLOURS, MARKERS, STYLE, drawing, legend, no_figure, save, shortened
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, read_table, reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN
from reasonome.scoring.table_scores import score_of
from reasonome.task_parts import Reporting
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.voting import COLUMNS, voting_table

# For model cards: what the model does, the hub's tag, and the intended use.
_USE = """\
To put candidate genes of a locus or of a case into an order, with reasons, for somebody who weighs that order against
other evidence."""


class RankingReporting(Reporting[RankingDialogue]):
    """Reports and cards of rankings."""

    does = "ranks candidate genes"
    tag = "gene-ranking"
    use = _USE
    of_questions = ("question",)

    def as_shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table of scores with the columns that the page reads: the genes of a question are its candidates."""
        return table.rename(columns={"genes": "ranking", "candidates": "genes"})

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each ranking beside its problems; `repeated` are first genes that many questions
        get."""
        flags = {
            "right gene not first": (table["top_1"] == 0) & (table["top_max"] > 0),
            "right gene not listed": (table["top_max"] == 0) & pd.Series([bool(gene) for gene in names], table.index),
            "no usable list": pd.Series([not gene for gene in names], table.index),
            "never closed": table.get("truncated", pd.Series(0.0, table.index)) > 0,
            "constant-like": pd.Series([gene in repeated for gene in names], table.index),
        }
        holds = pd.DataFrame(flags).to_numpy()
        return [[kind for kind, held in zip(flags, row, strict=True) if held] for row in holds]

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int) -> None:
        """Write the table and the figure of voting: accuracy by the number of merged samples of a question."""
        tables = [
            voting_table(scores, seed).assign(**{name: getattr(e, name) for name in RUN})
            for e, scores in evidence.evaluations
        ]
        voted = [table for table in tables if len(table)]
        table = pd.concat(voted, ignore_index=True) if voted else pd.DataFrame(columns=VOTING_COLUMNS)
        with matplotlib.rc_context(STYLE):
            # The figure's table has every row, not only those that are drawn.
            save(voting_figure(table), table[VOTING_COLUMNS], folder / "voting")
        print(f"{len(voted)} of {len(tables)} sets of answers have several samples of a question")

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """Accuracy by length of reasoning, voting, and transfer; empty where there is nothing to show."""
        votes = read_votes(folder)
        return {
            "lengths": length_rows(evidence),
            "voting": None if votes.empty else drawing(folder, "voting"),
            "votes": vote_rows(votes),
            "matrices": transfer_matrices(plan, metrics),
        }


PARTS = 4  # of an arm's answers by length, of about equal numbers
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
            share = score_of(rows["top_1"], ["all"] * len(rows), rows["cluster"], hits=True)
            parts.append(
                {
                    "arm": evaluation.arm,
                    "backbone": evaluation.backbone,
                    "seed": evaluation.seed,
                    "setting": f"{evaluation.benchmark}, {evaluation.style}, {evaluation.decoding}",
                    "words": f"{own.min():.0f}–{own.max():.0f}" if own.min() < own.max() else f"{own.min():.0f}",
                    "n": len(rows),
                    "top_1": share.value,
                    "low": share.low,
                    "high": share.high,
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
                    label=f"{shortened(str(arm))}, {method}",
                )
            axes.set_title(", ".join(map(str, setting)), fontsize=9, loc="left")
            axes.set_xlabel("samples merged")
            axes.set_ylabel(name)
            axes.xaxis.get_major_locator().set_params(integer=True)
    legend(figure, columns=2, loc="outside lower left", fontsize=8)
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


UNTRAINED = "nothing"


class Matrix(NamedTuple):
    """One table: its title, the heading of its columns, and (trained on, arm, cells) by row.

    A cell is (a row of the metrics, with value, low and high, or None; whether the arm learnt from the column).
    """

    title: str
    tested: str
    columns: list[str]
    rows: list[tuple[str, str, list[tuple[Any, bool]]]]


def transfer_matrices(plan: Plan, metrics: pd.DataFrame) -> list[Matrix]:
    """Training source × test source, and training style × test style, by the primary metric.

    There is a matrix of sources for each backbone, style and decoding, and of styles for each backbone, benchmark and
    decoding, as far as either arms learnt from several or several are asked. Sources of questions are benchmarks, and
    their subsets where one has several.
    """
    shown = reported_seeds(without_strata(metrics))
    shown = shown[(shown["kind"] == "model") & (shown["metric"] == plan.metric_set.primary)]
    matrices = []
    for (backbone, style, decoding), rows in shown.groupby(["backbone", "style", "decoding"], sort=False):
        title = f"{backbone}, asked in style {style}, decoding {decoding}"
        matrices.append(_matrix(plan, rows, title, "test source", _source, lambda learnt: learnt.benchmark))
    for (backbone, benchmark, decoding), rows in shown.groupby(["backbone", "benchmark", "decoding"], sort=False):
        title = f"{backbone}, asked {benchmark}, decoding {decoding}"
        means = rows[rows["subset"] == MEAN]
        matrices.append(_matrix(plan, means, title, "test style", lambda row: row.style, lambda learnt: learnt.style))
    return [matrix for matrix in matrices if matrix is not None]


def _matrix(
    plan: Plan,
    rows: pd.DataFrame,
    title: str,
    tested: str,
    column_of: Callable[[Any], str],
    learnt_of: Callable[[Any], str],
) -> Matrix | None:
    """None where all arms learnt from the same source or style, and only one is tested."""
    cells = {(row.arm, column_of(row)): row for row in _without_repeats(rows).itertuples()}
    columns = list(dict.fromkeys(column for _, column in cells))
    arms = [arm for arm in plan.arms if any(other == arm for other, _ in cells)]
    learnt = {arm: list(dict.fromkeys(map(learnt_of, plan.trained_on.get(arm, [])))) for arm in arms}
    if len({name for names in learnt.values() for name in names}) < 2 and len(columns) < 2:
        return None
    table = [
        (
            ", ".join(learnt[arm]) or UNTRAINED,
            arm,
            [(cells.get((arm, column)), column.partition(": ")[0] in learnt[arm]) for column in columns],
        )
        for arm in arms
    ]
    return Matrix(title, tested, columns, table)


def _source(row: Any) -> str:
    return row.benchmark if row.subset == MEAN else f"{row.benchmark}: {row.subset}"


def _without_repeats(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the subset of a benchmark that has only one, which is its mean."""
    several = {b: len(in_mean(set(subset_rows["subset"]) - {MEAN})) > 1 for b, subset_rows in rows.groupby("benchmark")}
    return rows[(rows["subset"] == MEAN) | rows["benchmark"].map(several)]
