"""The family of tests that the protocol names, its adjustment, and the verdict of every comparison."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reasonome.metrics import BASELINE_GROUPS
from reasonome.scoring.comparisons import MEAN, holm

SIGNIFICANT = 0.05
PROTOCOL = "protocol"
ARMS = ("parent arm", "without a step", "declared control")
HYPOTHESIS = ["benchmark", "metric", "backbone", "style", "decoding", "a", "kind", "information", "arm"]


def comparison_family(row: Mapping[str, object]) -> str:
    """The family that a comparison belongs to: the protocol's, or none ("").

    An arm that cannot answer in the requested form is not a `control`: learning the form is enough to beat it.
    """
    kind = row["kind"]
    counts = (kind in ARMS and row["control"]) or (kind == "baseline" and row["information"] in BASELINE_GROUPS)
    return PROTOCOL if row["trained"] and counts and row["subset"] == MEAN else ""


def with_hypothesis(inside: pd.DataFrame) -> pd.DataFrame:
    """The rows of a family with `arm`, the arm that is compared with: "" for the baselines of a group, which share a
    hypothesis, and `p_raw`: p, but 1 where a baseline is not behind. Rows that agree in `HYPOTHESIS` are of one, whose
    p is the largest of theirs (Berger, 1982), nan where one could not be tested."""
    of_baselines = inside["kind"] == "baseline"
    not_behind = of_baselines & (inside["difference"] <= 0) & inside["p_family"].notna()
    return inside.assign(arm=inside["b"].mask(of_baselines, ""), p_raw=inside["p_family"].mask(not_behind, 1.0))


def with_adjusted_p(table: pd.DataFrame) -> pd.DataFrame:
    """The table, which has `family` and `p_family`, with `p_holm` (nan outside the family).

    The rows of an arm against the baselines of one group are one hypothesis, "beats them all". Holm's adjustment is
    over the hypotheses of one benchmark and metric.
    """
    inside = with_hypothesis(table[table["family"] == PROTOCOL])
    largest = inside.groupby(HYPOTHESIS, sort=False)["p_raw"].agg(lambda p: p.max(skipna=False)).astype(float)
    families = largest.groupby(["benchmark", "metric"])
    p_holm = families.transform(lambda p: pd.Series(holm(p.tolist()), p.index))
    adjusted = p_holm.reindex(pd.MultiIndex.from_frame(inside[HYPOTHESIS])).set_axis(inside.index)
    return table.assign(p_holm=adjusted.reindex(table.index))


def is_claim(test):
    """Whether a comparison (a row, or a whole table) is a claim of the family, judged by the adjusted p.

    A baseline that is better than an arm is not a claim: it is judged by `p_family`, which detects it more easily.
    """
    return (test["family"] == PROTOCOL) & ((test["kind"] != "baseline") | (test["difference"] >= 0))


def verdicts(table: pd.DataFrame) -> np.ndarray:
    """For every row "a better", "b better", "n.s.", or "" where there was no test.

    A claim is judged by the adjusted p, any other difference by `p_family`.
    """
    difference = table["difference"]
    significant = table["p_holm"].where(is_claim(table), table["p_family"]) < SIGNIFICANT
    return np.select(
        [
            table["p_family"].isna(),
            significant & (difference > 0),
            significant & (difference < 0),
        ],
        ["", "a better", "b better"],
        "n.s.",
    )
