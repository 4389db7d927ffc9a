"""Baselines and domain models of molecule properties, fitted on the training questions of each subset."""

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from reasonome.task_parts import BaselineJob
from reasonome.tasks.molecule_property.molecules import descriptors, fingerprints, similarities
from reasonome.tasks.prediction.baselines import (
    DOMAIN_MODEL,
    TRAINING,
    Baseline,
    PredictionBaselines,
    fitted_baseline,
)
from reasonome.tasks.prediction.dialogue import PredictionQuestion, by_subset

_TREES = 300


class MoleculeBaselines(PredictionBaselines):
    """Baselines and domain models."""

    def found(self, job: BaselineJob) -> list[Baseline]:
        """The baselines by the information that they use; the same to the bit when run again."""
        seed = job.seed
        forest = {"n_estimators": _TREES, "random_state": seed, "n_jobs": -1}
        forests = RandomForestClassifier(**forest), RandomForestRegressor(max_features=1 / 3, **forest)
        boosted = HistGradientBoostingClassifier(random_state=seed), HistGradientBoostingRegressor(random_state=seed)

        def fitted(name: str, models: Sequence[BaseEstimator]) -> Baseline:
            return fitted_baseline(name, DOMAIN_MODEL, job.training, job.asked, features, *models)

        return [
            *super().found(job),
            _nearest(job.training, job.asked),
            fitted("random_forest", forests),
            fitted("gradient_boosting", boosted),
        ]


def features(questions: Sequence[PredictionQuestion]) -> np.ndarray:
    """Morgan fingerprints and RDKit's descriptors, shape (questions, bits + descriptors)."""
    molecules = [question.columns["smiles"] for question in questions]
    described = np.array([list(descriptors(smiles).values()) for smiles in molecules], dtype=np.float32)
    return np.hstack([fingerprints(molecules), described])


def _nearest(training: Sequence[PredictionQuestion], asked: Sequence[PredictionQuestion]) -> Baseline:
    """The value of the nearest training molecule by Tanimoto similarity, as sure as they are similar."""
    known = by_subset(training)
    answered = []
    for question in asked:
        molecules = known[question.subset]
        similar = similarities(question.columns["smiles"], [other.columns["smiles"] for other in molecules])
        best = int(similar.argmax())
        share = 1 / len(question.target.classes) if question.target.classes else np.nan
        answered.append((molecules[best].answer, float(share + (1 - share) * similar[best])))
    return Baseline.of("nearest_molecule", TRAINING, answered)
