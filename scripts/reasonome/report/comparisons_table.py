"""The table of comparisons: differences between arms, and between arms and baselines, each with its test."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from reasonome.config.experiments import arms_without_a_step, parent_arm
from reasonome.config.project import chains
from reasonome.core.errors import InputError, nearest
from reasonome.report.plan import Hypothesis, Plan
from reasonome.report.scored_arms import (
    ALIKE,
    FEW_CLUSTERS,
    FEWEST_CLUSTERS,
    MODELS_ALONE,
    SHUFFLED,
    Questions,
    Scored,
    Scores,
    note,
)
from reasonome.report.sharpening import Matched, MatchedParents, as_sure_as
from reasonome.report.tables import COMPARISON_COLUMNS, SETTING
from reasonome.scoring.clustered import NOISE, Influence, difference, of_means
from reasonome.scoring.comparisons import MEAN, holm

IDENTICAL = "identical scores"
EXACT = "p is exact"
_ASKED = ["backbone", *SETTING]
_ROUNDING = 1e-9  # of sums of weights, which are far from each other beside it
_MOST_FLIPS = 2**20  # ways to flip signs, of clusters with shares of one size together


class Side(NamedTuple):
    """One side of a comparison: a column of the scores of an arm or a baseline."""

    scored: Scored
    column: str


def comparisons_table(plan: Plan, scores: Scores, matched: MatchedParents) -> pd.DataFrame:
    """comparisons.tsv (docs/evaluation.md).

    An answer without a usable name scores 0, and so does an example without an answer. A benchmark with a single subset
    has rows for "mean" only. InputError for a hypothesis about a subset that is not there.
    """
    order = list(dict.fromkeys((e.backbone, e.benchmark, e.style, e.decoding) for e in plan.evaluations))
    rows: list[dict] = []
    for position, key in enumerate(tqdm(order, desc="comparisons", delay=5, leave=False)):
        _, benchmark, style, _ = key
        labels = {"experiment": plan.experiment} | dict(zip(_ASKED, key, strict=True))
        later = [arm for other in order[position + 1 :] for arm in scores.arms[other]]
        pairs = list(_pairs(scores.arms[key], later, scores.baselines[benchmark, style], matched.get(key, {}), plan))
        rows += [labels | row for row in _compare(pairs, scores.questions[benchmark, style], plan.seeds_of == "chain")]
    return _with_hypotheses(pd.DataFrame(rows, columns=COMPARISON_COLUMNS), plan)


def _with_hypotheses(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table with the number of the hypothesis that a row tests, and p after Holm's adjustment over them all."""
    numbers = pd.Series("", table.index)
    for number, hypothesis in enumerate(plan.hypotheses, 1):
        numbers[_tests(hypothesis, table, number)] = str(number)
    tested = numbers != ""
    adjusted = pd.Series(holm(table.loc[tested, "p"].tolist()), table.index[tested], dtype=float)
    return table.assign(hypothesis=numbers, p_holm=adjusted.reindex(table.index))


def _tests(hypothesis: Hypothesis, table: pd.DataFrame, number: int) -> pd.Series:
    """Whether each row is the test of a hypothesis."""
    a, b = hypothesis.better
    wanted = {"a": a, "b": as_sure_as(b, a) if hypothesis.as_sure else b, "metric": hypothesis.metric}
    wanted |= {name: getattr(hypothesis, name) for name in _ASKED}
    rows = (table[list(wanted)] == pd.Series(wanted)).all(axis=1)
    subsets = table.loc[rows, "subset"].unique().tolist()
    if rows.any() and hypothesis.subset not in subsets:
        what = f"hypothesis {number} is about the subset '{hypothesis.subset}', which {hypothesis.benchmark} has not"
        raise InputError(what, field="hypotheses", fix=nearest(hypothesis.subset, subsets))
    return rows & (table["subset"] == hypothesis.subset)


def _pairs(
    arms: list[Scored],
    later: list[Scored],
    baselines: list[Scored],
    matched: Mapping[str, Matched],
    plan: Plan,
) -> Iterator[tuple[dict, Side, Side]]:
    """Labels and the two sides of every comparison of one setting's arms, for each metric that is compared; `later`
    are the arms of the settings after this one.

    All arms of a setting are compared with each other. Arms of the same stages are compared across styles, and arms of
    the same name across backbones. Every arm is also compared with the arms of a backbone that is never trained.
    Answers that are read in different tracks are never compared. Arms with `matched` parents are compared with these.
    """
    by_arm = {evaluation.arm: evaluation for evaluation in plan.evaluations}
    trained = {evaluation.backbone for evaluation in plan.evaluations if evaluation.steps}
    track = {(e.benchmark, e.style): e.track for e in plan.evaluations}
    kinds = _kinds([arm.name for arm in arms], plan)

    def in_another_style(arm: Scored, other: Scored) -> bool:
        tracks = {track[of.labels["benchmark"], of.labels["style"]] for of in (arm, other)}
        return _differing(arm, other) == ["style"] and len(tracks) == 1

    for arm in arms:
        others = [(kinds[arm.name, other.name], other.name, other) for other in arms if (arm.name, other.name) in kinds]
        others += [
            ("other style", f"{other.name} [{other.labels['style']}]", other)
            for other in later
            if in_another_style(arm, other) and by_arm[other.name].stages == by_arm[arm.name].stages
        ]
        others += [
            ("other backbone", f"{other.name} [{other.backbone}]", other)
            for other in later
            if _differing(arm, other) == ["backbone"]
            and (arm.name == other.name or not {arm.backbone, other.backbone} <= trained)
        ]
        others += [("as sure", own.parent.name, own.parent) for name, own in matched.items() if name == arm.name]
        others += [("baseline", baseline.name, baseline) for baseline in baselines]
        others += [("shuffled", f"{arm.name} (shuffled)", arm)]
        for kind, name, other in others:
            labels = {"kind": kind, "a": arm.name, "b": name, "information": other.labels.get("information", "")}
            prefix = SHUFFLED if kind == "shuffled" else ""
            for metric in plan.metric_set.compared:
                if all(metric in table for table in arm.tables) and all(prefix + metric in t for t in other.tables):
                    yield labels | {"metric": metric}, Side(arm, metric), Side(other, prefix + metric)


def _kinds(names: Sequence[str], plan: Plan) -> dict[tuple[str, str], str]:
    """(arm, other) → the kind of their comparison: each pair once, as a hypothesis has it, else the trained arm before
    its parent and before arms without one of its steps, else the later arm first."""
    all_steps = {evaluation.arm: evaluation.steps for evaluation in plan.evaluations}
    asked = {name: all_steps[name] for name in names}
    pairs = [one.better for one in plan.hypotheses if not one.as_sure]
    kinds = {(a, b): "hypothesis" for a, b in pairs if {a, b} <= asked.keys()}
    for one, two in combinations(names, 2):
        for arm, other in ((two, one), (one, two)):
            is_parent = parent_arm(arm, all_steps, names) == other
            if is_parent or other in arms_without_a_step(arm, asked):
                kinds.setdefault((arm, other), "parent arm" if is_parent else "without a step")
        if (one, two) not in kinds:
            kinds.setdefault((two, one), "other arm")
    return kinds


def _differing(arm: Scored, other: Scored) -> list[str]:
    """The labels of the setting in which two arms differ."""
    return [name for name in _ASKED if arm.labels[name] != other.labels[name]]


def _compare(pairs: list[tuple[dict, Side, Side]], questions: Questions, whole_chains: bool) -> list[dict]:
    """The rows of every pair on every subset. For which examples a metric is known is one for all pairs."""
    known = {labels["metric"]: np.ones(len(questions.examples), bool) for labels, _, _ in pairs}
    for labels, *sides in pairs:
        for scored, column in sides:
            known[labels["metric"]] &= np.isfinite(scored.values(column)).all(axis=1)
    parts = dict(questions.parts(questions.examples))
    subsets = [MEAN, *sorted({*parts} - {MEAN})] if len(parts) > 2 else [MEAN]

    @cache
    def moved(side: Side, metric: str, subset: str) -> Influence:
        there = parts[subset] & known[metric]
        return of_means(side.scored.values(side.column)[there], *questions.labels(there))

    rows = []
    for subset in subsets:
        for labels, *sides in pairs:
            there = parts[subset] & known[labels["metric"]]
            if there.any():
                of = [moved(side, labels["metric"], subset) for side in sides]
                paired = _are_paired(sides[0].scored, sides[1].scored, whole_chains)
                rows.append(labels | {"subset": subset} | _tested(sides, of, paired, questions, there))
    return rows


def _are_paired(a: Scored, b: Scored, whole_chains: bool) -> bool:
    """Whether the seeds of two arms are the same models, or belong together as whole chains of the same seeds."""
    of_one = a.backbone == b.backbone and a.seeds == b.seeds
    same = b.models in (a.models, tuple(map(chains.parent, a.models)))
    return of_one and (same or (whole_chains and a.is_trained and b.is_trained))


def _tested(
    sides: Sequence[Side], of: Sequence[Influence], paired: bool, questions: Questions, there: np.ndarray
) -> dict[str, object]:
    """The difference of two sides on some examples, with its interval and p."""
    found, clusters = difference(*of, paired=paired), of[0].moves.shape[0]
    varies, few = bool(found.error > NOISE), clusters < FEWEST_CLUSTERS
    scores = [side.scored.values(side.column)[there].mean(axis=1) for side in sides]
    same = bool((np.abs(scores[0] - scores[1]) < NOISE).all())
    exact = np.nan
    if few or not varies:
        strata, names = questions.labels(there)
        exact = exact_test(scores[0], scores[1], strata, names, expected=not any(sides[1].scored.distinct))
    is_exact = bool(np.isfinite(exact))
    said = [IDENTICAL if same else ALIKE if not varies else "", FEW_CLUSTERS * few]
    said += [f"{EXACT}, {MODELS_ALONE}"] if is_exact and not same else []
    said += [one for side in sides for one in side.scored.told if not (is_exact and one == MODELS_ALONE)]
    low, high = found.bounds if varies else (np.nan, np.nan)
    row = {"difference": found.value, "low": low, "high": high, "p": exact if is_exact else found.p}
    row |= {"error": found.error, "df": found.df, "mean_b": of[1].values.mean()}
    counts = {"clusters": clusters, "n": int(there.sum())} | _seeds_and_missing(sides, there)
    return {"note": note(said), **{name: float(number) for name, number in row.items()}, **counts}


def _seeds_and_missing(sides: Sequence[Side], chosen: np.ndarray) -> dict[str, float]:
    """How many seeds the sides have (baselines have none), and how many of the chosen examples each lacks."""
    counts: dict[str, float] = {}
    for name, side in zip("ab", sides, strict=True):
        missing = side.scored.values("missing").mean(axis=1)
        counts[f"missing_{name}"] = int((missing[chosen] > 0).sum())
        counts[f"seeds_{name}"] = np.nan if side.scored.labels["kind"] == "baseline" else len(side.scored.tables)
    return counts


# --- exact tests -------------------------------------------------------------------------------------


def exact_test(a: np.ndarray, b: np.ndarray, strata: np.ndarray, clusters: np.ndarray, expected: bool = False) -> float:
    """Two-sided p of aligned scores `a` and `b`; nan where `b` has no such test.

    The signs of the differences are flipped at random, those of a cluster together. With scores of 0 and 1, one stratum
    and no clusters this is McNemar's exact test. If `b` are `expected` values, as of chance, `a` of 0 and 1 is tested
    as the number of hits among independent questions of these chances: for equal ones the exact binomial test. This
    knows no strata and no clusters.
    """
    if expected:
        alone = len(set(strata)) == 1 and len(set(clusters)) == len(a)
        chances = alone and np.isin(a, (0, 1)).all() and ((b >= 0) & (b <= 1)).all()
        return _by_chance(int(a.sum()), b) if chances else np.nan
    _, stratum, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    _, cluster = np.unique(clusters, return_inverse=True)
    return _flipped(np.bincount(cluster, (a - b) / (sizes[stratum] * len(sizes))))


def _flipped(nets: np.ndarray) -> float:
    """Of all ways to flip the signs of the clusters' shares in a difference, the part in which their sum is as far from
    zero as it is; nan where they are too many to count."""
    sums, parts = np.zeros(1), np.ones(1)
    sizes, counts = np.unique(np.abs(nets[np.abs(nets) > NOISE]).round(12), return_counts=True)
    if np.prod(counts + 1.0) > _MOST_FLIPS:
        return np.nan
    for size, count in zip(sizes, counts, strict=True):
        heads = np.arange(count + 1)
        sums = np.add.outer(sums, size * (2 * heads - count)).ravel()
        parts = np.multiply.outer(parts, stats.binom.pmf(heads, count, 0.5)).ravel()
    return float(min(1.0, parts[np.abs(sums) >= abs(nets.sum()) - _ROUNDING].sum()))


def _by_chance(hits: int, chances: np.ndarray) -> float:
    """Two-sided p of this many hits, of all numbers that are no likelier: the binomial test for unequal chances."""
    likely = stats.poisson_binom.pmf(np.arange(len(chances) + 1), chances)
    return float(min(1.0, likely[likely <= likely[hits] * (1 + 1e-7)].sum()))
