"""Scores of molecule properties, and of baselines and domain models beside them."""

from collections.abc import Sequence

import pandas as pd

from reasonome.config.project import Project
from reasonome.tasks.molecule_property import baselines
from reasonome.tasks.molecule_property.task import MoleculeProperty
from reasonome.tasks.prediction.scoring import BY_ENCODERS, LISTED, POOLED, SHOWN, score, scored_baselines
from reasonome.tasks.prediction.task import PredictionQuestion

__all__ = ["BY_ENCODERS", "LISTED", "POOLED", "SHOWN", "score", "score_baselines"]


def score_baselines(
    task: MoleculeProperty,
    project: Project,
    benchmark: str,
    style: str,
    training: Sequence[PredictionQuestion],
    asked: Sequence[PredictionQuestion],
) -> pd.DataFrame:
    """The baselines and domain models, fitted on the training questions."""
    return scored_baselines(task, baselines.baselines(task, project, benchmark, style, training, asked), asked)
