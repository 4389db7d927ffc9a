"""Calibration with intervals: of several confidences in the same answers, which share their resamples."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from reasonome.metrics import Pooled
from reasonome.scoring import calibration
from reasonome.scoring.comparisons import MEAN
from reasonome.scoring.table_scores import Score, few_clusters, intervals


def calibration_scores(
    confidences: Mapping[str, np.ndarray],
    right: np.ndarray,
    clusters: Sequence[str] | None,
    questions: Sequence[str] | None,
    seed: int,
    resamples: int,
    closed: calibration.Side = "right",
) -> dict[str, dict[str, Score]]:
    """Name of a confidence → metric → its score; every confidence is of the same answers, and from 0 to 1.

    `questions` says which question each answer is to, `clusters` which questions are alike; None: each its own. Bins
    are `closed` on a side.

    Beside the metrics of `calibration` there are mean_confidence, accuracy, ece_equal_mass, ece_if_calibrated (what
    chance alone would give, with its range) and distinct_confidences. Intervals are of a bootstrap over clusters;
    calibration errors have none, since resampling raises them.
    """
    columns = {(name, "mean_confidence"): own for name, own in confidences.items()}
    columns |= {(name, "accuracy"): right for name in confidences}
    pooled = {
        (name, metric): _of_places(function, own, right)
        for name, own in confidences.items()
        for metric, function in calibration.METRICS.items()
    }
    wide = pd.DataFrame(columns)
    scores = intervals(wide, [MEAN] * len(right), clusters, seed, resamples, pooled=pooled)[MEAN]
    if few_clusters(len(right), clusters):
        scores = {key: score.alone() for key, score in scores.items()}
    return {
        name: {
            metric: _in_decimals(score)
            for metric, score in (
                *_errors(own, right, seed, questions, closed).items(),
                *((metric, score) for (of, metric), score in scores.items() if of == name),
            )
        }
        | {"distinct_confidences": Score(float(calibration.distinct(own)), None, None, len(own))}
        for name, own in confidences.items()
    }


def _in_decimals(score: Score) -> Score:
    """The score to the decimals in which confidences are told apart: what is 0 there is 0."""
    bounds = [None if bound is None else round(bound, calibration.DECIMALS) + 0.0 for bound in (score.low, score.high)]
    return Score(round(score.value, calibration.DECIMALS) + 0.0, *bounds, score.n)


def _of_places(function: calibration.OfAnswers, confidence: np.ndarray, right: np.ndarray) -> Pooled:
    return lambda places: lambda weights: function(weights, confidence[places], right[places])


def _errors(
    confidence: np.ndarray, right: np.ndarray, seed: int, questions: Sequence[str] | None, closed: calibration.Side
) -> dict[str, Score]:
    """The calibration errors, and what the expected one would be by chance."""
    n, once = len(right), np.ones((1, len(right)))
    errors = {
        name: float(function(once, confidence, right, closed)[0]) for name, function in calibration.ERRORS.items()
    }
    errors["ece_equal_mass"] = calibration.equal_mass_error(confidence, right)
    by_chance = Score(*calibration.error_if_calibrated(confidence, seed, questions, closed), n)
    return {name: Score(value, None, None, n) for name, value in errors.items()} | {"ece_if_calibrated": by_chance}
