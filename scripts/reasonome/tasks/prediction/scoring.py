"""Scores of predictions, and of baselines and domain models beside them."""

from collections.abc import Sequence

import pandas as pd

from reasonome.tasks.prediction.baselines import Baseline
from reasonome.tasks.prediction.metrics import METRICS as POOLED
from reasonome.tasks.prediction.task import PredictionQuestion, PredictionTask
from reasonome.tasks.verified.scoring import BY_ENCODERS, LISTED, labels, score

__all__ = ["BY_ENCODERS", "LISTED", "POOLED", "SHOWN", "score", "scored_baselines"]
SHOWN = ("verified", "confidence")


def scored_baselines(
    task: PredictionTask, baselines: Sequence[Baseline], asked: Sequence[PredictionQuestion]
) -> pd.DataFrame:
    """A row per baseline and question, as scores of answers have them."""
    rows = []
    for baseline in baselines:
        for example, answer, sure in zip(asked, baseline.answers, baseline.confidences, strict=True):
            row = {"baseline": baseline.name, "information": baseline.information, "draws": 1} | labels(example)
            rows.append(
                row | task.scored(task.bare(answer), example) | {"confidence": sure, "confidence_kind": "stated"}
            )
    return pd.DataFrame(rows).assign(name_logprob=float("nan"))
