"""Scores of predictions, and of baselines and domain models beside them."""

from collections.abc import Callable, Sequence

import pandas as pd

from reasonome.config.project import Project
from reasonome.tasks.prediction.baselines import Baseline
from reasonome.tasks.prediction.dialogue import PredictionDialogue, PredictionQuestion
from reasonome.tasks.question_answer.scoring import VerifiedScoring, labels


class PredictionScoring(VerifiedScoring):
    """Scores of predictions; a subclass has `baselines`, which makes those of its task, and its domain models."""

    baselines: Callable[..., list[Baseline]]

    def score_baselines(
        self,
        project: Project,
        benchmark: str,
        style: str,
        training: Sequence[PredictionQuestion],
        asked: Sequence[PredictionQuestion],
    ) -> pd.DataFrame:
        """The baselines and domain models, fitted on the training questions."""
        found = self.baselines(self.task, project, benchmark, style, training, asked)
        return scored_baselines(self.task, found, asked)


def scored_baselines(
    task: PredictionDialogue, baselines: Sequence[Baseline], asked: Sequence[PredictionQuestion]
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
