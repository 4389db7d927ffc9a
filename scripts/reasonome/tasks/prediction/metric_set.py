"""The metrics of predictions: what tables, tests, pages and the terminal show of them.

Those of POOLED are each of all rows of a table together. It has, per answer, `gold` and `answer` ("" without a usable
one), `classes` (joined by |, the positive first; "" for numbers), `confidence` with its kind and `name_logprob` (nan
where unknown), and for numbers `true` and `number`, which is the mean of training answers where there is none.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from reasonome.metrics import Metric, OfTable, OfWeights
from reasonome.scoring import pooled_metrics as pooled
from reasonome.tasks.question_answer.metric_set import APART
from reasonome.tasks.question_answer.metric_set import METRICS as VERIFIED

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


def _of_classes(metric: OfTable) -> OfTable:
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
        sureness = pd.Series(np.exp(table["name_logprob"].to_numpy(float)), table.index)
        return _over_classes(table, sureness, metric) if sureness.notna().any() else None

    return _of_classes(prepared)


def _stated(metric: Callable[..., np.ndarray]) -> OfTable:
    """A metric of the stated confidence."""

    def prepared(table: pd.DataFrame) -> OfWeights | None:
        return _over_classes(table, table["confidence"].where(table["confidence_kind"] == "stated"), metric)

    return _of_classes(prepared)


# Metric → of a table of one subset, the value for weights of its rows; None where the metric is not defined.
POOLED: dict[str, OfTable] = {
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


METRICS = replace(
    VERIFIED,
    metrics=(
        Metric(
            "verified",
            "right",
            of="name",
            hit=True,
            tested=True,
            drawn="right",
            on=("terminal", "job", "score", "baselines", "strata"),
        ),
        Metric("accuracy", hit=True, of="report", on=("baselines",)),
        Metric("balanced_accuracy", "balanced accuracy", of="report", on=("terminal", "baselines")),
        Metric("mcc", "MCC", of="report", on=("terminal", "baselines")),
        Metric("auroc", "AUROC of stated confidence", of="report", on=("terminal", "baselines")),
        Metric("auprc", "AUPRC of stated confidence", of="report"),
        Metric("auroc_likelihood", "AUROC of the answer's likelihood", of="report"),
        Metric("auprc_likelihood", "AUPRC of the answer's likelihood", of="report"),
        Metric("rmse", "RMSE", of="report", less_is_better=True, on=("terminal", "baselines")),
        Metric("mae", "MAE", of="report"),
        Metric("spearman", "Spearman's ρ", of="report", on=("terminal", "baselines")),
        Metric("r2", "R²", of="report"),
        Metric("format", "format kept", hit=True, of="answer", of_the_form=True, on=("terminal", "score")),
        Metric("no_name", "no usable answer", hit=True, of="report", on=("terminal",)),
        Metric("truncated", "cut off", hit=True, of_the_form=True, on=("score",)),
        Metric("distinct_names", "distinct answers", of="report", apart=True, on=("baselines",)),
        Metric("order_agreement", "agreement of orders"),
        Metric("length", "length", of_the_form=True, digits=1, on=("terminal", "score", "answers")),
        Metric("confidence", on=("job",)),
        *APART,
    ),
    describe=("true", "number"),
    groups={
        "none": "nothing about the question",
        "prompt": "the prompt alone",
        "training data": "the training data",
        "a database": "a database",
        "a domain model": "a model of the field, fitted on the same training questions",
    },
    baselines={
        "constant": "always gives the commonest class, or the mean, of the training questions",
        "random": "gives the answer of a training question drawn at random",
        "name_words": "a rule on words of the official name, chosen on the training questions",
        "family": "gives the commonest class of the gene's family among training questions",
        "facts_regression": "logistic regression on the terms that facts give the gene",
        "names_regression": "logistic regression on the encoded official name",
        "smiles_length": "a line through the length of the SMILES",
        "molecular_weight": "a line through the molecular weight",
        "nearest_molecule": "gives the value of the training molecule with the highest Tanimoto similarity",
        "random_forest": "a random forest on Morgan fingerprints and RDKit's descriptors",
        "gradient_boosting": "gradient boosting on Morgan fingerprints and RDKit's descriptors",
    },
    pooled=POOLED,
)
