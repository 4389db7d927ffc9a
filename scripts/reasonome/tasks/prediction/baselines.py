"""Baselines of predictions that every such task has: the majority class or the mean, and training answers at random."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from reasonome.task_parts import BaselineJob, Baselines
from reasonome.tasks.prediction.dialogue import PredictionDialogue, PredictionQuestion, by_subset, constants
from reasonome.tasks.question_answer.dialogue import Question, VerifiedDialogue
from reasonome.tasks.question_answer.scoring import labels

NOTHING, PROMPT, TRAINING, DATABASE, DOMAIN_MODEL = "none", "prompt", "training data", "a database", "a domain model"


class Baseline(NamedTuple):
    """A baseline's answer to each question, and how sure it is of it, from 0 to 1, nan where it cannot say."""

    name: str
    information: str
    answers: list[str]
    confidences: list[float]

    @classmethod
    def of(cls, name: str, information: str, answered: Iterable[tuple[str, float]]) -> "Baseline":
        """The baseline of (answer, confidence) to each question."""
        pairs = list(answered)
        return cls(name, information, [answer for answer, _ in pairs], [sure for _, sure in pairs])


def constant_baseline(asked: Sequence[PredictionQuestion]) -> Baseline:
    """The commonest class of the training questions, as sure as it is common, or their mean."""
    [answer, *_] = constants(asked)
    given = ((answer[q.subset], q.target.shares.get(answer[q.subset], np.nan)) for q in asked)
    return Baseline.of("constant", NOTHING, given)


def random_baseline(training: Sequence[PredictionQuestion], asked: Sequence[PredictionQuestion], seed: int) -> Baseline:
    """The answer of a training question of the subset, drawn at random."""
    known = by_subset(training)
    drawn = [random.Random(f"{seed}:{question.id}").choice(known[question.subset]).answer for question in asked]
    return Baseline("random", NOTHING, drawn, [np.nan] * len(asked))


def from_scores(
    name: str, information: str, asked: Sequence[PredictionQuestion], scores: Sequence[Mapping[str, float] | float]
) -> Baseline:
    """A baseline from its number, or its probability of each class, for every question."""

    def answered(question: PredictionQuestion, score: Mapping[str, float] | float) -> tuple[str, float]:
        if not isinstance(score, Mapping):
            return repr(float(score)), np.nan
        best = max(score, key=lambda label: (score[label], -question.target.classes.index(label)))
        return best, float(score[best])

    return Baseline.of(name, information, map(answered, asked, scores))


def fitted_baseline(
    name: str,
    information: str,
    training: Sequence[PredictionQuestion],
    asked: Sequence[PredictionQuestion],
    features: Callable[[Sequence[PredictionQuestion]], np.ndarray],
    classifier: BaseEstimator,
    regressor: BaseEstimator | None = None,
) -> Baseline:
    """A model of scikit-learn for each subset, fitted on its training questions; `regressor` is for numbers."""
    scores: dict[str, Mapping[str, float] | float] = {}
    for subset, wanted in by_subset(asked).items():
        known = by_subset(training)[subset]
        truths = [question.answer for question in known]
        if not wanted[0].target.classes:
            model = _fitted(regressor, features(known), np.array(truths, dtype=float))
            predictions = model.predict(features(wanted)).tolist()
        elif len(set(truths)) == 1:  # nothing to fit
            predictions = [{truths[0]: 1.0} for _ in wanted]
        else:
            model = _fitted(classifier, features(known), truths)
            predictions = [
                dict(zip(model.classes_.tolist(), row, strict=True))
                for row in model.predict_proba(features(wanted)).tolist()
            ]
        scores |= {question.id: score for question, score in zip(wanted, predictions, strict=True)}
    return from_scores(name, information, asked, [scores[question.id] for question in asked])


def _fitted(model: BaseEstimator, features: np.ndarray, truths: Sequence | np.ndarray) -> BaseEstimator:
    """A fitted copy of a model that predicts in one thread: several add up the votes of trees in any order."""
    fitted = clone(model).fit(features, truths)
    return fitted.set_params(n_jobs=1) if "n_jobs" in fitted.get_params(deep=False) else fitted


class PredictionBaselines(Baselines[PredictionDialogue]):
    """A subclass adds to `found` the baselines of its task, and domain models."""

    def found(self, job: BaselineJob) -> list[Baseline]:
        """The baselines and domain models, fitted on the training questions."""
        return [constant_baseline(job.asked), random_baseline(job.training, job.asked, job.seed)]

    def score(self, job: BaselineJob) -> pd.DataFrame:
        """A row per baseline and question."""
        found = self.found(job)
        further = [self.task.further_labels(example, job.benchmark) for example in job.asked]
        table = scored_baselines(self.task, found, job.asked)
        return table.join(pd.DataFrame(further * len(found), table.index))


def scored_baselines(task: VerifiedDialogue, baselines: Sequence[Baseline], asked: Sequence[Question]) -> pd.DataFrame:
    """A row per baseline and question, as scores of answers have them."""
    rows = []
    for baseline in baselines:
        for example, answer, sure in zip(asked, baseline.answers, baseline.confidences, strict=True):
            row = {"baseline": baseline.name, "information": baseline.information, "draws": 1} | labels(example)
            rows.append(
                row | task.scored(task.bare(answer), example) | {"confidence": sure, "confidence_kind": "stated"}
            )
    return pd.DataFrame(rows).assign(name_logprob=float("nan"))
