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
from reasonome.tasks.question_answer.metric_set import APART, verified
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


Scores = dict[str, np.ndarray]


def _over_classes(gold: np.ndarray, scores: Scores, metric: Callable[..., np.ndarray]) -> OfWeights:
    """The mean over classes of a metric of one class against the others; over those for which it is defined."""

    def of_weights(weights: np.ndarray) -> np.ndarray:
        values = np.stack([metric(weights, gold == label, score) for label, score in scores.items()])
        return _mean_of_known(values, np.ones_like(values))

    return of_weights


def _mean_of_known(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """The mean over the first axis of values that are known, each as often as it is counted; nan without any."""
    counted = np.where(np.isfinite(values), counted, 0.0)
    total, n = (np.nan_to_num(values) * counted).sum(axis=0), counted.sum(axis=0)
    return np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)


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


def _likely(table: pd.DataFrame) -> Scores:
    """Scores by the answer's likelihood, where that is known."""
    sureness = pd.Series(np.exp(table["name_logprob"].to_numpy(float)), table.index)
    return class_scores(table, sureness) if sureness.notna().any() else {}


def _stated(table: pd.DataFrame) -> Scores:
    """Scores by the stated confidence."""
    return class_scores(table, table["confidence"].where(table["confidence_kind"] == "stated"))


def _sampled(table: pd.DataFrame) -> Scores:
    """Scores by the share of a question's answers that give a class, where questions have several answers."""
    if not table["id"].duplicated().any():
        return {}
    votes = class_scores(table, pd.Series(np.nan, table.index))
    return {
        label: pd.Series(score, table.index).groupby(table["id"]).transform("mean").round(_DIGITS).to_numpy()
        for label, score in votes.items()
    }


def _of_scores(scores: Callable[[pd.DataFrame], Scores], metric: Callable[..., np.ndarray]) -> OfTable:
    def prepared(table: pd.DataFrame) -> OfWeights | None:
        found = scores(table)
        return _over_classes(table["gold"].to_numpy(str), found, metric) if found else None

    return _of_classes(prepared)


def _genes(table: pd.DataFrame, several: bool) -> list[np.ndarray]:
    """The rows of each gene that the column `macro` has, of those whose questions are of several classes, or of one."""
    gold, rows_of = table["gold"].to_numpy(str), map(np.asarray, table.groupby("macro").indices.values())
    return [rows for rows in rows_of if (len({*gold[rows]}) > 1) == several]


def _macro(scores: Callable[[pd.DataFrame], Scores], metric: Callable[..., np.ndarray]) -> OfTable:
    """The mean over genes of a metric of each gene's questions, of genes whose questions are of several classes.

    A gene counts as often as its questions do.
    """

    def prepared(table: pd.DataFrame) -> OfWeights | None:
        found = scores(table) if "macro" in table else {}
        genes = _genes(table, several=True) if found else []
        if not genes:
            return None
        gold, sizes = table["gold"].to_numpy(str), [table["id"].iloc[rows].nunique() for rows in genes]
        own = [_over_classes(gold[rows], {k: v[rows] for k, v in found.items()}, metric) for rows in genes]

        def of_weights(weights: np.ndarray) -> np.ndarray:
            values = np.stack([of(weights[:, rows]) for of, rows in zip(own, genes, strict=True)])
            drawn = [weights[:, rows].sum(axis=1) / size for rows, size in zip(genes, sizes, strict=True)]
            return _mean_of_known(values, np.stack(drawn))

        return of_weights

    return _of_classes(prepared)


def _count_of_genes(several: bool) -> OfTable:
    def prepared(table: pd.DataFrame) -> OfWeights | None:
        count = len(_genes(table, several)) if "macro" in table else None
        return None if count is None else lambda weights: np.full(len(weights), float(count))

    return _of_classes(prepared)


# Metric → of a table of one subset, the value for weights of its rows; None where the metric is not defined.
POOLED: dict[str, OfTable] = {
    "balanced_accuracy": _of_classes(_balanced_accuracy),
    "mcc": _of_classes(_mcc),
    "auroc": _of_scores(_stated, pooled.auroc),
    "auprc": _of_scores(_stated, pooled.average_precision),
    "auroc_likelihood": _of_scores(_likely, pooled.auroc),
    "auprc_likelihood": _of_scores(_likely, pooled.average_precision),
    "rmse": _of_numbers(pooled.rmse),
    "mae": _of_numbers(pooled.mae),
    "spearman": _of_numbers(pooled.spearman),
    "r2": _of_numbers(pooled.r2),
}


METRICS = replace(
    VERIFIED,
    metrics=(
        verified("right", "strata"),
        Metric("accuracy", hit=True, of="report", on=("baselines",)),
        Metric("balanced_accuracy", "balanced accuracy", of="report", on=("baselines",)),
        Metric("mcc", "MCC", of="report", on=("baselines",)),
        Metric("auroc", "AUROC of stated confidence", of="report", on=("baselines",)),
        Metric("auprc", "AUPRC of stated confidence", of="report"),
        Metric("auroc_likelihood", "AUROC of the answer's likelihood", of="report"),
        Metric("auprc_likelihood", "AUPRC of the answer's likelihood", of="report"),
        Metric("rmse", "RMSE", of="report", less_is_better=True, on=("baselines",)),
        Metric("mae", "MAE", of="report"),
        Metric("spearman", "Spearman's ρ", of="report", on=("baselines",)),
        Metric("r2", "R²", of="report"),
        Metric("format", "format kept", hit=True, of="answer", of_the_form=True, on=("score",)),
        Metric("no_name", "no usable answer", hit=True, of="report"),
        Metric("no_answer", hit=True, of="report"),  # the same, of tables of answers
        Metric("truncated", "cut off", hit=True, of_the_form=True, on=("score",)),
        Metric("distinct_names", "distinct answers", of="report", apart=True, on=("baselines",)),
        Metric("order_agreement", "agreement of orders"),
        Metric("length", "length", of_the_form=True, digits=1, on=("score", "answers")),
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
        "nearest_molecule": "gives the value of the training molecule with the highest Tanimoto similarity",
        "random_forest": "a random forest on Morgan fingerprints and RDKit's descriptors",
        "gradient_boosting": "gradient boosting on Morgan fingerprints and RDKit's descriptors",
    },
    pooled=POOLED,
)

# Beside them, of pairs of genes: AUROC by the share of samples, and the means over genes that `macro` has.
_PAIRS = (
    Metric("auroc_samples", "AUROC of the share of samples", of="report"),
    Metric("macro_auroc", "AUROC of stated confidence, mean over genes", of="report", on=("baselines",)),
    Metric("macro_auroc_likelihood", "AUROC of the answer's likelihood, mean over genes", of="report"),
    Metric("macro_auroc_samples", "AUROC of the share of samples, mean over genes", of="report"),
    Metric("macro_genes", "genes in that mean", of="report", digits=0),
    Metric("macro_left_out", "genes of one class, not in that mean", of="report", digits=0),
)
_POOLED_PAIRS: dict[str, OfTable] = {
    "auroc_samples": _of_scores(_sampled, pooled.auroc),
    "macro_auroc": _macro(_stated, pooled.auroc),
    "macro_auroc_likelihood": _macro(_likely, pooled.auroc),
    "macro_auroc_samples": _macro(_sampled, pooled.auroc),
    "macro_genes": _count_of_genes(several=True),
    "macro_left_out": _count_of_genes(several=False),
}
_AFTER = [metric.name for metric in METRICS.metrics].index("auprc_likelihood") + 1
OF_PAIRS = replace(
    METRICS,
    metrics=(*METRICS.metrics[:_AFTER], *_PAIRS, *METRICS.metrics[_AFTER:]),
    pooled=POOLED | _POOLED_PAIRS,
    baselines={
        "constant": METRICS.baselines["constant"],
        "random": METRICS.baselines["random"],
        "same_gene": "gives the commonest class of training pairs with the same gene on the side that splits share",
        "facts_regression": "logistic regression on the terms that facts give both genes",
    },
)
