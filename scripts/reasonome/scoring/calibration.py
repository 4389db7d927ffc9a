"""Calibration: how far confidences are from shares of right answers.

Bins of equal width are (0, .1], (.1, .2] … (.9, 1], and 0 is in the first (Guo et al., 2017). Closed on the left they
are [0, .1), [.1, .2) … [.9, 1]. Which bin a confidence is in is decided in decimals: .3 is in the third, or on the left
in the fourth, whatever a float makes of it. `weights`, shape (rows, n), says how often each of n answers counts, as in
`pooled_metrics`; `confidence` is from 0 to 1, `right` 0 or 1, each of shape (n,). Functions of weights return a value
per row of them, shape (rows,), nan where nothing counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from reasonome.metrics import Pooled
from reasonome.scoring import pooled_metrics
from reasonome.scoring.clustered import exact_bounds
from reasonome.scoring.comparisons import MEAN
from reasonome.scoring.table_scores import Score, few_clusters, intervals

BINS = 10
DECIMALS = 12
_UNITS = 10**DECIMALS  # confidences are whole numbers of these, so that bins are decided without rounding

OfAnswers = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Side = Literal["left", "right"]  # on which bins are closed


@dataclass(frozen=True)
class Bin:
    """A bin of a reliability diagram, with the share of right answers and its exact 95 % interval (Clopper and Pearson,
    1934); `confidence` is the mean of the answers in it."""

    low: float
    high: float
    n: int
    confidence: float
    right: float
    right_low: float
    right_high: float


def bin_places(confidence: np.ndarray, closed: Side = "right") -> np.ndarray:
    """The place of each confidence's bin of equal width, from 0, shape (n,)."""
    units = _in_units(confidence) * BINS
    if closed == "left":
        return np.minimum(units // _UNITS, BINS - 1)
    return np.maximum(-(-units // _UNITS) - 1, 0)


def on_edges(confidence: np.ndarray) -> int:
    """How many confidences lie on the edge of two bins."""
    units = _in_units(confidence)
    return int(((units * BINS % _UNITS == 0) & (units > 0) & (units < _UNITS)).sum())


def distinct(confidence: np.ndarray) -> int:
    """How many confidences differ, in decimals."""
    return len(np.unique(_in_units(confidence)))


def errors(bins: Sequence[Bin]) -> dict[str, float]:
    """The calibration errors of a reliability diagram.

    `ece`, the expected one, is the mean distance, over answers, of confidence and share of right ones in a bin, and
    `mce` the largest; `overconfidence` and `underconfidence` are the parts of `ece` from bins whose confidence is above
    their share, and below it.
    """
    gaps = [(b.confidence - b.right, b.n) for b in bins]
    n = sum(b.n for b in bins)
    over = sum(max(gap, 0.0) * answers for gap, answers in gaps) / n
    under = sum(max(-gap, 0.0) * answers for gap, answers in gaps) / n
    largest = max(abs(gap) for gap, _ in gaps)
    return {"ece": over + under, "mce": largest, "overconfidence": over, "underconfidence": under}


def ece(closed: Side, weights: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The expected calibration error, for whole weights."""
    answers = [np.repeat(np.arange(len(right)), row.astype(int)) for row in weights]
    return np.array([errors(reliability(confidence[mine], right[mine], closed))["ece"] for mine in answers])


def brier(weights: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The mean squared distance of confidence and outcome (Brier, 1950)."""
    return _divided(weights @ (confidence - right) ** 2, weights.sum(axis=1))


def auroc(weights: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The chance that a right answer is surer than a wrong one, ties counting half."""
    return pooled_metrics.auroc(weights, right == 1, _in_units(confidence))


def accuracy_at(share: float, weights: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The share of right answers among the most confident share of answers."""
    return pooled_metrics.mean_at_coverage(share, *_falling(weights, confidence, right))


def accuracy_area(weights: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The mean share of right answers among the most confident ones, over all coverages."""
    return pooled_metrics.coverage_area(*_falling(weights, confidence, right))


METRICS: dict[str, OfAnswers] = {
    "brier": brier,
    "auroc": auroc,
    **{f"accuracy_at_{share:.0%}": partial(accuracy_at, share) for share in (0.25, 0.5, 0.75)},
    "accuracy_area": accuracy_area,
}


def reliability(confidence: np.ndarray, right: np.ndarray, closed: Side = "right") -> list[Bin]:
    """The bins of equal width that have answers, lowest first."""
    places, inside, n = np.unique(bin_places(confidence, closed), return_inverse=True, return_counts=True)
    means, shares = (np.bincount(inside, values) / n for values in (confidence, right))
    rows = zip(places / BINS, (places + 1) / BINS, n, means, shares, *exact_bounds(shares, n), strict=True)
    return [Bin(*(number.item() for number in row)) for row in rows]


def calibration_scores(
    confidences: Mapping[str, np.ndarray],
    right: np.ndarray,
    clusters: Sequence[str] | None,
    closed: Side = "right",
) -> dict[str, dict[str, Score]]:
    """Name of a confidence → metric → its score; every confidence is of the same answers, and from 0 to 1.

    `clusters` says which answers are alike; None: each its own. Bins are `closed` on a side.

    Beside METRICS and `errors` there are mean_confidence, accuracy and distinct_confidences. Intervals are over
    clusters; of the calibration errors `ece` alone has one.
    """
    columns = {(name, "mean_confidence"): own for name, own in confidences.items()}
    columns |= {(name, "accuracy"): right for name in confidences}
    pooled = {
        (name, metric): _of_places(function, own, right)
        for name, own in confidences.items()
        for metric, function in (("ece", partial(ece, closed)), *METRICS.items())
    }
    wide = pd.DataFrame(columns)
    hits = [(name, "accuracy") for name in confidences]
    scores = intervals(wide, [MEAN] * len(right), clusters, pooled=pooled, hits=hits)[MEAN]
    if few_clusters(len(right), clusters):
        scores = {key: score.alone() for key, score in scores.items()}
    return {
        name: {
            metric: _in_decimals(score)
            for metric, score in (
                *_errors(own, right, closed).items(),
                *((metric, score) for (of, metric), score in scores.items() if of == name),
            )
        }
        | {"distinct_confidences": Score(float(distinct(own)), None, None, len(own))}
        for name, own in confidences.items()
    }


def _in_decimals(score: Score) -> Score:
    """The score to the decimals in which confidences are told apart: what is 0 there is 0. Bounds are from 0 to 1."""
    low, high = (
        None if bound is None else round(min(max(bound, 0.0), 1.0), DECIMALS) for bound in (score.low, score.high)
    )
    return Score(round(score.value, DECIMALS) + 0.0, low, high, score.n, note=score.note)


def _of_places(function: OfAnswers, confidence: np.ndarray, right: np.ndarray) -> Pooled:
    return lambda places: lambda weights: function(weights, confidence[places], right[places])


def _errors(confidence: np.ndarray, right: np.ndarray, closed: Side) -> dict[str, Score]:
    """The calibration errors, without intervals."""
    found = errors(reliability(confidence, right, closed))
    return {name: Score(value, None, None, len(right)) for name, value in found.items()}


def _in_units(confidence: np.ndarray) -> np.ndarray:
    return np.rint(np.asarray(confidence, float) * _UNITS).astype(np.int64)


def _falling(weights: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of answers and of right ones at every distinct confidence, the surest first; (rows, values)."""
    n, won = pooled_metrics.sums_by_score(weights, _in_units(confidence), np.ones(len(right)), right)
    return n[:, ::-1], won[:, ::-1]


def _divided(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.divide(values, by, out=np.full(values.shape, np.nan), where=by > 0)
