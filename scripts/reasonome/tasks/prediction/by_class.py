"""How often each class is found, and how often an answer that names it is right, of arms and of baselines."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from reasonome.report.evidence import Evidence
from reasonome.report.tables import SETTING
from reasonome.scoring.comparisons import MEAN
from reasonome.scoring.table_scores import intervals

COLUMNS = ["backbone", "arm", "baseline", "seed", *SETTING, "subset", "class", "recall", "low", "high", "asked"]
COLUMNS += ["precision", "answered"]


def classes_table(evidence: Evidence, seed: int, resamples: int) -> pd.DataFrame:
    """A row per arm or baseline, seed, setting, subset and class; subsets that ask for numbers have none.

    `asked` is the number of answers to questions of the class, `answered` of those that name it. The interval of the
    recall is a bootstrap over clusters; the precision of a class that is never named is nan.
    """
    rows: list[dict[str, Any]] = []
    for evaluation, answers in evidence.evaluations:
        labels = {name: getattr(evaluation, name) for name in ("backbone", "arm", "seed", *SETTING)}
        rows += [labels | row for row in _classes(answers, seed, resamples)]
    for (benchmark, style), baselines in evidence.baselines.items():
        for baseline, answers in baselines.groupby("baseline", sort=False):
            labels = {"baseline": baseline, "benchmark": benchmark, "style": style}
            rows += [labels | row for row in _classes(answers, seed, resamples)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _classes(answers: pd.DataFrame, seed: int, resamples: int) -> Iterator[dict[str, Any]]:
    for subset, own in answers[answers["classes"] != ""].groupby("subset"):
        classes = own["classes"].iloc[0].split("|")
        found = {label: own["verified"].where(own["gold"] == label) for label in classes}
        recalls = intervals(pd.DataFrame(found), [MEAN] * len(own), own["cluster"].tolist(), seed, resamples)[MEAN]
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
