"""Metrics of many answers together, and the adjustment of p-values."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from reasonome.metrics import OfTable, OfWeights, Pooled

MEAN = "mean"  # the name of the mean over subsets, wherever subsets are listed
ALIKE = "the values do not vary between clusters: no interval"
ALIKE_HITS = "the values do not vary between clusters: an exact interval, by the number of clusters"


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


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's adjustment of a family of p-values; nan stays nan and does not count in the family."""
    values = np.asarray(p, float)
    adjusted = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(values[order] * factors))
    return adjusted
