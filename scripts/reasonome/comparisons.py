"""Intervals and paired tests for scores whose examples fall into subsets (strata).

The headline number of a benchmark is the mean of its subsets' means, so that a large subset does not
outvote a small one; every interval and test here is for that number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reasonome.config import is_variant

MEAN = "mean"  # the name of the mean over subsets, wherever subsets are listed
RESAMPLES = 10_000
_CELLS_AT_ONCE = 4_000_000  # resampled indices held in memory together
_NOISE = 1e-12  # score differences below this are rounding, not difference


@dataclass(frozen=True)
class Intervals:
    """Means and percentile bounds, each of shape (m,), of m score vectors over `n` examples."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int


@dataclass(frozen=True)
class PairedTest:
    """A test of "the mean difference is zero" over `n` pairs; `note` says why a number is nan."""

    difference: float
    t: float
    df: float
    p: float
    p_wilcoxon: float
    effect_size: float
    n: int
    note: str


def in_mean(subsets: Iterable[str]) -> list[str]:
    """The distinct subsets, sorted, whose means make the mean.

    Contaminated variants, named like bp-50, ask something else and are reported apart; where there is nothing else,
    they are all there is.
    """
    names = sorted(set(subsets))
    return [name for name in names if not is_variant(name)] or names


def bootstrap_intervals(
    values: np.ndarray,
    strata: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> dict[str, Intervals]:
    """Percentile bootstrap of the mean of every stratum and, as "mean", of the mean of those of `in_mean`.

    `values` has shape (n,) or (n, m): m vectors over the same n examples. They share their resamples,
    which are drawn within strata. The intervals of paired differences are those of a paired bootstrap.
    Raises ValueError for values that are not finite, no examples, or strata of another length.
    """
    values, strata = _checked(values, strata)
    random = np.random.default_rng(seed)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    result: dict[str, Intervals] = {}
    resampled_mean, value = np.zeros((resamples, values.shape[1])), np.zeros(values.shape[1])
    counted = in_mean(strata)
    for name in sorted(set(strata)):
        chosen = values[strata == name]
        means = _resampled_means(chosen, random, resamples)
        low, high = np.quantile(means, tails, axis=0)
        result[name] = Intervals(chosen.mean(axis=0), low, high, len(chosen))
        if name in counted:
            resampled_mean += means / len(counted)
            value += result[name].value / len(counted)
    low, high = np.quantile(resampled_mean, tails, axis=0)
    return {MEAN: Intervals(value, low, high, sum(result[name].n for name in counted)), **result}


def _resampled_means(values: np.ndarray, random: np.random.Generator, resamples: int) -> np.ndarray:
    n = len(values)
    means = np.empty((resamples, values.shape[1]))
    chunk = max(1, _CELLS_AT_ONCE // n)
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = random.integers(0, n, size=(rows, n)) + n * np.arange(rows)[:, None]
        times_drawn = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
        means[start : start + rows] = times_drawn @ values / n
    return means


def paired_test(a: np.ndarray, b: np.ndarray, strata: Sequence[str]) -> PairedTest:
    """Test aligned scores `a` against `b` (both of shape (n,)); a positive difference favours `a`.

    t: mean over strata of the mean difference, over sqrt(sum var_k / n_k) / K, with Welch-Satterthwaite
    degrees of freedom; with one stratum this is the paired t-test. Wilcoxon's signed-rank test pools the
    strata. The effect size is Cohen's dz, with the mean within-stratum variance.
    Differences without any variance: p is 1 where they are all zero, nan (and a note) where they are not.
    Raises ValueError as `bootstrap_intervals` does.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"scores to be paired differ in shape: {np.shape(a)} and {np.shape(b)}")
    difference, strata = _checked(np.asarray(a, float) - np.asarray(b, float), strata)
    difference = difference[:, 0]
    difference[np.abs(difference) < _NOISE] = 0
    groups = [difference[strata == name] for name in sorted(set(strata))]
    estimate = float(np.mean([group.mean() for group in groups]))
    wilcoxon = float(stats.wilcoxon(difference).pvalue) if difference.any() else 1.0

    def result(t=np.nan, df=np.nan, p=np.nan, effect_size=np.nan, note="") -> PairedTest:
        return PairedTest(estimate, t, df, p, wilcoxon, effect_size, len(difference), note)

    if not difference.any():
        return result(t=0.0, p=1.0, effect_size=0.0, note="identical scores")
    if min(map(len, groups)) < 2:
        return result(note="a subset with a single example has no variance to test against")
    if all(np.ptp(group) < _NOISE for group in groups):
        return result(note="the difference is the same for every example of a subset: no t-test")
    variance = np.array([group.var(ddof=1) for group in groups])
    sizes = np.array([len(group) for group in groups])
    of_mean = variance / sizes
    t = estimate / (np.sqrt(of_mean.sum()) / len(groups))
    df = of_mean.sum() ** 2 / (of_mean**2 / (sizes - 1)).sum()
    return result(t, df, 2 * stats.t.sf(abs(t), df), estimate / np.sqrt(variance.mean()))


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's adjustment of a family of p-values; nan stays nan and does not count in the family."""
    p = np.asarray(p, float)
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return adjusted


def _checked(values: np.ndarray, strata: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    values, strata = np.array(values, float), np.asarray(strata)
    if len(values) == 0:
        raise ValueError("no examples")
    if len(values) != len(strata):
        raise ValueError(f"{len(values)} values but {len(strata)} strata")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite numbers")
    return values.reshape(len(values), -1), strata
