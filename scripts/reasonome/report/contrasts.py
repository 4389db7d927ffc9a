"""The contrasts of the protocol's family by the primary metric, as a table."""

from collections.abc import Callable

import pandas as pd

from reasonome.config.experiments import parents_first
from reasonome.report.family import ARMS, HYPOTHESIS, PROTOCOL, with_hypothesis
from reasonome.report.plan import Plan
from reasonome.report.tables import grouped, information_rank, records

SHOWN, NOT_SHOWN, WORSE, NOT_TESTED = ("shown", "not shown", "worse", "not tested")
PANEL = ["backbone", "benchmark", "style", "decoding"]
KINDS = [*ARMS, "baseline"]
COLUMNS = [*PANEL, "metric", "a", "kind", "b", "information", "difference", "low", "high", "p_raw", "p"]
COLUMNS += ["tests", "outcome", "n"]


def contrasts(plan: Plan, comparisons: pd.DataFrame) -> pd.DataFrame:
    """A row (`COLUMNS`) for every hypothesis of the family of the primary metric, from the experiment's comparisons.

    A group of baselines has one row, with the difference to its best baseline, `b`. An arm is "shown" to beat the group
    if it beats every baseline, and is "worse" if any of them is better. `p` is `p_raw` adjusted for the `tests` of the
    benchmark, except for baselines that are better, as in `verdicts`. Benchmarks out of distribution come last; arms
    stand behind those that they continue, and have their controls among the arms before the baselines.
    """
    inside = comparisons[(comparisons["family"] == PROTOCOL) & (comparisons["metric"] == plan.metric_set.primary)]
    rows = []
    for _, tests in grouped(with_hypothesis(inside), HYPOTHESIS):
        outcome = _outcome(tests)
        ahead = tests[tests["verdict"] == "b better"] if outcome == WORSE else tests
        row = records(ahead.nsmallest(1, "difference"))[0]
        worse = outcome == WORSE and row["kind"] == "baseline"
        raw = row["p_family"] if worse else tests["p_raw"].max(skipna=False)
        rows.append(row | {"outcome": outcome, "p_raw": raw, "p": raw if worse else row["p_holm"]})
    rows.sort(key=_places(plan))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(tests=table["p_raw"].notna().groupby(table["benchmark"]).transform("sum"))


def _outcome(tests: pd.DataFrame) -> str:
    """The outcome of a hypothesis, from the verdicts of its tests."""
    verdicts = set(tests["verdict"])
    if "b better" in verdicts:
        return WORSE
    if tests["p_holm"].isna().any():
        return NOT_TESTED
    return SHOWN if verdicts == {"a better"} else NOT_SHOWN


def _places(plan: Plan) -> Callable[[dict], tuple]:
    """The sort key of contrasts: by benchmark, backbone, style and decoding, then by arm, kind of control and group."""
    labels = ("benchmark", "backbone", "style", "decoding")
    asked = {name: list(dict.fromkeys(getattr(e, name) for e in plan.evaluations)) for name in labels}
    steps = {evaluation.arm: evaluation.steps for evaluation in plan.evaluations}
    arms = parents_first({arm: steps[arm] for arm in plan.arms if arm in steps})

    def place(row: dict) -> tuple:
        panel = [asked[name].index(row[name]) for name in labels]
        control = (KINDS.index(row["kind"]), information_rank(row["information"]))
        return (row["benchmark"] in plan.out_of_distribution, *panel, arms.index(row["a"]), *control)

    return place
