"""Reports and model cards of predictions: metrics, primary first, baselines, and margins over domain models."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.core import atomic
from reasonome.report.evidence import EXAMPLE, Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, read_table
from reasonome.scoring.clustered import NOISE, Influence, difference
from reasonome.scoring.comparisons import MEAN, pooled_metric
from reasonome.scoring.table_scores import intervals, together
from reasonome.tasks.prediction.baselines import DOMAIN_MODEL
from reasonome.tasks.prediction.metric_set import POOLED
from reasonome.tasks.question_answer.report import VerifiedReporting


class PredictionReporting(VerifiedReporting):
    """Reports and cards of predictions."""

    does = "predicts classes and numbers"
    tag = "prediction"
    use = "To predict what the benchmarks below ask, for somebody who weighs the answer against a model of the field."

    def failures(self, table: pd.DataFrame, names: pd.Series, repeated: Collection[str]) -> dict[str, pd.Series]:
        """Kind of failure → which answers have it."""
        wrong, numeric = (names != "") & (table["verified"] == 0), table["classes"] == ""
        return {
            "no usable answer": names == "",
            "wrong class": wrong & ~numeric,
            "beyond the tolerance": wrong & numeric,
            "constant-like": numeric & names.isin(list(repeated)),
        }

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int) -> None:
        """Write the tables of margins over the best domain model, and of scores by class."""
        for name, table in (
            ("margins", margins_table(evidence)),
            ("classes", classes_table(evidence)),
        ):
            atomic.write_tsv(folder / f"{name}.tsv", table)

    def own_section(self, plan: Plan, table: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """The margins over the best domain model, and the scores by class."""
        return {
            "margins": _read(folder / "margins.tsv", MARGIN_COLUMNS, "best", "margin").to_dict("records"),
            "classes": _read(folder / "classes.tsv", CLASS_COLUMNS, "recall", "precision").to_dict("records"),
        }


def _read(path: Path, columns: list[str], *numeric: str) -> pd.DataFrame:
    table = read_table(path, columns)
    return table.assign(**{column: pd.to_numeric(table[column].replace("", np.nan)) for column in numeric})


# Metric of an arm → that of a domain model, and whether more is better. A model's probability stands beside both of an
# arm's: what it states, and how likely its answer was.
_JUDGED = {
    "balanced_accuracy": ("balanced_accuracy", True),
    "auroc": ("auroc", True),
    "auroc_likelihood": ("auroc", True),
    "rmse": ("rmse", False),
    "spearman": ("spearman", True),
}
MARGIN_COLUMNS = ["backbone", "arm", "seed", *SETTING, "subset", "metric", "value", "domain_model", "best", "margin"]
MARGIN_COLUMNS += ["low", "high", "n"]


def margins_table(evidence: Evidence) -> pd.DataFrame:
    """A row per arm, seed, setting, subset and metric; a positive `margin` says that the arm is better.

    `domain_model` is the one that is best on the test questions themselves, so that the margin is not flattered. The
    interval is of a jackknife over clusters, which both leave out together.
    """
    rows: list[dict[str, Any]] = []
    for evaluation, answers in evidence.evaluations:
        baselines = evidence.baselines[evaluation.benchmark, evaluation.style]
        models = baselines[baselines["information"] == DOMAIN_MODEL]
        labels = {name: getattr(evaluation, name) for name in ("backbone", "arm", "seed", *SETTING)}
        for subset, own in answers.groupby("subset"):
            of_subset = models[models["subset"] == subset]
            rows += [labels | {"subset": subset} | row for row in _margins(own, of_subset)]
    return pd.DataFrame(rows, columns=MARGIN_COLUMNS)


def _margins(answers: pd.DataFrame, models: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of an arm's answers to one subset, and the answers of domain models to the same."""
    questions = answers.drop_duplicates(EXAMPLE).sort_values(EXAMPLE)
    examples, clusters = pd.MultiIndex.from_frame(questions[EXAMPLE]), questions["cluster"].to_numpy()
    asked = np.arange(len(examples))

    def of_all(side: pd.DataFrame, metric: str) -> Influence | None:
        found = together(pooled_metric(side, POOLED[metric], examples), np.zeros_like(asked), clusters, asked)
        return found[0] if found else None

    for metric, (of_models, more_is_better) in _JUDGED.items():
        own = of_all(answers, metric)
        theirs = {str(name): of_all(rows, of_models) for name, rows in models.groupby("baseline", sort=False)}
        known = {name: of for name, of in theirs.items() if of is not None}
        if own is None or not known:
            continue
        sign = 1 if more_is_better else -1
        best = max(known, key=lambda name: sign * known[name].values[0])
        first, second = (own, known[best]) if more_is_better else (known[best], own)
        margin = difference(first, second, paired=True)
        low, high = margin.bounds if margin.error > NOISE else (np.nan, np.nan)
        yield {
            "metric": metric,
            "value": own.values[0],
            "domain_model": best,
            "best": known[best].values[0],
            "margin": float(margin.value),
            "low": low,
            "high": high,
            "n": len(examples),
        }


CLASS_COLUMNS = ["backbone", "arm", "baseline", "seed", *SETTING, "subset", "class", "recall", "low", "high", "asked"]
CLASS_COLUMNS += ["precision", "answered"]


def classes_table(evidence: Evidence) -> pd.DataFrame:
    """A row per arm or baseline, seed, setting, subset and class; subsets that ask for numbers have none.

    `asked` is the number of answers to questions of the class, `answered` of those that name it. The interval of the
    recall is exact; the precision of a class that is never named is nan.
    """
    rows: list[dict[str, Any]] = []
    for evaluation, answers in evidence.evaluations:
        labels = {name: getattr(evaluation, name) for name in ("backbone", "arm", "seed", *SETTING)}
        rows += [labels | row for row in _classes(answers)]
    for (benchmark, style), baselines in evidence.baselines.items():
        for baseline, answers in baselines.groupby("baseline", sort=False):
            labels = {"baseline": baseline, "benchmark": benchmark, "style": style}
            rows += [labels | row for row in _classes(answers)]
    return pd.DataFrame(rows, columns=CLASS_COLUMNS)


def _classes(answers: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for subset, own in answers[answers["classes"] != ""].groupby("subset"):
        classes = own["classes"].iloc[0].split("|")
        found = {label: own["verified"].where(own["gold"] == label) for label in classes}
        clusters = own["cluster"].tolist()
        recalls = intervals(pd.DataFrame(found), [MEAN] * len(own), clusters, hits=list(found))[MEAN]
        for label, recall in recalls.items():
            named = own["answer"] == label
            yield {
                "subset": subset,
                "class": label,
                "recall": recall.value,
                "low": recall.low,
                "high": recall.high,
                "asked": recall.n,
                "precision": own.loc[named, "verified"].mean() if named.any() else np.nan,
                "answered": int(named.sum()),
            }
