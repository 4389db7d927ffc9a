"""Questions from a table whose answers a function verifies: everything such a task needs except `verify`."""

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import getfile
from numbers import Real
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from reasonome.config import Grading
from reasonome.config import Style as PromptStyle
from reasonome.core.errors import InputError, line_in
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import Prompt, chat_messages, filled_template
from reasonome.rewards import Policy, Reward, one_by_one
from reasonome.task import UNKNOWN_CONFIDENCE, Dialogue, of_like_length
from reasonome.tasks.question_answer.settings import AnswerStyle, VerifiedBenchmark, VerifiedStyle
from reasonome.tasks.stated_confidence import confidence_line, read_confidence, reward_of_confidence

_ANSWER = re.compile(r"<answer>(.*?)(</answer>|(?=<answer>)|\Z)", re.DOTALL)
_CONFIDENCE = re.compile(r"^[ \t]*confidence[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_REASONING = re.compile(r"\s*<reasoning>(.*?)</reasoning>\s*", re.DOTALL)


class Question(BaseModel):
    """A row of a table: the columns that its prompt shows, the true answer, and the group that no two splits share."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(min_length=1)
    subset: str
    columns: dict[str, str]
    answer: str = Field(min_length=1)
    group: str = ""
    stratum: str = ""


@dataclass(frozen=True)
class Verdict:
    """A parsed completion: the answer ("" if there is none to verify), the reasoning, and what was malformed."""

    name: str
    reasoning: str
    problems: list[str]
    confidence: float | None = None

    @property
    def named(self) -> bool:
        """Whether there is exactly one closed answer with something in it."""
        return bool(self.name)

    @property
    def reasoned(self) -> bool:
        """Whether the text around the answer is one closed reasoning, or nothing."""
        return "text_outside" not in self.problems

    @property
    def steps(self) -> list[str]:
        """The reasoning as one step."""
        return [self.reasoning] if self.reasoning else []


# 1 where nothing is malformed.
KEPT_FORM = Reward(one_by_one(lambda answer, _: float(not answer.problems)), 0.0, 1.0, semantic=False)


class VerifiedDialogue(Dialogue):
    """The dialogue of verified answers; a subclass has a name, the columns that prompts show, and `verify`.

    A completion is `<answer>…</answer>`, perhaps after `<reasoning>…</reasoning>`; where the style asks for it, with a
    line `Confidence: 80` behind it.
    """

    # Columns of the table that a prompt's user text shows as {column}.
    columns: tuple[str, ...]
    # Placeholders that it must have beside the columns, and those that it may have.
    beside: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    Example = Question
    Settings: type[VerifiedBenchmark] = VerifiedBenchmark
    Style = AnswerStyle
    watched = ("format",)

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            return
        if "user_texts" not in vars(cls):
            cls.user_texts = ((*cls.beside, *cls.columns), cls.shown)
        if "Benchmark" not in vars(cls):
            cls.Benchmark = create_model(  # pyright: ignore[reportCallIssue]
                f"{cls.__name__}Benchmark",
                __base__=cls.Settings,
                task=(Literal[cls.name], ...),  # pyright: ignore[reportArgumentType]
            )

    @abstractmethod
    def verify(self, answer: str, example: Question) -> float:
        """The correctness of an answer, from 0 to 1; 1 for the true answer."""

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """The rewards by name; `grading` is of rankings and sets nothing here."""
        return {
            "verified": Reward(one_by_one(self.verified), 0.0, 1.0, semantic=True),
            "confidence": reward_of_confidence(self.right, lambda answer, example: answer.named),
            "format": KEPT_FORM,
        }

    def verified(self, answer: Verdict, example: Question) -> float:
        """The value of `verify` for a parsed answer; 0 without one. InputError if it is no number from 0 to 1."""
        if not answer.named:
            return 0.0
        asked = f"the answer '{answer.name}' to '{example.id}'"
        fix = "let it return a number from 0 to 1 for every text, 0 for one that it cannot read"
        value: float = self._value_of(self.verify, answer.name, example, asked=asked, fix=fix)
        if isinstance(value, Real) and 0 <= value <= 1:
            return float(value)
        raise InputError(f"`verify` returned {value!r} for {asked}", file=getfile(type(self)), fix=fix)

    def check_kind(self, question: Question) -> None:
        """InputError if `kind` fails for a question, or gives no text."""
        fix, asked = "let it return a text for every question", f"the question '{question.id}'"
        kind = self._value_of(self.kind, question, asked=asked, fix=fix)
        if not isinstance(kind, str):
            raise InputError(f"`kind` returned {kind!r} for {asked}", file=getfile(type(self)), fix=fix)

    def _value_of(self, method: Callable, *given: Any, asked: str, fix: str) -> Any:
        """What a method returns; InputError, at the line of the class's file, for whatever it raises."""
        try:  # a user's method may fail in any way
            return method(*given)
        except Exception as error:
            file = Path(getfile(type(self)))
            what = f"`{method.__name__}` raised {type(error).__name__}: {error} for {asked}"
            raise InputError(what, file=file, line=line_in(file, error), fix=fix) from error

    def right(self, answer: Verdict, example: Question) -> bool:
        """Whether `verify` finds the parsed answer right."""
        return self.verified(answer, example) == 1

    def kind(self, question: Question) -> str:
        """The class of a question, of which each split has its share: the answer.

        A subclass that says what classes are has every split have some of each, or the benchmark is not built.
        """
        return question.answer

    @property
    def every_kind(self) -> bool:
        """Whether every split must have some of each kind, as a subclass says what kinds are."""
        return type(self).kind is not VerifiedDialogue.kind

    def further_labels(self, example: Question, benchmark: VerifiedBenchmark) -> dict[str, str]:
        """Columns of tables of scores about a question that depend on the benchmark's settings; none by default."""
        return {}

    def with_training_answers(self, splits: dict[str, list[Question]]) -> dict[str, list[Question]]:
        """The splits with what questions say of the training answers, such as their mean; as they are by default."""
        return splits

    def scored(self, answer: Verdict, example: Question) -> dict[str, Any]:
        """The columns of a table of scores that say what was asked and answered, and how right that is."""
        question = "; ".join(example.columns.values())
        return {"question": question, "answer": answer.name, "verified": self.verified(answer, example)}

    def prompt(self, example: Question, style: VerifiedStyle, order: int = 0) -> Prompt:
        """The style's texts with what they show of the question filled in."""
        text = filled_template(style.user, self.shown_texts(example, style))
        return Prompt(chat_messages(style.system, text), [], 0, "")

    def shown_texts(self, example: Question, style: VerifiedStyle) -> dict[str, str]:
        """Placeholder of a prompt's user text → what stands for it: the columns."""
        return {f"{{{column}}}": one_line(example.columns[column]) for column in self.columns}

    def parse(self, text: str, style: PromptStyle | None = None) -> Verdict:
        """The one closed answer in a completion, and the confidence if the style asks for one; never raises."""
        matches = list(_ANSWER.finditer(text))
        closed = len(matches) == 1 and matches[0][2]
        answer = one_line(matches[0][1]) if closed else ""
        head = text[: matches[0].start()] if matches else text
        reasoning = _REASONING.fullmatch(head)
        tail = text[matches[-1].end() :] if matches else ""
        lines = _CONFIDENCE.findall(tail) if _asks_confidence(style) else []
        confidence = read_confidence(lines[0]) if len(lines) == 1 else None
        tail = _CONFIDENCE.sub("", tail) if lines else tail
        problems = {
            "no_answer": not matches,
            "several_answers": len(matches) > 1,
            "unclosed_answer": len(matches) == 1 and not matches[0][2],
            "empty_answer": bool(closed) and not answer,
            "no_confidence": _asks_confidence(style) and not lines,
            "several_confidences": len(lines) > 1,
            "bad_confidence": len(lines) == 1 and confidence is None,
            "text_outside": bool(tail.strip() or (head.strip() and not reasoning)),
        }
        reasoning_text = reasoning[1].strip() if reasoning else ""
        named = [problem for problem, present in problems.items() if present]
        return Verdict(answer, reasoning_text, named, confidence)

    def bare(self, text: str) -> Verdict:
        """The answer in a bare text."""
        return Verdict(one_line(text), "", [] if text.strip() else ["empty_answer"])

    def is_completion(self, cell: str) -> bool:
        """Whether a cell has the tag of an answer."""
        return "<answer>" in cell

    def name_span(self, text: str, style: VerifiedStyle | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the answer that `parse` finds; None without one."""
        match = _ANSWER.search(text)
        return match.span(1) if match and self.parse(text, style).named else None

    def completion(
        self,
        example: Question,
        prompt: Prompt,
        style: VerifiedStyle,
        proposal: Mapping[str, Any] | None,
        confidence: float = UNKNOWN_CONFIDENCE,
    ) -> str | None:
        """The true answer, after the teacher's reasoning if there is any, with the confidence if one is asked for."""
        return self.written(example, style, confidence, " ".join((proposal or {}).get("steps", ())))

    def written(self, example: Question, style: VerifiedStyle, confidence: float, reasoning: str) -> str:
        """The true answer as a completion has it, after the reasoning, if there is any."""
        answer = _stated(example.answer, style, confidence)
        return f"<reasoning>{reasoning}</reasoning>\n{answer}" if reasoning else answer

    def wrong(self, example: Question, prompt: Prompt, others: Sequence[Question], random: Random) -> str | None:
        """The answer of another question of the subset, of as many words, that `verify` does not find right."""
        answers = dict.fromkeys(other.answer for other in others if other.subset == example.subset)
        wrong = [answer for answer in answers if self.verified(self.bare(answer), example) < 1]
        return of_like_length(example.answer, wrong, random)

    def with_gold_of(self, example: Question, other: Question) -> Question:
        """The question with the answer of another one."""
        return example.model_copy(update={"answer": other.answer})

    def terms(self, example: Question) -> list[tuple[str, str]]:
        """The group of a question, as its id and name."""
        return [(example.group, example.group)] if example.group else []

    def policies(self, examples: Sequence[Question], style: VerifiedStyle) -> list[Policy]:
        """Every true answer of the examples, given to every question; where a confidence is asked for, as sure as it is
        right, and always at 0 and at 100 %."""
        answers = sorted({example.answer for example in examples})
        if not _asks_confidence(style):
            return [Policy(answer, _always(answer, style, 0.0)) for answer in answers]
        policies = []
        for answer in answers:
            right = fmean(self.right(self.bare(answer), example) for example in examples)
            for words, sure in (("honestly", right), ("at 0%", 0.0), ("at 100%", 1.0)):
                policies.append(Policy(f"{answer} {words}", _always(answer, style, sure)))
        return policies


def _asks_confidence(style: PromptStyle | None) -> bool:
    return style is not None and style.asks_confidence()


def _stated(answer: str, style: VerifiedStyle | None, confidence: float) -> str:
    """An answer as a completion states it; `confidence` is from 0 to 1."""
    tagged = f"<answer>{answer}</answer>"
    return f"{tagged}\n{confidence_line(confidence)}" if _asks_confidence(style) else tagged


def _always(answer: str, style: VerifiedStyle | None, confidence: float) -> Callable[[Question, Prompt], str]:
    return lambda example, prompt: _stated(answer, style, confidence)
