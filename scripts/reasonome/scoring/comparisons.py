"""Intervals of scores whose examples fall into subsets (strata), and the adjustment of p-values.

The headline number of a benchmark is the mean of its subsets' means, so that a large subset does not
outvote a small one; every interval here is for that number. docs/evaluation.md gives the reasons.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse
from tqdm import tqdm

from reasonome.benchmarks.rows import in_mean
from reasonome.metrics import OfTable, OfWeights, Pooled
from reasonome.scoring.clustered import exact_bounds

MEAN = "mean"  # the name of the mean over subsets, wherever subsets are listed
RESAMPLES = 10_000
ALIKE = "the values do not vary between clusters: no interval"
ALIKE_HITS = "the values do not vary between clusters: an exact interval, by the number of clusters"
_CELLS_AT_ONCE = 4_000_000  # resampled indices held in memory together
_FEWEST_AT_ONCE = 8  # resamples computed together at least, however many scores there are
_TAILS = [(1 - 0.95) / 2, (1 + 0.95) / 2]
FEWEST_SEEDS = 3  # from which their spread can be resampled
FEW_SEEDS = "fewer than three seeds: the interval is over questions alone"
NOISE = 1e-12  # score differences below this are rounding, not difference


@dataclass(frozen=True)
class Resampled:
    """`value`: means of m score vectors (m,); `n`: how many examples have a value (m,); `means`: the means of every
    resample, shape (resamples, m). nan where no example has a value.

    `independent`, shape (m,), says how many independent values would fix a mean as well as these do, if all values are
    0 or 1 (Korn and Graubard, 1998); else nan.
    """

    value: np.ndarray
    n: np.ndarray
    means: np.ndarray
    independent: np.ndarray

    def bounds(self, hits: Sequence[bool]) -> np.ndarray:
        """Bounds of 95 %, shape (2, m): percentiles of the resamples, but exact for `hits` whose values are 0 or 1."""
        exact = np.flatnonzero(np.asarray(hits, bool) & np.isfinite(self.independent))
        bounds = percentile_bounds(self.means)
        bounds[:, exact] = exact_bounds(self.value[exact], self.independent[exact])
        return bounds

    def intervals(self, hits: Sequence[bool]) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """The same as low and high, and for each score vector a note if its values do not vary; "" if they do.

        There is no interval then, but of hits.
        """
        low, high = self.bounds(hits)
        alike = ~vary(self.means)
        unknown = alike & ~(np.asarray(hits, bool) & np.isfinite(self.independent))
        notes = np.select([unknown, alike], [ALIKE, ALIKE_HITS], "").tolist()
        return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high), notes


# --- intervals ---------------------------------------------------------------------------------------


def resampled_means(
    values: np.ndarray,
    strata: Sequence[str],
    clusters: Sequence[str] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    pooled: Sequence[Pooled] = (),
) -> Iterator[tuple[str, Resampled]]:
    """(name, means) of every stratum, sorted, and last those of "mean", the mean over the strata of `in_mean`.

    `values` has shape (n,) or (n, m): m vectors over the same n examples that share their resamples, nan where unknown.
    Means are over the known values, and over the strata that have any. Within each stratum whole clusters are drawn
    with replacement, as many as there are; without `clusters` every example is its own. A cluster that spans several
    strata is drawn independently in each. Metrics in `pooled` are further columns, computed from all drawn examples of
    a stratum together.
    Raises ValueError for infinite values, and for no examples.
    """
    values = np.ascontiguousarray(values, float)
    if len(values) == 0:
        raise ValueError("no examples")
    if np.isinf(values).any():
        raise ValueError("scores must be finite numbers")
    values, in_strata = values.reshape(len(values), -1), np.asarray(strata)
    in_clusters = np.arange(len(values)) if clusters is None else np.asarray(clusters)
    random = np.random.default_rng(seed)
    counted = in_mean(strata)
    columns = values.shape[1] + len(pooled)
    value, n, of_strata = np.zeros(columns), np.zeros(columns, int), np.zeros(columns, int)
    variance, inverse = np.zeros(columns), np.zeros(columns)
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
            share, independent = in_stratum.value[known], in_stratum.independent[known]
            variance[known] += share * (1 - share) / independent
            inverse[known] += 1 / independent
        yield name, in_stratum
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 is nan: no value anywhere
        value = value / of_strata
        independent = _independent(value, variance / of_strata**2, of_strata**2 / inverse)
        yield MEAN, Resampled(value, n, means / of_strata, independent)


def metrics_of_rows(tables: Sequence[pd.DataFrame], metrics: Mapping[str, OfTable]) -> dict[str, Pooled]:
    """Each metric of rows by their places; the mean over several tables of the same rows."""

    def of_rows(metric: OfTable, rows: np.ndarray) -> OfWeights | None:
        functions = [function for table in tables if (function := metric(table.iloc[rows])) is not None]
        if len(functions) < len(tables):
            return None
        return lambda weights: np.mean([function(weights) for function in functions], axis=0)

    return {name: partial(of_rows, metric) for name, metric in metrics.items()}


def pooled_metric(answers: pd.DataFrame, prepare: OfTable, examples: pd.MultiIndex) -> Pooled:
    """A metric of the answers to some of the examples, by their places; several answers to one share its weight.

    The names of `examples` are the columns of the table of answers that say which one a row answers.
    """
    places = examples.get_indexer(pd.MultiIndex.from_frame(answers[list(examples.names)]))
    answers, places = answers[places >= 0], places[places >= 0]
    shares = 1 / np.bincount(places, minlength=len(examples))[places]

    def of_places(chosen: np.ndarray) -> OfWeights | None:
        inside = np.isin(places, chosen)
        of_weights = prepare(answers[inside]) if inside.any() else None
        if of_weights is None:
            return None
        position, share = np.searchsorted(chosen, places[inside]), shares[inside]
        return lambda weights: of_weights(weights[:, position] * share)

    return of_places


def _resampled(
    values: np.ndarray,
    clusters: np.ndarray,
    random: np.random.Generator,
    resamples: int,
    functions: Sequence[OfWeights | None],
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
        all_sizes = np.broadcast_to(sizes, sums.shape).copy()
        all_sizes[:, partial] = known_sizes
        variance = ((sums - value * all_sizes) ** 2).sum(axis=0) / known.sum(axis=0) ** 2
        variance[variance < NOISE**2] = 0  # rounding
        units = (all_sizes > 0).sum(axis=0)
        most = np.where(variance > 0, known.sum(axis=0), units)
        independent = np.where(
            (np.isin(values, (0, 1)) | ~known).all(axis=0), _independent(value, variance, most), np.nan
        )
    ones = np.ones((1, len(values)))
    together = np.array([np.nan if function is None else function(ones)[0] for function in functions])
    n = np.append(known.sum(axis=0), np.isfinite(together) * len(values)).astype(int)
    return Resampled(np.append(value, together), n, means, np.append(independent, np.full(len(functions), np.nan)))


def _independent(share: np.ndarray, variance: np.ndarray, most: np.ndarray) -> np.ndarray:
    """How many independent values of 0 and 1 have this variance of their mean, `most` at the most."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(variance > 0, np.minimum(share * (1 - share) / variance, most), most)


def vary(means: np.ndarray) -> np.ndarray:
    """Whether resampled means (resamples, m) differ in each column; nan resamples do not count."""
    return np.fmax.reduce(means, axis=0) - np.fmin.reduce(means, axis=0) >= NOISE


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
    seeds - 1 degrees of freedom. Fewer than FEWEST_SEEDS are not drawn: two do not tell how far a third may be.
    """
    if seeds < FEWEST_SEEDS:
        return np.full((resamples, seeds), 1 / seeds)
    drawn = random.integers(0, seeds, size=(resamples, seeds))
    times_drawn = (drawn[:, :, None] == np.arange(seeds)).sum(axis=1)
    stretch = np.sqrt(seeds / random.chisquare(seeds - 1, size=(resamples, 1)))
    return (1 + stretch * (times_drawn - 1)) / seeds


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's adjustment of a family of p-values; nan stays nan and does not count in the family."""
    values = np.asarray(p, float)
    adjusted = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * factors))
    return adjusted
