"""The verdict on an experiment: how many contrasts were shown, and a sentence on each."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reasonome.report.contrasts import SHOWN, contrasts
from reasonome.report.number_text import number, signed
from reasonome.report.plan import Plan
from reasonome.report.tables import records

_LONGEST = 400  # characters of a text of the verdict


class Verdict(NamedTuple):
    """What was shown, and what was not: a text each, of at most 400 characters."""

    shown: str
    not_shown: str


def verdict(plan: Plan, comparisons: pd.DataFrame) -> Verdict:
    """The verdict on the arms in these comparisons, which are all or some of the experiment's; names are not escaped.

    It rests on the family of the primary metric alone: how many contrasts were shown, and a sentence on each that has
    room.
    """
    if plan.exploratory:
        return Verdict(
            "A first look: intervals and p as they are, no family of tests, no verdict.", "No claim rests on it."
        )
    table = contrasts(plan, comparisons)
    metric = plan.metric_set.name(plan.metric_set.primary)
    if table.empty:
        return _nothing_tested(plan, metric)
    is_shown = table["outcome"] == SHOWN
    first = f"By {metric}{_single_runs(plan, table)}, {is_shown.sum()} of {len(table)} contrasts were shown."
    if is_shown.all():
        return Verdict(_told(first, plan, table, is_shown), "Nothing that was tested is left unshown.")
    others = f"Not shown: {(~is_shown).sum()} of {len(table)}."
    return Verdict(_told(first, plan, table, is_shown), _told(others, plan, table, ~is_shown))


def _nothing_tested(plan: Plan, metric: str) -> Verdict:
    trained = any(evaluation.steps for evaluation in plan.evaluations)
    why = "no arm of this experiment was trained"
    if trained:
        why = f"the tables have no test of a trained arm by the primary metric, {metric}"
    return Verdict(f"Nothing was tested: {why}.", "What the tables say is exploratory, and no claim rests on it.")


def _single_runs(plan: Plan, table: pd.DataFrame) -> str:
    """In brackets how many arms were trained once: their tests do not say what another run would give."""
    seeds: dict[str, set[int]] = {}
    for evaluation in plan.evaluations:
        seeds.setdefault(evaluation.arm, set()).add(evaluation.seed)
    arms = table["a"].unique().tolist()
    once = sum(len(seeds[arm]) == 1 for arm in arms)
    if len(arms) == 1 == once:
        return " (one training run)"
    counted = "each arm" if once == len(arms) else f"{once} of {len(arms)} arms"
    return f" (one training run of {counted})" if once else ""


def _told(first: str, plan: Plan, table: pd.DataFrame, chosen: pd.Series) -> str:
    """`first`, a sentence on each of the chosen contrasts of a table that has room, those with other arms before those
    with baselines, and how many have none."""
    varying = [name for name in ("benchmark", "style", "decoding", "backbone") if table[name].nunique() > 1]
    rows = sorted(records(table[chosen]), key=lambda row: row["kind"] == "baseline")
    sentences = [_sentence(row, plan, varying) for row in rows]
    told, left = first, len(sentences)
    for sentence in sentences:
        rest = f" And {left - 1} more." if left > 1 else ""
        if len(f"{told} {sentence}{rest}") > _LONGEST:
            return f"{told} And {left} more."
        told, left = f"{told} {sentence}", left - 1
    return told


def _sentence(row: Mapping[str, Any], plan: Plan, varying: Sequence[str]) -> str:
    """A contrast, such as "KW+RA over RA: +0.830 [+0.740, +0.910], shown (p 0.002, adjusted 0.010).";
    `varying` labels name its setting."""
    against = row["b"]
    if row["kind"] == "baseline":
        used = plan.metric_set.groups.get(row["information"], row["information"])
        against += f", the best baseline that uses {used}"
    setting = f" [{', '.join(row[name] for name in varying)}]" if varying else ""
    bounds = "" if np.isnan(row["low"]) else f" [{signed(row['low'])}, {signed(row['high'])}]"
    p = "" if np.isnan(row["p"]) else f" (p {number(row['p_raw'])}, adjusted {number(row['p'])})"
    return f"{row['a']} over {against}{setting}: {signed(row['difference'])}{bounds}, {row['outcome']}{p}."
