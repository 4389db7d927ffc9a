"""The contrasts of the protocol's family by the primary metric, and the verdict that they make, in two sentences."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from reasonome.config.experiments import parents_first
from reasonome.report.family import ARMS, HYPOTHESIS, PROTOCOL, SIGNIFICANT, with_hypothesis
from reasonome.report.plan import Plan
from reasonome.report.tables import grouped, information_rank, records

SHOWN, NOT_SHOWN, WORSE, NOT_TESTED = ("shown", "not shown", "worse", "not tested")
PANEL = ["backbone", "benchmark", "style", "decoding"]
KINDS = [*ARMS, "baseline"]
COLUMNS = [*PANEL, "metric", "a", "kind", "b", "information", "difference", "low", "high", "p", "outcome", "n"]


def contrasts(plan: Plan, comparisons: pd.DataFrame) -> pd.DataFrame:
    """A row (`COLUMNS`) for every hypothesis of the family of the primary metric, from the experiment's comparisons.

    A group of baselines has one row, with the difference to its best baseline, `b`. An arm is "shown" to beat the group
    if it beats every baseline, and is "worse" if any of them is better. `p` is adjusted, except for baselines that are
    better, as in `verdicts`. Benchmarks out of distribution come last; arms stand
    behind those that they continue, and have their controls among the arms before the baselines.
    """
    inside = comparisons[(comparisons["family"] == PROTOCOL) & (comparisons["metric"] == plan.metric_set.primary)]
    rows = []
    for _, tests in grouped(with_hypothesis(inside), HYPOTHESIS):
        outcome = _outcome(tests)
        ahead = tests[tests["verdict"] == "b better"] if outcome == WORSE else tests
        row = records(ahead.nsmallest(1, "difference"))[0]
        judged = "p_family" if outcome == WORSE and row["kind"] == "baseline" else "p_holm"
        rows.append(row | {"outcome": outcome, "p": row[judged]})
    rows.sort(key=_places(plan))
    return pd.DataFrame(rows, columns=COLUMNS)


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


_LONGEST, _MOST_NAMES = 400, 3  # characters of clauses, and names of a count; more are summarised
_KINDS = {
    "parent arm": "over the parent arm",
    "without a step": "over the arm without a step",
    "declared control": "over a declared control",
    "baseline": "over a group of baselines",
}


class Verdict(NamedTuple):
    """What was shown, and what was not: a sentence each."""

    shown: str
    not_shown: str


def verdict(plan: Plan, comparisons: pd.DataFrame) -> Verdict:
    """The verdict on the arms in these comparisons, which are all or some of the experiment's; names are not escaped.

    It rests on the family of the primary metric alone. Sentences that would be long give counts.
    """
    table = contrasts(plan, comparisons)
    metric = plan.metric_set.name(plan.metric_set.primary)
    if table.empty:
        return _nothing_tested(plan, metric)
    runs = _single_runs(plan, table)
    shown, others = table[table["outcome"] == SHOWN], table[table["outcome"] != SHOWN]
    if shown.empty:
        first = f"By {metric}{runs}, nothing was shown: no arm beats a control or a group of baselines"
        first += f" at an adjusted p below {SIGNIFICANT}."
    else:
        first = f"Shown by {metric}{runs}: {_told(plan, shown, table, 'and')}."
    if others.empty:
        return Verdict(first, "Nothing that was tested is left unshown.")
    return Verdict(first, f"Not shown: {_told(plan, others, table, 'or')}.")


def _nothing_tested(plan: Plan, metric: str) -> Verdict:
    trained = any(evaluation.steps for evaluation in plan.evaluations)
    why = "no arm of this experiment was trained"
    if trained:
        why = f"the tables have no test of a trained arm by the primary metric, {metric}"
    return Verdict(f"Nothing was tested: {why}.", "What the tables say is exploratory, and no claim rests on it.")


def _single_runs(plan: Plan, table: pd.DataFrame) -> str:
    """The arms that were trained once, in brackets: their tests do not say what another run would give."""
    seeds: dict[str, set[int]] = {}
    for evaluation in plan.evaluations:
        seeds.setdefault(evaluation.arm, set()).add(evaluation.seed)
    arms = table["a"].unique().tolist()
    once = [arm for arm in arms if len(seeds[arm]) == 1]
    if not once:
        return ""
    named = "each arm" if once == arms else _listed(once, "and")
    return f" (one training run of {named})" if len(arms) > 1 else " (one training run)"


def _told(plan: Plan, rows: pd.DataFrame, table: pd.DataFrame, word: str) -> str:
    """The contrasts in clauses; where they are many, those of the first benchmark, and counts of the others."""
    varying = [name for name in ("benchmark", "style", "decoding", "backbone") if table[name].nunique() > 1]
    told, parts = _clauses(plan, rows, table, varying, word), []
    if len(told) <= _LONGEST:
        return told
    first = rows["benchmark"] == table["benchmark"].iloc[0]
    told = _clauses(plan, rows[first], table, varying, word)
    if told and len(told) <= _LONGEST:
        parts, rows = [told], rows[~first]
    for (benchmark,), own in grouped(rows, ["benchmark"]):
        counted = _counts(own, table[table["benchmark"] == benchmark], by_kind=not parts)
        parts.append(f"on {benchmark} {counted}" if "benchmark" in varying else counted)
    return "; ".join(parts)


def _clauses(plan: Plan, rows: pd.DataFrame, table: pd.DataFrame, varying: Sequence[str], word: str) -> str:
    """Clauses such as "A over B" and "A and C over the baselines that use …", each after its settings.

    The labels that are `varying` in the experiment name the settings.
    """
    panels = dict(grouped(table, PANEL))
    settings: dict[str, list[str]] = {}  # clause → settings
    for panel, of_panel in grouped(rows, PANEL):
        labels = dict(zip(PANEL, panel, strict=True))
        first, *others = [labels[name] for name in varying] or [""]
        for clause in _clauses_of_panel(plan, of_panel, panels[panel], word):
            settings.setdefault(clause, []).append(f"{first} [{', '.join(others)}]" if others else first)
    clauses: dict[tuple[str, ...], list[str]] = {}
    for clause, labels in settings.items():
        clauses.setdefault(tuple(labels), []).append(clause)
    if varying:
        for labels, own in clauses.items():
            own[0] = f"on {_listed(labels, 'and')}: {own[0]}"
    return "; ".join(clause for own in clauses.values() for clause in own)


def _clauses_of_panel(plan: Plan, rows: pd.DataFrame, panel: pd.DataFrame, word: str) -> list[str]:
    """The clauses about some of the contrasts of a panel: on other arms, then on groups of baselines."""
    controls: dict[str, list[str]] = {}  # controls → the arms of which the same is said
    groups: dict[str, list[str]] = {}
    for (arm,), own in grouped(rows, ["a"]):
        is_baseline = own["kind"] == "baseline"
        if not is_baseline.all():
            controls.setdefault(_listed(_marked(own[~is_baseline], "b", {}), word), []).append(arm)
        if is_baseline.any():
            all_groups = ((panel["a"] == arm) & (panel["kind"] == "baseline")).sum()
            groups.setdefault(_groups(plan, own[is_baseline], all_groups, word), []).append(arm)
    return [f"{_listed(arms, 'and')} over {against}" for over in (controls, groups) for against, arms in over.items()]


def _groups(plan: Plan, rows: pd.DataFrame, all_groups: int, word: str) -> str:
    """The groups of baselines of an arm's contrasts; not one by one where it is all of them."""
    if 1 < len(rows) == all_groups:
        apart = _counted(rows)
        return ("every" if word == "and" else "any") + " group of baselines" + (f" ({apart})" if apart else "")
    used = _listed(_marked(rows, "information", plan.metric_set.groups), "or")
    return f"{'all' if word == 'and' else 'the'} baselines that use {used}"


def _marked(rows: pd.DataFrame, column: str, words: Mapping[str, str]) -> list[str]:
    """The controls, in words where these have them; what is more than not shown is said in brackets."""
    return [
        words.get(name, name) + (f" ({outcome})" if outcome in (WORSE, NOT_TESTED) else "")
        for name, outcome in zip(rows[column], rows["outcome"], strict=True)
    ]


def _counts(rows: pd.DataFrame, table: pd.DataFrame, by_kind: bool) -> str:
    """How many of the contrasts of a table these are, by kind of control with the first arms if that is wanted, and how
    many are worse or were not tested."""
    apart = _counted(rows)
    counted, parts = f"{len(rows)} of {len(table)} contrasts" + (f" ({apart})" if apart else ""), []
    for kind, words in _KINDS.items() if by_kind else ():
        of_kind, arms = rows[rows["kind"] == kind], rows.loc[rows["kind"] == kind, "a"].unique().tolist()
        if len(of_kind):
            more = [f"{len(arms) - _MOST_NAMES} more"] if len(arms) > _MOST_NAMES else []
            named = _listed([*arms[:_MOST_NAMES], *more], "and")
            parts.append(f"{len(of_kind)} of {(table['kind'] == kind).sum()} {words} ({named})")
    return f"{counted}: {', '.join(parts)}" if parts else counted


def _counted(rows: pd.DataFrame) -> str:
    """How many are worse, and how many were not tested."""
    numbers = [f"{n} {outcome}" for outcome in (WORSE, NOT_TESTED) if (n := (rows["outcome"] == outcome).sum())]
    return ", ".join(numbers)


def _listed(names: Sequence[str], word: str) -> str:
    """A, B and C, or with another word."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last
