"""The table of comparisons: every claim about an arm with its paired test."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from reasonome.benchmarks.rows import in_mean
from reasonome.config.experiments import arms_without_a_step, parent_arm
from reasonome.report.family import comparison_family, verdicts, with_adjusted_p
from reasonome.report.plan import Plan
from reasonome.report.scored_arms import (
    SHUFFLED,
    Bootstrap,
    Questions,
    Scored,
    Scores,
    resampled_over_seeds,
    value_range,
)
from reasonome.report.tables import COMPARISON_COLUMNS, SETTING
from reasonome.scoring.comparisons import (
    ALIKE,
    FEW_SEEDS,
    MEAN,
    NOISE,
    RESAMPLES,
    percentile_bounds,
    resampled_means,
    vary,
)

IDENTICAL = "identical scores"
_ASKED = ["backbone", *SETTING]
_ROUNDING = 1e-9  # of sums of weights, which are far from each other beside it


@dataclass(frozen=True)
class PairedTest:
    """The paired t-test of "the mean difference is zero" over `n` pairs; `note` says why a number is nan."""

    difference: float
    t: float
    df: float
    p: float
    effect_size: float
    n: int
    note: str


class Side(NamedTuple):
    """One side of a comparison: a column of the scores of an arm or a baseline."""

    scored: Scored
    column: str


def comparisons_table(
    plan: Plan,
    scores: Scores,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """comparisons.tsv (docs/evaluation.md).

    Scores are averaged over samples and seeds, example by example. An answer without a usable name scores 0, and so
    does an example without an answer. A benchmark with a single subset has rows for "mean" only.
    """
    bootstrap = Bootstrap(seed, resamples)
    order = list(dict.fromkeys((e.backbone, e.benchmark, e.style, e.decoding) for e in plan.evaluations))
    rows: list[dict] = []
    for position, key in enumerate(tqdm(order, desc="comparisons", delay=5, leave=False)):
        _, benchmark, style, _ = key
        labels = {"experiment": plan.experiment} | dict(zip(_ASKED, key, strict=True))
        later = [arm for other in order[position + 1 :] for arm in scores.arms[other]]
        elsewhere = [arm for other in order if other != key for arm in scores.arms[other]]
        pairs = list(_pairs(scores.arms[key], later, elsewhere, scores.baselines[benchmark, style], plan))
        questions, hits = scores.questions[benchmark, style], plan.metric_set.hits
        outside = {"family": ""} if plan.exploratory or style in plan.control_styles else {}
        rows += [labels | row | outside for row in _compare(pairs, questions, bootstrap, hits)]
    table = with_adjusted_p(pd.DataFrame(rows, columns=COMPARISON_COLUMNS))
    return table.assign(verdict="" if plan.exploratory else verdicts(table))


def _pairs(
    arms: list[Scored], later: list[Scored], elsewhere: list[Scored], baselines: list[Scored], plan: Plan
) -> Iterator[tuple[dict, Side, Side]]:
    """Labels and the two sides of every comparison of one setting's arms, for each metric that is compared; `later`
    are the arms of the settings after this one, `elsewhere` those of all others.

    Arms of the same stages are compared across styles, and arms of the same name across backbones. Every arm is also
    compared with the arms of a backbone that is never trained. A named pair is compared across styles if it has none in
    common, but not in a style that is a control. Answers that are read in different tracks are never compared.
    """
    by_arm = {evaluation.arm: evaluation for evaluation in plan.evaluations}
    trained = {evaluation.backbone for evaluation in plan.evaluations if evaluation.steps}
    by_name = {arm.name: arm for arm in arms}
    steps = {name: by_arm[name].steps for name in by_name}
    all_steps = {name: evaluation.steps for name, evaluation in by_arm.items()}
    asked_in = {name: {e.style for e in plan.evaluations if e.arm == name} for name in by_arm}
    track = {(e.benchmark, e.style): e.track for e in plan.evaluations}

    def in_another_style(arm: Scored, other: Scored) -> bool:
        tracks = {track[of.labels["benchmark"], of.labels["style"]] for of in (arm, other)}
        return _differing(arm, other) == ["style"] and len(tracks) == 1

    for arm in arms:
        parent = parent_arm(arm.name, all_steps, by_name)
        others = [("parent arm", parent, by_name[parent])] if parent in by_name else []  # it may not be asked this
        others += [("without a step", other, by_name[other]) for other in arms_without_a_step(arm.name, steps)]
        for kind, pairs in (("declared control", plan.contrasts), ("named pair", plan.compared)):
            others += [(kind, other, by_name[other]) for a, other in pairs if a == arm.name and other in by_name]
        others += [
            ("named pair", f"{other.name} [{other.labels['style']}]", other)
            for other in elsewhere
            if in_another_style(arm, other)
            and (arm.name, other.name) in plan.compared
            and not asked_in[arm.name] & asked_in[other.name]
            and not {arm.labels["style"], other.labels["style"]} & {*plan.control_styles}
        ]
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
        others += [("baseline", baseline.name, baseline) for baseline in baselines]
        others += [("shuffled", f"{arm.name} (shuffled)", arm)]
        for kind, name, other in others:
            labels = {"kind": kind, "a": arm.name, "b": name, "trained": bool(steps[arm.name])}
            labels |= {"information": other.labels.get("information", ""), "control": name not in plan.no_controls}
            prefix = SHUFFLED if kind == "shuffled" else ""
            for metric in plan.metric_set.compared:
                if all(metric in table for table in arm.tables) and all(prefix + metric in t for t in other.tables):
                    yield labels | {"metric": metric}, Side(arm, metric), Side(other, prefix + metric)


def _differing(arm: Scored, other: Scored) -> list[str]:
    """The labels of the setting in which two arms differ."""
    return [name for name in _ASKED if arm.labels[name] != other.labels[name]]


def _compare(pairs: list[tuple], questions: Questions, bootstrap: Bootstrap, hits: Sequence[str]) -> list[dict]:
    """Test every pair on every subset; all pairs share the resamples of one bootstrap. `hits` are metrics of 0 or 1."""
    values, columns = _columns(pairs)
    subsets = questions.subsets.to_numpy()
    clusters = questions.clusters.to_numpy()
    rows: list[dict] = []
    for subset, resampled in resampled_means(values, subsets.tolist(), clusters.tolist(), **bootstrap._asdict()):
        if subset != MEAN and len(set(subsets)) == 1:
            continue
        counted = in_mean(subsets) if subset == MEAN else [subset]
        chosen = np.isin(subsets, counted)
        means = np.ascontiguousarray(resampled.means.T)
        for labels, *sides in pairs:
            places = [columns[side] for side in sides]
            known = chosen & np.isfinite(values[:, places[0]]).all(axis=1)
            if not known.any():
                continue
            a, b = (values[known][:, place].mean(axis=1) for place in places)
            over_seeds = [
                resampled_over_seeds(means[place], side.scored, bootstrap)
                for side, place in zip(sides, places, strict=True)
            ]
            difference_means = over_seeds[0] - over_seeds[1]
            test = asdict(paired_test(a, b, subsets[known].tolist()))
            row = labels | test | _seeds_and_missing(sides, known)
            of_a, of_b = (
                value_range(side.scored, side.column, means[place]) for side, place in zip(sides, places, strict=True)
            )
            bounds = percentile_bounds(difference_means[:, None])[:, 0].clip(of_a[0] - of_b[1], of_a[1] - of_b[0])
            row["subset"], row["low"], row["high"] = subset, *bounds
            if not vary(difference_means[:, None])[0]:
                row["low"] = row["high"] = np.nan
            row["p_family"] = bootstrap_test(test["difference"], difference_means)
            in_subset = pd.Series(clusters[known]).groupby(subsets[known]).nunique()
            if in_subset.min() < 2 and row["note"] != IDENTICAL:
                row["p_family"] = np.nan
                row["note"] = row["note"] or "a subset with a single cluster has nothing to resample"
            if np.isnan(row["low"]):
                row["note"] = row["note"] or ALIKE
            if labels["metric"] in hits:  # of seeds that all agree too; where they do not, a mean is neither 0 nor 1
                expected = not any(sides[1].scored.distinct)
                exact = exact_test(a, b, subsets[known].tolist(), clusters[known].tolist(), expected, bootstrap)
                row["p_family"] = exact if np.isfinite(exact) else row["p_family"]
            if any(side.scored.few_seeds for side in sides):
                row["note"] = row["note"] or FEW_SEEDS
            row["family"] = comparison_family(row)
            rows.append(row)
    return sorted(rows, key=lambda row: (row["subset"] != MEAN, row["subset"]))


def _columns(pairs: list[tuple]) -> tuple[np.ndarray, dict[Side, list[int]]]:
    """All distinct score vectors of pairs, shape (examples, vectors), and for each side the columns of its seeds.

    If one vector lacks the value of a metric for an example, all vectors of that metric are nan for it.
    """
    vectors: list[np.ndarray] = []
    places: dict[Side, list[int]] = {}
    of_metric: dict[str, list[int]] = {}
    for labels, *sides in pairs:
        for side in sides:
            if side not in places:
                start = len(vectors)
                vectors += [table[side.column].to_numpy() for table in side.scored.tables]
                places[side] = list(range(start, len(vectors)))
            of_metric.setdefault(labels["metric"], []).extend(places[side])
    values = np.column_stack(vectors)
    for members in of_metric.values():
        unknown = ~np.isfinite(values[:, members]).all(axis=1)
        values[np.ix_(np.flatnonzero(unknown), np.unique(members))] = np.nan
    return values, places


def _seeds_and_missing(sides: list[Side], chosen: np.ndarray) -> dict[str, float]:
    """How many seeds the sides have (baselines have none), and how many of the chosen examples each lacks."""
    counts: dict[str, float] = {}
    for name, side in zip("ab", sides, strict=True):
        missing = np.mean([table["missing"].to_numpy() for table in side.scored.tables], axis=0)
        counts[f"missing_{name}"] = int((missing[chosen] > 0).sum())
        counts[f"seeds_{name}"] = np.nan if side.scored.labels["kind"] == "baseline" else len(side.scored.tables)
    return counts


# --- tests -------------------------------------------------------------------------------------------


def paired_test(a: np.ndarray, b: np.ndarray, strata: Sequence[str]) -> PairedTest:
    """Test aligned scores `a` against `b` (both of shape (n,)); a positive difference favours `a`.

    t: mean over strata of the mean difference, over sqrt(sum var_k / n_k) / K, with Welch-Satterthwaite
    degrees of freedom; with one stratum this is the paired t-test. The effect size is Cohen's dz, with the mean
    within-stratum variance. Differences without any variance: p is 1 where they are all zero, nan (and a note) where
    they are not.
    Raises ValueError for scores that are not finite.
    """
    difference = np.asarray(a, float) - np.asarray(b, float)
    if not np.isfinite(difference).all():
        raise ValueError("scores must be finite numbers")
    difference[np.abs(difference) < NOISE] = 0
    groups = [difference[np.equal(strata, name)] for name in sorted(set(strata))]
    estimate = float(np.mean([group.mean() for group in groups]))

    def result(t=np.nan, df=np.nan, p=np.nan, effect_size=np.nan, note="") -> PairedTest:
        return PairedTest(estimate, t, df, p, effect_size, len(difference), note)

    if not difference.any():
        return result(t=0.0, p=1.0, effect_size=0.0, note=IDENTICAL)
    if min(map(len, groups)) < 2:
        return result(note="a subset with a single example has no variance to test against")
    if all(np.ptp(group) < NOISE for group in groups):
        return result(note="the difference is the same for every example of a subset: no t-test")
    variance = np.array([group.var(ddof=1) for group in groups])
    sizes = np.array([len(group) for group in groups])
    of_mean = variance / sizes
    error = np.sqrt(of_mean.sum()) / len(groups)
    t = estimate / error
    df = of_mean.sum() ** 2 / (of_mean**2 / (sizes - 1)).sum()
    return result(t, df, 2 * stats.t.sf(abs(t), df), estimate / np.sqrt(variance.mean()))


def exact_test(
    a: np.ndarray, b: np.ndarray, strata: Sequence[str], clusters: Sequence[str], expected: bool, bootstrap: Bootstrap
) -> float:
    """Two-sided p of aligned scores where those of `a` are 0 or 1; nan where they are not, and if `b` has no such test.

    If `b` is 0 or 1 too, the signs of the differences are flipped at random, those of a cluster together. With one
    stratum and no clusters this is McNemar's exact test. If `b` are `expected` values, as of chance, `a` is tested as
    the number of hits among independent questions of these chances: for equal ones the exact binomial test. This knows
    no strata and no clusters.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if not np.isin(a, (0, 1)).all():
        return np.nan
    if np.isin(b, (0, 1)).all():
        return _flipped(a - b, strata, clusters, bootstrap)
    alone = len(set(strata)) == 1 and len(set(clusters)) == len(a)
    return _by_chance(int(a.sum()), b) if expected and alone and ((b >= 0) & (b <= 1)).all() else np.nan


def _flipped(difference: np.ndarray, strata: Sequence[str], clusters: Sequence[str], bootstrap: Bootstrap) -> float:
    """Of all ways to flip signs, the share in which the mean over strata is as far from zero as it is."""
    table = pd.DataFrame({"weight": difference, "stratum": strata, "cluster": clusters})
    table["weight"] /= table.groupby("stratum")["weight"].transform("size")
    nets = table.groupby("cluster")["weight"].sum()
    observed = abs(nets.sum()) - _ROUNDING
    sizes, counts = np.unique(nets[nets.abs() > NOISE].abs().round(12), return_counts=True)
    if len(sizes) == 0:
        return 1.0
    if len(sizes) == 1:
        return float(stats.binomtest(int((nets > NOISE).sum()), int(counts[0])).pvalue)
    random = np.random.default_rng(bootstrap.seed)
    heads = random.binomial(counts, 0.5, size=(bootstrap.resamples, len(counts)))
    beyond = np.abs((2 * heads - counts) @ sizes) >= observed
    return float((1 + beyond.sum()) / (1 + bootstrap.resamples))


def _by_chance(hits: int, chances: np.ndarray) -> float:
    """Two-sided p of this many hits, of all numbers that are no likelier: the binomial test for unequal chances."""
    likely = stats.poisson_binom.pmf(np.arange(len(chances) + 1), chances)
    return float(min(1.0, likely[likely <= likely[hits] * (1 + 1e-7)].sum()))


def bootstrap_test(difference: float, resampled: np.ndarray) -> float:
    """Two-sided p of a difference of means, from its resamples, shape (resamples,); nan does not count.

    The resamples are shifted to the hypothesis: p counts those at least as far from zero as the difference. As in
    Davison and Hinkley (1997, 4.2), it is (1 + count) / (1 + resamples). Where the resamples do not vary, p is 1 for a
    difference of zero, else nan.
    """
    resampled = resampled[~np.isnan(resampled)]
    if not len(resampled) or np.ptp(resampled) < NOISE:
        no_difference = len(resampled) and abs(difference) < NOISE and abs(resampled[0]) < NOISE
        return 1.0 if no_difference else np.nan
    beyond = np.abs(resampled - difference) >= abs(difference) - NOISE
    return (1 + np.count_nonzero(beyond)) / (1 + len(resampled))
