"""How answers are read: reasoning if any, `Answer:`, statements of set; tissue; value, and `Confidence:`."""

import re
from dataclasses import dataclass
from functools import lru_cache

from reasonome.facts.text import normalise, one_line
from reasonome.scoring.verifiers import Claim
from reasonome.tasks.prediction.answer import labelled, without_labelled
from reasonome.tasks.question_answer.dialogue import Verdict
from reasonome.tasks.stated_confidence import confidence_line

CANNOT_BE_TOLD = "cannot be told"
_ITEM = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+")
_AROUND = "\"'`*_ \t\r"
_NUMBER = re.compile(r"(?:r\s*[=≈]\s*)?[~≈]?\s*([+-]?(?:\d+\.?\d*|\.\d+))")


@dataclass(frozen=True)
class PathwayAnswer(Verdict):
    """A parsed completion; `claims` have the sets and tissues as they were written, but for case and quotes.

    `unread` is how many lines after the answer are no statement, those after the confidence too. `bare` is an answer
    of a table, which states nothing.
    """

    claims: tuple[Claim, ...] = ()
    unread: int = 0
    bare: bool = False


def parse_answer(text: str) -> PathwayAnswer:
    """The answer of a completion, its claims and confidence; never raises.

    Problems: no_answer, several_answers, empty_answer, bad_statement (a line that is not set; tissue; value),
    no_confidence, several_confidences, bad_confidence and text_outside (anything after the first confidence).
    """
    found = labelled(text)
    answers, confidences = found.answers, found.confidences
    answer = plain_value(answers[0][2]) if len(answers) == 1 else ""
    in_order = bool(answers and confidences) and answers[0].end() <= confidences[0].start()
    after = text[answers[0].end() :] if answers else ""
    between = text[answers[0].end() : confidences[0].start()] if in_order else without_labelled(after)
    statements = [_statement(line) for line in between.splitlines() if line.strip()]
    beyond = [line for line in text[confidences[0].end() :].splitlines() if line.strip()] if in_order else []
    outside = bool(answers and confidences) and (not in_order or bool(beyond))
    problems = found.problems(answer, outside, bad_statement=None in statements)
    claims = tuple(claim for claim in statements if claim) if len(answers) == 1 else ()
    unread = statements.count(None) + len(beyond)
    return PathwayAnswer(answer, found.reasoning, problems, found.confidence, claims, unread)


def answer_span(text: str) -> tuple[int, int] | None:
    """The (start, end) in characters of the answer and its statements; None without exactly one answer."""
    answers, confidences, *_ = labelled(text)
    if len(answers) != 1 or not answers[0][2]:
        return None
    start = answers[0].start(2)
    end = next((line.start() for line in confidences if line.start() > start), len(text))
    return start, start + len(text[start:end].rstrip())


def plain(text: str) -> str:
    """A text in lower case, without quotes and a last full stop."""
    return one_line(text).strip(_AROUND).removesuffix(".").strip(_AROUND).casefold()


def plain_value(text: str) -> str:
    """An answer or a value, as `plain`; of a number, such as "r = −0.4" or "~3", the number alone."""
    words = plain(text).replace("−", "-")
    number = _NUMBER.fullmatch(words)
    return number[1] if number else words


@lru_cache(maxsize=100_000)
def set_key(text: str) -> str:
    """A set's id or name for comparisons: words alone, in lower case."""
    return normalise(text.replace("_", " "))


def stated(answer: str, statements: str, confidence: float, reasoning: str = "") -> str:
    """A completion in the form that `parse_answer` reads; `statements` are lines, `confidence` is from 0 to 1."""
    return "\n".join(filter(None, [reasoning, f"Answer: {answer}", statements, confidence_line(confidence)]))


def can_be_stated(name: str, tissue: str) -> bool:
    """Whether a statement on a set, by its id or name, and a tissue is read as it was written."""
    shown = name.replace(";", ",").replace("_", " ")
    answer = parse_answer(stated("up", f"{shown}; {tissue}; up", 1.0))
    return (
        not answer.problems and answer.claims == (Claim(set_key(shown), plain(tissue), "up"),) and set_key(shown) != ""
    )


def _statement(line: str) -> Claim | None:
    fields = [field.strip(_AROUND) for field in _ITEM.sub("", line).split(";")]
    return (
        Claim(set_key(fields[0]), plain(fields[1]), plain_value(fields[2]))
        if len(fields) == 3 and all(fields)
        else None
    )
