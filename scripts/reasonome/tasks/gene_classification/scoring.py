"""Scores of gene classes, and of baselines and domain models beside them."""

from reasonome.tasks.gene_classification.baselines import baselines
from reasonome.tasks.prediction.scoring import PredictionScoring


class GeneScoring(PredictionScoring):
    """Scores beside baselines and domain models."""

    baselines = staticmethod(baselines)
