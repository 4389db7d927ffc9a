"""Metrics of a table of predictions, each over all rows together.

A table has, per answer, `gold` and `answer` ("" without a usable one), `classes` (joined by |, the positive first; ""
for numbers), `confidence` with its kind and `name_logprob` (nan where unknown), and for numbers `true` and `number`,
which is the mean of training answers where there is none.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from reasonome.scoring import pooled_metrics as pooled
from reasonome.scoring.comparisons import OfTable, OfWeights

_DIGITS = 9  # 1 - .8 and .2 are a tie


def class_scores(table: pd.DataFrame, sureness: pd.Series) -> dict[str, np.ndarray]:
    """Class → how much each answer speaks for it, from 0 to 1; only the positive one of two, and none of one.

    An answer gives its class its sureness, and the other classes share the rest alike; all have the same without a
    usable answer, and where its sureness is unknown. Where that of no answer is known, each counts as sure.
    """
    classes = table["classes"].iloc[0].split("|")
    if len(classes) == 1:
        return {}
    sure = sureness.fillna(1 / len(classes) if sureness.notna().any() else 1.0).to_numpy(float)
    answers = table["answer"].to_numpy(str)
    scores = {}
    for label in classes[:1] if len(classes) == 2 else classes:
        other = (1 - sure) / (len(classes) - 1)
        score = np.select([answers == label, answers == ""], [sure, 1 / len(classes)], other)
        scores[label] = score.round(_DIGITS)
    return scores


def _over_classes(table: pd.DataFrame, sureness: pd.Series, metric: Callable[..., np.ndarray]) -> OfWeights | None:
    """The mean over classes of a metric of one class against the others; over those for which it is defined."""
    gold = table["gold"].to_numpy(str)
    scores = class_scores(table, sureness)
    if not scores:
        return None

    def of_weights(weights: np.ndarray) -> np.ndarray:
        values = np.stack([metric(weights, gold == label, score) for label, score in scores.items()])
        defined = np.isfinite(values)
        total = np.where(defined, values, 0.0).sum(axis=0)
        return np.divide(total, defined.sum(axis=0), out=np.full(len(weights), np.nan), where=defined.any(axis=0))

    return of_weights


def _of_classes(metric: Callable[[pd.DataFrame], OfWeights]) -> OfTable:
    return lambda table: metric(table) if table["classes"].iloc[0] else None


def _of_numbers(metric: Callable[..., np.ndarray]) -> OfTable:
    def prepared(table: pd.DataFrame) -> OfWeights | None:
        if table["classes"].iloc[0]:
            return None
        gold, number = table["true"].to_numpy(float), table["number"].to_numpy(float)
        return lambda weights: metric(weights, gold, number)

    return prepared


def _balanced_accuracy(table: pd.DataFrame) -> OfWeights:
    gold, right = table["gold"].to_numpy(str), (table["gold"] == table["answer"]).to_numpy(float)
    return lambda weights: pooled.balanced_accuracy(weights, gold, right)


def _mcc(table: pd.DataFrame) -> OfWeights:
    gold, answer = table["gold"].to_numpy(str), table["answer"].to_numpy(str)
    return lambda weights: pooled.mcc(weights, gold, answer)


def _likely(metric: Callable[..., np.ndarray]) -> OfTable:
    """A metric of the answer's likelihood, where that is known."""

    def prepared(table: pd.DataFrame) -> OfWeights | None:
        known = table["name_logprob"].notna().any()
        return _over_classes(table, np.exp(table["name_logprob"]), metric) if known else None

    return _of_classes(prepared)


def _stated(metric: Callable[..., np.ndarray]) -> OfTable:
    """A metric of the stated confidence."""

    def prepared(table: pd.DataFrame) -> OfWeights | None:
        return _over_classes(table, table["confidence"].where(table["confidence_kind"] == "stated"), metric)

    return _of_classes(prepared)


# Metric → of a table of one subset, the value for weights of its rows; None where the metric is not defined.
METRICS: dict[str, OfTable] = {
    "balanced_accuracy": _of_classes(_balanced_accuracy),
    "mcc": _of_classes(_mcc),
    "auroc": _stated(pooled.auroc),
    "auprc": _stated(pooled.average_precision),
    "auroc_likelihood": _likely(pooled.auroc),
    "auprc_likelihood": _likely(pooled.average_precision),
    "rmse": _of_numbers(pooled.rmse),
    "mae": _of_numbers(pooled.mae),
    "spearman": _of_numbers(pooled.spearman),
    "r2": _of_numbers(pooled.r2),
}
