"""Means and differences of scores with their standard errors, where questions lie in clusters and models have seeds.

Questions about one thing (a pathway, a gene, a family) are one cluster, and the model of each seed is asked all of
them: clusters are crossed with seeds. The variance of a mean over both is that between clusters and that between seeds,
less what both hold, so that the noise of single answers counts once. docs/evaluation.md gives the reasons, and
`speed/ruler.py` simulates how often the test is wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse, stats
from scipy.sparse.csgraph import connected_components

NOISE = 1e-12  # differences below this are rounding
LEVEL = 0.95
# The variance is never below this part of that between clusters: of a few seeds the part that both hold is known
# roughly. Chosen by speed/ruler.py.
LEAST = 0.88
GROUPS = 200  # of clusters at most, that a jackknife leaves out by turns


@dataclass(frozen=True)
class Influence:
    """A statistic of each seed, and how far each cluster moves it.

    `values` has shape (…, seeds), and `moves` (…, clusters, seeds): what each cluster adds to the statistic beyond its
    mean. Moves sum to 0 over the clusters of a block; `blocks`, shape (clusters,), numbers those that strata hold
    together.
    """

    values: np.ndarray
    moves: np.ndarray
    blocks: np.ndarray


@dataclass(frozen=True)
class Estimate:
    """A statistic with its standard error and degrees of freedom, each of shape (…); nan where no error is known."""

    value: np.ndarray
    error: np.ndarray
    df: np.ndarray

    @property
    def p(self) -> np.ndarray:
        """Two-sided p of Student's t against 0. Without an error it is 1 for a value of 0, and nan for another one."""
        with np.errstate(invalid="ignore", divide="ignore"):
            p = 2 * stats.t.sf(np.abs(self.value / self.error), self.df)
        return np.where(self.error < NOISE, np.where(np.abs(self.value) < NOISE, 1.0, np.nan), p)

    @property
    def bounds(self) -> np.ndarray:
        """The interval of 95 %, shape (2, …), which holds 0 where p is 0.05 or more."""
        reach = stats.t.ppf((1 + LEVEL) / 2, self.df) * self.error
        return np.array([self.value - reach, self.value + reach])


def of_means(values: np.ndarray, strata: ArrayLike, clusters: ArrayLike) -> Influence:
    """The mean over strata of the means of their questions, for each seed; `values` has shape (questions, seeds).

    ValueError for values that are not finite, and for no questions.
    """
    values = np.asarray(values, float)
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("scores must be finite numbers, of one question at least")
    stratum, cluster = _places(strata), _places(clusters)
    sizes = np.bincount(stratum)
    means = np.stack([np.bincount(stratum, seed) / sizes for seed in values.T], axis=1)
    moved = (values - means[stratum]) / (sizes[stratum] * len(sizes))[:, None]
    moves = np.stack([np.bincount(cluster, seed) for seed in moved.T], axis=1)
    return Influence(means.mean(axis=0), moves, _blocks(stratum, cluster))


def of_pooled(metric: Callable[[np.ndarray], np.ndarray], strata: ArrayLike, clusters: ArrayLike) -> Influence:
    """The jackknife of a metric of all answers together, stratified: how far it moves without each cluster.

    `metric` gives the metric of each seed, shape (seeds,), from how often each question counts, shape (questions,).
    More clusters than GROUPS are left out in as many groups, drawn at random.
    """
    stratum, cluster = _places(strata), _places(clusters)
    count = cluster.max() + 1
    if count > GROUPS:
        cluster, count = np.random.default_rng(0).permutation(count)[cluster] % GROUPS, GROUPS
    without = np.stack([metric((cluster != one).astype(float)) for one in range(count)])
    blocks = _blocks(stratum, cluster)
    sizes = np.bincount(blocks)[:, None]
    means = np.stack([np.bincount(blocks, seed) for seed in without.T], axis=1) / sizes
    moves = (means[blocks] - without) * (1 - 1 / sizes)[blocks]
    return Influence(metric(np.ones(len(cluster))), moves, blocks)


def _places(names: ArrayLike) -> np.ndarray:
    """The place of each name among all, sorted."""
    return pd.factorize(np.asarray(names), sort=True)[0]


def _blocks(stratum: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """The number of each cluster's block: clusters of one stratum are in one, and so are those that a chain links."""
    count = cluster.max() + 1
    size = count + stratum.max() + 1
    links = sparse.coo_matrix((np.ones(len(cluster)), (cluster, count + stratum)), (size, size))
    return connected_components(links, directed=False)[1][:count]


def estimate(of: Influence) -> Estimate:
    """The mean over seeds, with its error over clusters and seeds."""
    return _estimated(of.values.mean(axis=-1), of.moves.mean(axis=-1), of.blocks, [of])


def difference(a: Influence, b: Influence, paired: bool) -> Estimate:
    """The difference of two means over seeds, of the same clusters; `paired`: of one chain seed by seed."""
    if paired:
        return estimate(Influence(a.values - b.values, a.moves - b.moves, a.blocks))
    value = a.values.mean(axis=-1) - b.values.mean(axis=-1)
    return _estimated(value, a.moves.mean(axis=-1) - b.moves.mean(axis=-1), a.blocks, [a, b])


def exact_interval(of: Estimate, clusters: np.ndarray | float, answers: np.ndarray | float) -> np.ndarray:
    """The interval of 95 % of a share of answers that are 0 or 1, shape (2, …), of as many independent answers as have
    its error (Korn and Graubard, 1998): n of them have the variance share × (1 − share) / (n − 1).

    They are `answers` at most, and `clusters` where the share is 0 or 1, nothing varies, or no error is known.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        independent = np.minimum(1 + of.value * (1 - of.value) / of.error**2, answers)
    return exact_bounds(of.value, np.where(of.error > NOISE, independent, clusters))


def exact_bounds(share: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Bounds of 95 % of shares among n, shape (2, …), after Clopper and Pearson (1934); n may be a fraction."""
    hits, tail = share * n, (1 - LEVEL) / 2
    low = np.where(share < NOISE, 0.0, stats.beta.ppf(tail, hits, n - hits + 1))
    return np.array([low, np.where(share > 1 - NOISE, 1.0, stats.beta.isf(tail, hits + 1, n - hits))])


def _estimated(value: np.ndarray, moves: np.ndarray, blocks: np.ndarray, arms: Sequence[Influence]) -> Estimate:
    """An estimate that clusters move by `moves`, shape (…, clusters), and whose seeds are those of the arms.

    The degrees of freedom are Satterthwaite's (1946): the squared variance over the sum of the squares of its parts,
    each over its own. The seeds' parts count where they are larger than what clusters hold of them.
    """
    of_clusters = _variances(moves[..., None], blocks)
    of_seeds, net = [], np.zeros(np.shape(value))
    for arm in arms:
        seeds = arm.values.shape[-1]
        if seeds == 1:
            continue
        alone = arm.moves - arm.moves.mean(axis=-1, keepdims=True)
        between = arm.values.var(axis=-1, ddof=1) / seeds
        held = [(variance / (seeds * (seeds - 1)), df * (seeds - 1)) for variance, df in _variances(alone, blocks)]
        beyond = between - sum(variance for variance, _ in held)
        of_seeds.append(between * np.maximum(beyond, 0.0) / (seeds - 1))
        net = net + beyond
    between_clusters = sum(variance for variance, _ in of_clusters)
    variance = np.maximum(between_clusters + net, LEAST * between_clusters)
    squares = sum(part**2 / df for part, df in of_clusters)
    squares = squares + (net > 0) * sum(of_seeds)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Estimate(value, np.sqrt(variance), variance**2 / squares)


def _variances(moves: np.ndarray, blocks: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """The variance of the sum of each block's moves, added up over seeds, with its degrees of freedom; nan for a block
    of one cluster. `moves` has shape (…, clusters, seeds)."""
    found = []
    for block in np.unique(blocks):
        mine = moves[..., blocks == block, :]
        count = mine.shape[-2]
        factor = count / (count - 1) if count > 1 else np.nan
        found.append((factor * (mine**2).sum(axis=(-2, -1)), max(count - 1, 1)))
    return found
