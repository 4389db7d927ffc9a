"""The task object of predictions: a class or a number, with a confidence."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import nan
from random import Random
from statistics import fmean, median, pstdev
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from reasonome.config import Grading
from reasonome.config import Style as PromptStyle
from reasonome.core.errors import InputError
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import Policy, Reward, one_by_one
from reasonome.tasks.prediction.answer import answer_span, parse_answer, read_class, read_number, stated, within
from reasonome.tasks.prediction.settings import Predicted, PredictionBenchmark, PredictionStyle
from reasonome.tasks.question_answer.dialogue import KEPT_FORM, Question, Verdict, VerifiedDialogue
from reasonome.tasks.stated_confidence import reward_of_confidence


def class_reward(right: bool, gold: str, shares: Mapping[str, float]) -> float:
    """1 for a right answer of the rarest class, less for commoner ones, below 0 for a wrong answer or none.

    `shares` are the classes' shares of the training answers. It is (right / share of the gold class - 1), divided by
    its highest value: a constant answer earns 0 in expectation. A class that no training answer has counts as the
    rarest.
    """
    rarest = min(shares.values())
    if rarest == 1:
        return 0.0  # one class alone teaches nothing
    return (right / shares.get(gold, rarest) - 1) / (1 / rarest - 1)


def graded_error(answer: float | None, gold: float, scale: float) -> float:
    """1 - |error| / scale, at least 0; 0 without a number."""
    return 0.0 if answer is None else max(0.0, 1 - abs(answer - gold) / scale)


class Target(BaseModel):
    """What a question asks for, and what training answers to it are like: shares of classes, or mean and scale."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    question: str
    classes: tuple[str, ...] = ()
    shares: dict[str, float] = {}
    unit: str = ""
    tolerance: float = 0.0
    mean: float = 0.0
    scale: float = Field(default=1.0, gt=0)

    @classmethod
    def of(cls, subset: Predicted) -> "Target":
        """What the questions of a subset ask for, before training answers are known."""
        return cls(
            question=subset.question,
            classes=tuple(subset.labels),
            unit=subset.unit,
            tolerance=subset.tolerance or 0.0,
        )


class PredictionQuestion(Question):
    """A row of which a class or a number is asked."""

    target: Target


class PredictionDialogue(VerifiedDialogue):
    """The base of tasks that predict; a subclass has a name, `columns` that prompts need, and `shown`, which they may
    have. `{question}` stands in every prompt.
    """

    of_numbers = True  # whether the numbers in tables of answers may be numbers; else they are codes of classes
    Example = PredictionQuestion
    Style = PredictionStyle
    Settings = PredictionBenchmark
    beside = ("question",)

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """The right class or a graded error, and others, by name; `grading` is of rankings and sets nothing here."""
        return {
            "right": Reward(one_by_one(self.graded), -1.0, 1.0, semantic=True),
            "confidence": reward_of_confidence(self.right, self._usable),
            "format": KEPT_FORM,
        }

    def kind(self, question: PredictionQuestion) -> str:
        """The class of a question; numbers are of one kind."""
        return question.answer if question.target.classes else ""

    def verify(self, answer: str, example: PredictionQuestion) -> float:
        """1 for the right class, or a number within the tolerance, else 0."""
        target = example.target
        if target.classes:
            return float(read_class(answer, target.classes) == example.answer)
        number = read_number(answer, target.unit)
        return float(number is not None and within(abs(number - float(example.answer)), target.tolerance))

    def value(self, answer: str, example: PredictionQuestion) -> str | float | None:
        """The class or the number that a parsed answer is; None for anything else."""
        if example.target.classes:
            return read_class(answer, example.target.classes) or None
        return read_number(answer, example.target.unit)

    def graded(self, answer: Verdict, example: PredictionQuestion) -> float:
        """The reward of a class, by its share of training answers, or of a number, by its error."""
        if example.target.classes:
            return class_reward(bool(self.verified(answer, example)), example.answer, example.target.shares)
        number = read_number(answer.name, example.target.unit)
        return graded_error(number, float(example.answer), example.target.scale)

    def _usable(self, answer: Verdict, example: PredictionQuestion) -> bool:
        return answer.named and self.value(answer.name, example) is not None

    def scored(self, answer: Verdict, example: PredictionQuestion) -> dict[str, Any]:
        """The columns of a table of scores; without a usable answer `number` is the training mean."""
        value = self.value(answer.name, example) if answer.named else None
        target = example.target
        true, number = nan, nan
        if not target.classes:
            true, number = float(example.answer), target.mean if value is None else value
        return {
            "question": "; ".join([target.question, *example.columns.values()]),
            "classes": "|".join(target.classes),
            "answer": "" if value is None else str(value),
            "true": true,
            "number": number,
            "verified": self.verified(answer, example),
        }

    def with_training_answers(self, splits: dict[str, list[PredictionQuestion]]) -> dict[str, list[PredictionQuestion]]:
        """The splits with the shares of classes, or the mean and the standard deviation, of each subset's training.

        InputError for a subset, or one of its classes, without a training question.
        """
        training = {
            subset: [question.answer for question in questions]
            for subset, questions in by_subset(splits["train"]).items()
        }
        for question in (question for rows in splits.values() for question in rows):
            missing = {*question.target.classes} - {*training.get(question.subset, ())}
            if missing or question.subset not in training:
                of_class = f" of the class '{min(missing)}'" if missing else ""
                what = f"no question{of_class} is left to train on"
                fix = "hold out fewer, or let `train` be more: questions of one group are held out together"
                raise InputError(what, field=f"subsets.{question.subset}", fix=fix)
        targets = {question.subset: question.target for question in splits["train"]}
        known: dict[str, dict[str, Any]] = {}
        for subset, answers in training.items():
            target = targets[subset]
            if target.classes:
                counts = Counter(answers)
                known[subset] = {"shares": {label: counts[label] / len(answers) for label in sorted(counts)}}
            else:
                numbers = [float(answer) for answer in answers]
                known[subset] = {"mean": fmean(numbers), "scale": pstdev(numbers) or target.tolerance}
        return {
            part: [
                question.model_copy(
                    update={"target": question.target.model_copy(update=known.get(question.subset, {}))}
                )
                for question in rows
            ]
            for part, rows in splits.items()
        }

    def shown_texts(self, example: PredictionQuestion, style: PredictionStyle) -> dict[str, str]:
        """The question, and what the style shows of the row."""
        shown = {f"{{{name}}}": one_line(text) for name, text in example.columns.items() if f"{{{name}}}" in style.user}
        return shown | {"{question}": asked(example.target)}

    def parse(self, text: str, style: PromptStyle | None = None) -> Verdict:
        """The answer and the confidence of a completion; never raises."""
        return parse_answer(text)

    def is_completion(self, cell: str) -> bool:
        """Whether a cell has a line with an answer."""
        return "answer:" in cell.casefold()

    def name_span(self, text: str, style: PredictionStyle | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the answer that `parse` finds; None without one."""
        return answer_span(text)

    def written(self, example: PredictionQuestion, style: PredictionStyle, confidence: float, reasoning: str) -> str:
        """The true answer with its unit and the confidence, after the reasoning."""
        return stated(_with_unit(example.answer, example.target), confidence, reasoning)

    def wrong(
        self, example: PredictionQuestion, prompt: Prompt, others: Sequence[PredictionQuestion], random: Random
    ) -> str | None:
        """Another class, or the number of another question with the unit, beyond the tolerance."""
        answer = super().wrong(example, prompt, others, random)
        return None if answer is None else _with_unit(answer, example.target)

    def policies(self, examples: Sequence[PredictionQuestion], style: PredictionStyle | None = None) -> list[Policy]:
        """Constant answers, each as sure as it is right in its subset, and always at 0 and at 100 %."""
        policies = []
        for answer in constants(examples):
            right = {
                subset: fmean(self.verify(answer[subset], example) for example in of_subset)
                for subset, of_subset in by_subset(examples).items()
            }
            for words, confidence in (
                ("honestly", right),
                ("at 0%", dict.fromkeys(right, 0.0)),
                ("at 100%", dict.fromkeys(right, 1.0)),
            ):
                policies.append(Policy(f"{json.dumps(answer)} {words}", _constant(answer, confidence)))
        return policies


def _with_unit(answer: str, target: Target) -> str:
    return f"{answer} {target.unit}" if target.unit else answer


def by_subset(questions: Iterable[PredictionQuestion]) -> dict[str, list[PredictionQuestion]]:
    """Subset → its questions, in order."""
    subsets: dict[str, list[PredictionQuestion]] = {}
    for question in questions:
        subsets.setdefault(question.subset, []).append(question)
    return subsets


def asked(target: Target) -> str:
    """The question as a prompt has it: with the classes, or the unit of the number."""
    if target.classes:
        return f"{target.question} Classes: {', '.join(target.classes)}."
    return f"{target.question} Give a number{f' in {target.unit}' if target.unit else ''}."


def constants(examples: Sequence[PredictionQuestion]) -> list[dict[str, str]]:
    """Subset → an answer that ignores the question: the commonest training class, or the mean of training; then each
    further class, or the median of the examples' answers, and the one with most others within the tolerance."""
    ranked: dict[str, list[str]] = {}
    for subset, questions in by_subset(examples).items():
        target = questions[0].target
        if target.classes:
            ranked[subset] = sorted(target.classes, key=lambda label, shares=target.shares: -shares.get(label, 0.0))
        else:
            numbers = sorted(float(question.answer) for question in questions)
            densest = _densest(numbers, target.tolerance)
            ranked[subset] = [repr(number) for number in (target.mean, median(numbers), densest)]
    return [
        {subset: answers[min(rank, len(answers) - 1)] for subset, answers in ranked.items()}
        for rank in range(max(map(len, ranked.values()), default=0))
    ]


def _constant(
    answer: Mapping[str, str], confidence: Mapping[str, float]
) -> Callable[[PredictionQuestion, Prompt], str]:
    return lambda example, prompt: stated(answer[example.subset], confidence[example.subset])


def _densest(numbers: Sequence[float], tolerance: float) -> float:
    """The one of sorted numbers that has most of them within the tolerance."""
    values = np.asarray(numbers)
    counts = np.searchsorted(values, values + tolerance, "right") - np.searchsorted(values, values - tolerance, "left")
    return numbers[int(counts.argmax())]
