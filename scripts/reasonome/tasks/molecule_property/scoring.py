"""Scores of molecule properties, and of baselines and domain models beside them."""

from reasonome.tasks.molecule_property.baselines import baselines
from reasonome.tasks.prediction.scoring import PredictionScoring


class MoleculeScoring(PredictionScoring):
    """Scores beside baselines and domain models."""

    baselines = staticmethod(baselines)
