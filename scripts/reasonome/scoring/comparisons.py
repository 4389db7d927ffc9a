"""Intervals and paired tests for scores whose examples fall into subsets (strata).

The headline number of a benchmark is the mean of its subsets' means, so that a large subset does not
outvote a small one; every interval and test here is for that number. docs/statistics.md gives the reasons.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse, stats
from tqdm import tqdm

from reasonome.benchmarks.rows import in_mean

if TYPE_CHECKING:
    from reasonome.metrics import OfTable, OfWeights, Pooled

MEAN = "mean"  # the name of the mean over subsets, wherever subsets are listed
RESAMPLES = 10_000
IDENTICAL = "identical scores"
_CELLS_AT_ONCE = 4_000_000  # resampled indices held in memory together
_FEWEST_AT_ONCE = 8  # resamples computed together at least, however many scores there are
_TAILS = [(1 - 0.95) / 2, (1 + 0.95) / 2]
_NOISE = 1e-12  # score differences below this are rounding, not difference


@dataclass(frozen=True)
class Intervals:
    """Means and percentile bounds, each of shape (m,), of m score vectors over `n` examples."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int


@dataclass(frozen=True)
class Resampled:
    """`value`: means of m score vectors (m,); `n`: how many examples have a value (m,); `means`: the means of every
    resample, shape (resamples, m). nan where no example has a value."""

    value: np.ndarray
    n: np.ndarray
    means: np.ndarray


@dataclass(frozen=True)
class PairedTest:
    """A test of "the mean difference is zero" over `n` pairs; `note` says why a number is nan.

    `p_equivalence` is of two one-sided tests, whose claim is a difference within the margin.
    """

    difference: float
    t: float
    df: float
    p: float
    p_wilcoxon: float
    p_equivalence: float
    effect_size: float
    effect_rank: float
    n: int
    note: str


# --- intervals ---------------------------------------------------------------------------------------


def bootstrap_intervals(
    values: np.ndarray,
    strata: Sequence[str],
    clusters: Sequence[str] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Intervals]:
    """95 % percentile bootstrap of the mean of every stratum and, as "mean", of the mean of those of `in_mean`.

    `values` has shape (n,) or (n, m): m vectors over the same n examples. They share their resamples,
    which are drawn within strata. The intervals of paired differences are those of a paired bootstrap.
    Raises ValueError for values that are not finite, and for no examples.
    """
    if not np.isfinite(np.asarray(values, float)).all():
        raise ValueError("scores must be finite numbers")
    result = {}
    for name, resampled in resampled_means(values, strata, clusters, seed=seed, resamples=resamples):
        low, high = percentile_bounds(resampled.means)
        result[name] = Intervals(resampled.value, low, high, int(resampled.n[0]))
    return {MEAN: result.pop(MEAN), **result}


def resampled_means(
    values: np.ndarray,
    strata: Sequence[str],
    clusters: Sequence[str] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    pooled: "Sequence[Pooled]" = (),
) -> Iterator[tuple[str, Resampled]]:
    """(name, means) of every stratum, sorted, and last those of "mean", the mean over the strata of `in_mean`.

    `values` is as for `bootstrap_intervals`, but may be nan where unknown; means are over the known values, and over
    the strata that have any. Within each stratum whole clusters are drawn with replacement, as many as there are;
    without `clusters` every example is its own. A cluster that spans several strata is drawn independently in each.
    Metrics in `pooled` are further columns, computed from all drawn examples of a stratum together.
    Raises ValueError for infinite values, and for no examples.
    """
    values, in_strata = _checked(values, strata)
    in_clusters = np.arange(len(values)) if clusters is None else np.asarray(clusters)
    random = np.random.default_rng(seed)
    counted = in_mean(strata)
    columns = values.shape[1] + len(pooled)
    value, n, of_strata = np.zeros(columns), np.zeros(columns, int), np.zeros(columns, int)
    means = np.zeros((resamples, columns))
    for name in sorted(set(strata)):
        of_name = np.equal(in_strata, name)
        mine = slice(None) if of_name.all() else of_name  # a slice copies nothing
        functions = [metric(np.flatnonzero(of_name)) for metric in pooled]
        in_stratum = _resampled(values[mine], in_clusters[mine], random, resamples, functions)
        if name in counted:
            known = in_stratum.n > 0
            value[known] += in_stratum.value[known]
            means[:, known] += in_stratum.means[:, known]
            n, of_strata = n + in_stratum.n, of_strata + known
        yield name, in_stratum
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan: no value anywhere
        yield MEAN, Resampled(value / of_strata, n, means / of_strata)


def metrics_of_rows(tables: Sequence[pd.DataFrame], metrics: "Mapping[str, OfTable]") -> "dict[str, Pooled]":
    """Each metric of rows by their places; the mean over several tables of the same rows."""

    def of_rows(metric: "OfTable", rows: np.ndarray) -> "OfWeights | None":
        functions = [function for table in tables if (function := metric(table.iloc[rows])) is not None]
        if len(functions) < len(tables):
            return None
        return lambda weights: np.mean([function(weights) for function in functions], axis=0)

    return {name: partial(of_rows, metric) for name, metric in metrics.items()}


def _resampled(
    values: np.ndarray,
    clusters: np.ndarray,
    random: np.random.Generator,
    resamples: int,
    functions: "Sequence[OfWeights | None]",
) -> Resampled:
    members, names = pd.factorize(clusters)  # numbered by first appearance, so that single examples keep their order
    count = len(names)
    known = np.isfinite(values)
    partial = np.flatnonzero(~known.all(axis=0))
    sums, sizes = np.where(known, values, 0.0) if len(partial) else values, np.ones((len(values), 1))
    known_sizes = known[:, partial].astype(float)
    if count < len(values):
        by_cluster = sparse.csr_matrix((np.ones(len(values)), (members, np.arange(len(values)))))
        sums, sizes, known_sizes = (by_cluster @ of_examples for of_examples in (sums, sizes, known_sizes))
    columns = values.shape[1]
    means = np.full((resamples, columns + len(functions)), np.nan)
    chunk = max(_FEWEST_AT_ONCE, _CELLS_AT_ONCE // count)
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan: a resample without a known value
        value = sums.sum(axis=0) / known.sum(axis=0)
        for start in tqdm(range(0, resamples, chunk), desc="resamples", delay=5, leave=False):
            rows = min(chunk, resamples - start)
            drawn = random.integers(0, count, size=(rows, count)) + count * np.arange(rows)[:, None]
            times_drawn = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(float)
            totals = times_drawn @ sums
            means[start : start + rows, :columns] = totals / (times_drawn @ sizes)
            if len(partial):
                means[start : start + rows, partial] = totals[:, partial] / (times_drawn @ known_sizes)
            for column, function in enumerate(functions, columns):
                if function is not None:
                    means[start : start + rows, column] = function(times_drawn[:, members])
    ones = np.ones((1, len(values)))
    together = np.array([np.nan if function is None else function(ones)[0] for function in functions])
    n = np.append(known.sum(axis=0), np.isfinite(together) * len(values)).astype(int)
    return Resampled(np.append(value, together), n, means)


def percentile_bounds(means: np.ndarray) -> np.ndarray:
    """Bounds of 95 %, shape (2, m), of resampled means (resamples, m); nan resamples are left out."""
    bounds = np.quantile(means, _TAILS, axis=0)
    for column in np.flatnonzero(np.isnan(bounds[0])):
        known = means[~np.isnan(means[:, column]), column]
        bounds[:, column] = np.quantile(known, _TAILS) if len(known) else np.nan
    return bounds


def seed_weights(seeds: int, random: np.random.Generator, resamples: int = RESAMPLES) -> np.ndarray:
    """The weight of each of `seeds` trained models in the mean over seeds, for every resample of them.

    Shape (resamples, seeds); rows sum to 1. Drawn with replacement, then stretched around the mean, without which a
    bootstrap of a few seeds is far too narrow: by sqrt(seeds / (seeds - 1)), so that the variance is that of the mean
    (Rao and Wu, 1988), and by sqrt((seeds - 1) / chi-squared), so that the tails are those of Student's t with
    seeds - 1 degrees of freedom.
    """
    if seeds == 1:
        return np.ones((resamples, 1))
    drawn = random.integers(0, seeds, size=(resamples, seeds))
    times_drawn = (drawn[:, :, None] == np.arange(seeds)).sum(axis=1)
    stretch = np.sqrt(seeds / random.chisquare(seeds - 1, size=(resamples, 1)))
    return (1 + stretch * (times_drawn - 1)) / seeds


# --- tests -------------------------------------------------------------------------------------------


def paired_test(a: np.ndarray, b: np.ndarray, strata: Sequence[str], margin: float = np.nan) -> PairedTest:
    """Test aligned scores `a` against `b` (both of shape (n,)); a positive difference favours `a`.

    t: mean over strata of the mean difference, over sqrt(sum var_k / n_k) / K, with Welch-Satterthwaite
    degrees of freedom; with one stratum this is the paired t-test. Two one-sided tests of a difference of `margin`
    use the same error. Wilcoxon's signed-rank test pools the strata. Effect sizes: Cohen's dz, with the mean
    within-stratum variance, and the matched-pairs rank-biserial correlation, pooled.
    Differences without any variance: p is 1 where they are all zero, nan (and a note) where they are not. Neither
    shows equivalence: two sides that are wrong everywhere are identical too.
    Raises ValueError as `bootstrap_intervals` does.
    """
    differences, in_strata = _checked(np.asarray(a, float) - np.asarray(b, float), strata)
    difference = differences[:, 0]
    if np.isnan(difference).any():
        raise ValueError("scores must be finite numbers")
    difference[np.abs(difference) < _NOISE] = 0
    groups = [difference[np.equal(in_strata, name)] for name in sorted(set(strata))]
    estimate = float(np.mean([group.mean() for group in groups]))
    wilcoxon = _wilcoxon(difference) if difference.any() else 1.0
    rank = rank_biserial(difference)

    def result(t=np.nan, df=np.nan, p=np.nan, p_equivalence=np.nan, effect_size=np.nan, note="") -> PairedTest:
        n = len(difference)
        return PairedTest(estimate, t, df, p, wilcoxon, p_equivalence, effect_size, rank, n, note)

    if not difference.any():
        return result(t=0.0, p=1.0, effect_size=0.0, note=IDENTICAL)
    if min(map(len, groups)) < 2:
        return result(note="a subset with a single example has no variance to test against")
    if all(np.ptp(group) < _NOISE for group in groups):
        return result(note="the difference is the same for every example of a subset: no t-test")
    variance = np.array([group.var(ddof=1) for group in groups])
    sizes = np.array([len(group) for group in groups])
    of_mean = variance / sizes
    error = np.sqrt(of_mean.sum()) / len(groups)
    t = estimate / error
    df = of_mean.sum() ** 2 / (of_mean**2 / (sizes - 1)).sum()
    one_sided = stats.t.sf([(estimate + margin) / error, (margin - estimate) / error], df)
    return result(t, df, 2 * stats.t.sf(abs(t), df), one_sided.max(), estimate / np.sqrt(variance.mean()))


def rank_biserial(difference: np.ndarray) -> float:
    """Matched-pairs rank-biserial correlation (Kerby, 2014): from -1, all below zero, to 1; zeros do not count."""
    nonzero = difference[difference != 0]
    if not len(nonzero):
        return 0.0
    ranks = stats.rankdata(np.abs(nonzero))
    return float((ranks * np.sign(nonzero)).sum() / ranks.sum())


def mcnemar(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sided exact McNemar test of aligned hits; nan where any value is neither 0 nor 1."""
    a, b = np.asarray(a), np.asarray(b)
    if not (np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all()):
        return np.nan
    only_a, only_b = int((a > b).sum()), int((a < b).sum())
    return float(stats.binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def bootstrap_test(difference: float, resampled: np.ndarray, margin: float = np.nan) -> tuple[float, float]:
    """(p, p of equivalence) of a difference of means, from its resamples, shape (resamples,); nan does not count.

    The resamples are shifted to the hypothesis: p counts those at least as far from zero as the difference; the p of
    equivalence, the larger of two one-sided ones, counts those beyond the difference when the true one is ∓ `margin`.
    As in Davison and Hinkley (1997, 4.2), p is (1 + count) / (1 + resamples). Where the resamples do not vary,
    equivalence is nan, and p is 1 for a difference of zero, else nan too.
    """
    resampled = resampled[~np.isnan(resampled)]
    if not len(resampled) or np.ptp(resampled) < _NOISE:
        no_difference = len(resampled) and abs(difference) < _NOISE and abs(resampled[0]) < _NOISE
        return 1.0 if no_difference else np.nan, np.nan
    deviation = resampled - difference
    shares = [
        (1 + np.count_nonzero(beyond)) / (1 + len(resampled))
        for beyond in (
            np.abs(deviation) >= abs(difference) - _NOISE,
            deviation >= difference + margin,
            deviation <= difference - margin,
        )
    ]
    return shares[0], max(shares[1:]) if margin > 0 else np.nan


def _wilcoxon(difference: np.ndarray) -> float:
    """Exact for up to 50 differences without zeros and ties, else by the normal approximation.

    By itself scipy would permute small samples with ties, which takes a second a test.
    """
    sizes = np.abs(difference)
    exact = len(difference) <= 50 and sizes.all() and len(np.unique(sizes)) == len(sizes)
    return float(stats.wilcoxon(difference, method="exact" if exact else "asymptotic").pvalue)


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's adjustment of a family of p-values; nan stays nan and does not count in the family."""
    values = np.asarray(p, float)
    adjusted = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * factors))
    return adjusted


def _checked(values: np.ndarray, strata: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The values, shape (n, m), and the strata; ValueError for no examples and for infinite values."""
    values = np.ascontiguousarray(values, float)
    if len(values) == 0:
        raise ValueError("no examples")
    if np.isinf(values).any():
        raise ValueError("scores must be finite numbers")
    return values.reshape(len(values), -1), np.asarray(strata)
