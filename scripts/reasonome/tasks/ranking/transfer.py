"""Transfer: how an arm that learnt from one source, or in one style, does on others."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from reasonome.report.plan import Plan
from reasonome.report.tables import reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN, in_mean

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
