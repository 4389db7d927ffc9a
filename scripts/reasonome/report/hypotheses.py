"""What became of the hypotheses that an experiment declares: their tests, the power of the design, and a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from reasonome.report.number_text import p_value, signed
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, records
from reasonome.scoring.clustered import LEVEL, NOISE
from reasonome.scoring.comparisons import holm

SIGNIFICANT = 1 - LEVEL
SHOWN, NOT_SHOWN, OPPOSITE, NOT_TESTED = "shown", "not shown", "the opposite is shown", "not tested"
EXPLORATORY = "This experiment declares no hypothesis: it is exploratory, and every interval and p stands unadjusted."
_SAYING = {
    SHOWN: "{a} is better than {b}",
    NOT_SHOWN: "It is not shown that {a} is better than {b}",
    OPPOSITE: "{a} is worse than {b}",
    NOT_TESTED: "Whether {a} is better than {b} could not be tested",
}


def hypothesis_rows(plan: Plan, comparisons: pd.DataFrame) -> list[dict[str, Any]]:
    """The row of each hypothesis in the experiment's comparisons, with `outcome`, `power` (of the design, had the
    difference been half of what was found) and a `sentence`; names are not escaped."""
    rows = records(comparisons[comparisons["hypothesis"] != ""].sort_values("hypothesis"))
    several = [name for name in ("backbone", *SETTING) if len({getattr(e, name) for e in plan.evaluations}) > 1]
    for row in rows:
        row["outcome"] = _outcome(row)
        row["power"] = power(row["difference"] / 2, row["error"], row["df"])
        row["sentence"] = _sentence(row, plan, ", ".join(row[name] for name in several))
    return rows


def adjusted_together(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of hypotheses of several experiments, with `p_holm` and `outcome` of one family."""
    adjusted = [row | {"p_holm": p} for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True)]
    return [row | {"outcome": _outcome(row)} for row in adjusted]


def sentences(plan: Plan, comparisons: pd.DataFrame) -> list[str]:
    """A sentence on each hypothesis, or the one that says that there is none."""
    return [row["sentence"] for row in hypothesis_rows(plan, comparisons)] or [EXPLORATORY]


def power(difference: float, error: float, df: float) -> float:
    """How often p of Student's t is below .05 where the true difference is this one; nan without an error."""
    if not error > NOISE:
        return np.nan
    least, far = stats.t.ppf((1 + LEVEL) / 2, df), difference / error
    return float(stats.nct.sf(least, df, far) + stats.nct.cdf(-least, df, far))


def _outcome(row: Mapping[str, Any]) -> str:
    if np.isnan(row["p_holm"]):
        return NOT_TESTED
    if row["p_holm"] >= SIGNIFICANT:
        return NOT_SHOWN
    return SHOWN if row["difference"] > 0 else OPPOSITE


def _sentence(row: Mapping[str, Any], plan: Plan, setting: str) -> str:
    """Such as "KW+RA is better than RA: exact match +0.670 [+0.520, +0.810], p <0.001 (after Holm 0.002)."."""
    said = _SAYING[row["outcome"]].format(**row) + (f" ({setting})" if setting else "")
    bounds = "" if np.isnan(row["low"]) else f" [{signed(row['low'])}, {signed(row['high'])}]"
    holm = f" (after Holm {p_value(row['p_holm'])})" if len(plan.hypotheses) > 1 else ""
    p = "" if np.isnan(row["p"]) else f", p {p_value(row['p'])}{holm}"
    return f"{said}: {plan.metric_set.name(row['metric'])} {signed(row['difference'])}{bounds}{p}."
