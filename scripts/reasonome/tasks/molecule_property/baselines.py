"""Baselines and domain models of molecule properties, fitted on the training questions of each subset."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reasonome.config.project import Project
from reasonome.task_parts import BaselineJob
from reasonome.tasks.molecule_property.molecules import descriptors, fingerprints, molecular_weight, similarities
from reasonome.tasks.prediction.baselines import (
    DOMAIN_MODEL,
    PROMPT,
    TRAINING,
    Baseline,
    PredictionBaselines,
    fitted_baseline,
)
from reasonome.tasks.prediction.dialogue import PredictionQuestion, by_subset

_TREES = 300


class MoleculeBaselines(PredictionBaselines):
    """Baselines and domain models."""

    def found(self, project: Project, job: BaselineJob) -> list[Baseline]:
        """The baselines by the information that they use; the same to the bit when run again."""
        seed = project.settings.seed
        linear = make_pipeline(StandardScaler(), LogisticRegression()), LinearRegression()
        forest = {"n_estimators": _TREES, "random_state": seed, "n_jobs": -1}
        forests = RandomForestClassifier(**forest), RandomForestRegressor(max_features=1 / 3, **forest)
        boosted = HistGradientBoostingClassifier(random_state=seed), HistGradientBoostingRegressor(random_state=seed)

        def fitted(name: str, information: str, features: Callable, models: Sequence[BaseEstimator]) -> Baseline:
            return fitted_baseline(name, information, job.training, job.asked, features, *models)

        return [
            *super().found(project, job),
            fitted("smiles_length", PROMPT, _lengths, linear),
            fitted("molecular_weight", PROMPT, _weights, linear),
            _nearest(job.training, job.asked),
            fitted("random_forest", DOMAIN_MODEL, features, forests),
            fitted("gradient_boosting", DOMAIN_MODEL, features, boosted),
        ]


def features(questions: Sequence[PredictionQuestion]) -> np.ndarray:
    """Morgan fingerprints and RDKit's descriptors, shape (questions, bits + descriptors)."""
    molecules = [question.columns["smiles"] for question in questions]
    described = np.array([list(descriptors(smiles).values()) for smiles in molecules], dtype=np.float32)
    return np.hstack([fingerprints(molecules), described])


def _lengths(questions: Sequence[PredictionQuestion]) -> np.ndarray:
    return np.array([[len(question.columns["smiles"])] for question in questions], dtype=float)


def _weights(questions: Sequence[PredictionQuestion]) -> np.ndarray:
    return np.array([[molecular_weight(question.columns["smiles"])] for question in questions])


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
