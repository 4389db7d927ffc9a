"""Answers to questions on enrichment tables without a model, grouped by the information that they use."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.task_parts import BaselineJob, Baselines
from reasonome.tasks.pathway_qa.answer import CANNOT_BE_TOLD, PathwayAnswer, parse_answer, stated
from reasonome.tasks.pathway_qa.dialogue import (
    DOWN,
    OPPOSITE,
    SAME,
    UP,
    PathwayDialogue,
    PathwayQuestion,
    covers,
    with_statements,
)
from reasonome.tasks.prediction.baselines import NOTHING, PROMPT, TRAINING, Baseline, scored_baselines

_DIRECTIONS = ("direction", "comparison")


class PathwayBaselines(Baselines[PathwayDialogue]):
    """Scores of baselines by each verifier."""

    def score(self, job: BaselineJob) -> pd.DataFrame:
        """A row per baseline and question; a bare answer is right if it is the right one. InputError without
        training.

        The verifiers score the answer with the statements that go with it: of a comparison, whose answer does not say
        which way either tissue goes, a drawn pair. V4 is nan without a confidence.
        """
        if not job.training:
            raise InputError("baselines are answers of training questions, and there are none", fix="hold out fewer")
        asked = job.asked
        found = baselines(job.training, asked, job.seed)
        answers = [
            stated_answer(answer, sure, example, job.seed)
            for baseline in found
            for example, answer, sure in zip(asked, baseline.answers, baseline.confidences, strict=True)
        ]
        earned = {
            f"reward_{name}": reward.values(answers, [*asked] * len(found))
            for name, reward in self.task.rewards().items()
            if name != "format"
        }
        table = scored_baselines(self.task, found, asked).assign(**earned)
        return table.assign(reward_uncertainty=table["reward_uncertainty"].where(table["confidence"].notna()))


def stated_answer(answer: str, sure: float, example: PathwayQuestion, seed: int) -> PathwayAnswer:
    """A baseline's answer with the statements that go with it, as a model would give it."""
    drawn = random.Random(f"{seed}:{example.id}")
    words, _, statements = with_statements(answer, example, drawn).partition("\n")
    return replace(parse_answer(stated(words, statements, 0.0)), confidence=None if math.isnan(sure) else sure)


def baselines(training: Sequence[PathwayQuestion], asked: Sequence[PathwayQuestion], seed: int) -> list[Baseline]:
    """The commonest answer of a kind, one drawn at random, the commonest by the listed studies, and the set's direction
    in training tissues.

    The last two say "cannot be told" where the listed studies do not cover the question. A confidence is the answer's
    share of the training questions of its kind; nan where a baseline cannot say. Questions of a kind without training
    questions are answered as those of all kinds.
    """
    found = [_commonest(training, asked), _drawn(training, asked, seed)]
    covered = [question for question in training if covers(question)] or training
    commonest = _commonest(covered, asked)
    found.append(_where_covered(asked, commonest._replace(name="listed", information=PROMPT)))
    found.append(_where_covered(asked, _elsewhere(covered, asked)))
    return found


def _by_what_is_asked(training: Sequence[PathwayQuestion]) -> Callable[[PathwayQuestion], list[str]]:
    answers: dict[str, list[str]] = defaultdict(list)
    for question in training:
        answers[question.asks].append(question.answer)
    everything = [question.answer for question in training]
    return lambda question: answers.get(question.asks, everything)


def _most(answers: Sequence[str]) -> tuple[str, float]:
    counts = Counter(answers)
    best = min(counts, key=lambda answer: (-counts[answer], answer))
    return best, counts[best] / len(answers)


def _commonest(training: Sequence[PathwayQuestion], asked: Sequence[PathwayQuestion]) -> Baseline:
    of_kind = _by_what_is_asked(training)
    return Baseline.of("commonest", NOTHING, (_most(of_kind(question)) for question in asked))


def _where_covered(asked: Sequence[PathwayQuestion], answered: Baseline) -> Baseline:
    """The answers of a baseline, but "cannot be told" where the prompt lists no study of what is asked."""
    name, information, *given = answered
    pairs = zip(asked, zip(*given, strict=True), strict=True)
    return Baseline.of(
        name, information, (pair if covers(question) else (CANNOT_BE_TOLD, 1.0) for question, pair in pairs)
    )


def _drawn(training: Sequence[PathwayQuestion], asked: Sequence[PathwayQuestion], seed: int) -> Baseline:
    of_kind = _by_what_is_asked(training)
    drawn = [random.Random(f"{seed}:{question.id}").choice(of_kind(question)) for question in asked]
    return Baseline("random", NOTHING, drawn, [float("nan")] * len(asked))


def _elsewhere(training: Sequence[PathwayQuestion], asked: Sequence[PathwayQuestion]) -> Baseline:
    """The value that training questions give the set: in the tissue where they name it, else the commonest elsewhere.

    Without one, the commonest answer of the kind.
    """
    said: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for question in training:
        for one in question.statements:
            template = _template(question)
            said[template, one.set].append(one.value)
            said[template, one.set, one.tissue].append(one.value)
    of_kind = _by_what_is_asked(training)
    answered: list[tuple[str, float]] = []
    for question in asked:
        values = [
            said.get((_template(question), name, tissue)) or said.get((_template(question), name))
            for name, tissue in question.about
        ]
        best = [_most(found) for found in values if found]
        if len(best) == len(question.about) == 1 and question.asks != "comparison":
            answered.append(best[0])
        elif len(best) == 2 and {best[0][0], best[1][0]} <= {UP, DOWN}:
            answered.append((SAME if best[0][0] == best[1][0] else OPPOSITE, math.nan))
        else:
            answered.append(_most(of_kind(question)))
    return Baseline.of("elsewhere", TRAINING, answered)


def _template(question: PathwayQuestion) -> str:
    return "direction" if question.asks in _DIRECTIONS else question.asks
