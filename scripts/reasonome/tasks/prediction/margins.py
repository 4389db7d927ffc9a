"""How far each arm is ahead of the best domain model, subset by subset, with an interval of the difference."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from reasonome.report.evidence import EXAMPLE, Evidence
from reasonome.report.scored_arms import pooled_metric
from reasonome.report.tables import SETTING
from reasonome.scoring.comparisons import MEAN, percentile_bounds, resampled_means
from reasonome.tasks.prediction.baselines import DOMAIN_MODEL
from reasonome.tasks.prediction.metrics import METRICS

# Metric of an arm → that of a domain model, and whether more is better. A model's probability stands beside both of an
# arm's: what it states, and how likely its answer was.
_JUDGED = {
    "balanced_accuracy": ("balanced_accuracy", True),
    "auroc": ("auroc", True),
    "auroc_likelihood": ("auroc", True),
    "rmse": ("rmse", False),
    "spearman": ("spearman", True),
}
COLUMNS = ["backbone", "arm", "seed", *SETTING, "subset", "metric", "value", "domain_model", "best", "margin"]
COLUMNS += ["low", "high", "n"]


def margins_table(evidence: Evidence, seed: int, resamples: int) -> pd.DataFrame:
    """A row per arm, seed, setting, subset and metric; a positive `margin` says that the arm is better.

    `domain_model` is the one that is best on the test questions themselves, so that the margin is not flattered. The
    interval is of a bootstrap over clusters, with the same draws for both.
    """
    rows: list[dict[str, Any]] = []
    for evaluation, answers in evidence.evaluations:
        baselines = evidence.baselines[evaluation.benchmark, evaluation.style]
        models = baselines[baselines["information"] == DOMAIN_MODEL]
        labels = {name: getattr(evaluation, name) for name in ("backbone", "arm", "seed", *SETTING)}
        for subset, own in answers.groupby("subset"):
            of_subset = models[models["subset"] == subset]
            rows += [labels | {"subset": subset} | row for row in _margins(own, of_subset, seed, resamples)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _margins(answers: pd.DataFrame, models: pd.DataFrame, seed: int, resamples: int) -> Iterator[dict[str, Any]]:
    """The rows of an arm's answers to one subset, and the answers of domain models to the same."""
    questions = answers.drop_duplicates(EXAMPLE).sort_values(EXAMPLE)
    examples = pd.MultiIndex.from_frame(questions[EXAMPLE])
    names = list(models["baseline"].unique())
    if not names:
        return
    theirs = [models[models["baseline"] == name] for name in names]
    judged = [metric for metric in _JUDGED if METRICS[metric](answers) is not None]
    pooled = [
        pooled_metric(side, METRICS[name], examples)
        for metric in judged
        for side, name in [(answers, metric), *((model, _JUDGED[metric][0]) for model in theirs)]
    ]
    nothing = np.zeros((len(examples), 0))
    draws = {"seed": seed, "resamples": resamples, "pooled": pooled}
    resampled = dict(resampled_means(nothing, [MEAN] * len(examples), questions["cluster"].to_numpy(), **draws))[MEAN]
    for place, metric in enumerate(judged):
        sign = 1 if _JUDGED[metric][1] else -1
        own, *columns = range(place * (len(names) + 1), (place + 1) * (len(names) + 1))
        known = [column for column in columns if np.isfinite(resampled.value[column])]
        if not known:
            continue
        best = max(known, key=lambda column: sign * resampled.value[column])
        difference = sign * (resampled.means[:, own] - resampled.means[:, best])
        low, high = percentile_bounds(difference[:, None])[:, 0]
        yield {
            "metric": metric,
            "value": resampled.value[own],
            "domain_model": names[columns.index(best)],
            "best": resampled.value[best],
            "margin": sign * (resampled.value[own] - resampled.value[best]),
            "low": low,
            "high": high,
            "n": len(examples),
        }
