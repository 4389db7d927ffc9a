"""Scores of molecule properties, and of baselines and domain models beside them."""

from collections.abc import Sequence

import pandas as pd

from reasonome.config.project import Project
from reasonome.tasks.molecule_property import baselines
from reasonome.tasks.prediction.dialogue import PredictionQuestion
from reasonome.tasks.prediction.scoring import PredictionScoring, scored_baselines


class MoleculeScoring(PredictionScoring):
    """Scores beside baselines and domain models."""

    def score_baselines(
        self,
        project: Project,
        benchmark: str,
        style: str,
        training: Sequence[PredictionQuestion],
        asked: Sequence[PredictionQuestion],
    ) -> pd.DataFrame:
        """The baselines and domain models, fitted on the training questions."""
        return scored_baselines(
            self.task, baselines.baselines(self.task, project, benchmark, style, training, asked), asked
        )
