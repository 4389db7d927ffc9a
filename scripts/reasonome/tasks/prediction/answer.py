"""How answers are read: reasoning if there is any, a line `Answer:` with a class or a number, a line `Confidence:`."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from reasonome.facts.text import one_line
from reasonome.tasks.question_answer.dialogue import Verdict
from reasonome.tasks.stated_confidence import confidence_line, read_confidence

# A line with a label, perhaps a heading, an item or in the bold type of Markdown. Its value ends before white space and
# stars at the end of the line. No part can be read in two ways, so that long lines are read as fast as short ones. A
# possessive group would say that more shortly, and Python before 3.11.5 misreads it (gh-106052).
_LABELLED = re.compile(
    r"^[ \t#>*_-]*(answer|confidence)[*_]*[ \t]*:[ \t*_]*((?:[^ \t*_\r\n]++|[ \t*_\r]++(?=[^ \t*_\r\n]))*)[ \t*_\r]*$",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)", re.DOTALL)
_LARGEST = 1e100  # the square of a larger error would be no number
_MINUS = str.maketrans(dict.fromkeys("−–‐‑﹣－", "-"))
_QUOTES = "\"'`*$ "


class Labelled(NamedTuple):
    """The lines of a completion that begin with `Answer:` or `Confidence:`, and the text before the first of them.

    Group 2 of a line is its value. `confidence` is that of the one line that states it, from 0 to 1; else None.
    """

    answers: list[re.Match[str]]
    confidences: list[re.Match[str]]
    reasoning: str
    confidence: float | None

    @property
    def answer(self) -> str:
        """What the one answer says, on one line; "" without exactly one."""
        return one_line(self.answers[0][2]) if len(self.answers) == 1 else ""

    def problems(self, answer: str, outside: bool, bad_statement: bool = False) -> list[str]:
        """What is malformed, where `answer` is what was read, and `outside` says that text stands where none may."""
        answers, confidences = len(self.answers), len(self.confidences)
        problems = {
            "no_answer": not answers,
            "several_answers": answers > 1,
            "empty_answer": answers == 1 and not answer,
            "bad_statement": bad_statement,
            "no_confidence": not confidences,
            "several_confidences": confidences > 1,
            "bad_confidence": confidences == 1 and self.confidence is None,
            "text_outside": outside,
        }
        return [problem for problem, present in problems.items() if present]


def labelled(text: str) -> Labelled:
    """The labelled lines of a completion; never raises."""
    lines = list(_LABELLED.finditer(text))
    answers = [line for line in lines if line[1].casefold() == "answer"]
    confidences = [line for line in lines if line[1].casefold() == "confidence"]
    confidence = read_confidence(confidences[0][2]) if len(confidences) == 1 else None
    return Labelled(answers, confidences, (text[: lines[0].start()] if lines else text).strip(), confidence)


def without_labelled(text: str) -> str:
    """A text without its labelled lines."""
    return _LABELLED.sub("", text)


def parse_answer(text: str) -> Verdict:
    """The answer of a completion and its confidence, from 0 to 1 (None without one); never raises.

    Problems: no_answer, several_answers, empty_answer, no_confidence, several_confidences, bad_confidence and
    text_outside (anything but the confidence after the answer). Without exactly one answer there is none.
    """
    found = labelled(text)
    outside = False
    if found.answers:
        first = found.answers[0]
        comes_first = bool(found.confidences) and found.confidences[0].start() < first.start()
        outside = comes_first or bool(without_labelled(text[first.end() :]).strip())
    return Verdict(found.answer, found.reasoning, found.problems(found.answer, outside), found.confidence)


def answer_span(text: str) -> tuple[int, int] | None:
    """The (start, end) in characters of the answer that `parse_answer` finds; None without one."""
    answers = labelled(text).answers
    return answers[0].span(2) if len(answers) == 1 and answers[0][2] else None


def read_class(text: str, classes: Sequence[str]) -> str:
    """The class that a text names, whatever its case, quotes and full stop; "" for any other text."""
    plain = plain_class(text)
    return next((label for label in classes if label.casefold() == plain), "")


def plain_class(text: str) -> str:
    """A text without case, quotes and a last full stop."""
    return _unquoted(text).casefold()


def split_unit(text: str) -> tuple[str, str]:
    """A number as text and the words after it, both "" for anything else; digits after it are no unit."""
    match = _number_and_words(text)
    words = match[2].strip() if match else ""
    return (match[1], words) if match and not re.search(r"\d", words) else ("", "")


def within(error: float, tolerance: float) -> bool:
    """Whether an error is within a tolerance, but for rounding: 1.1 and .6 are within .5."""
    return error <= tolerance * (1 + 1e-9)


def read_number(text: str, unit: str = "") -> float | None:
    """The number that a text is, alone or with the unit; None for a range, a bound, another unit and any other text.

    None too for one beyond 1e100.
    """
    match = _number_and_words(text)
    if match is None or abs(float(match[1])) > _LARGEST:
        return None
    words = _plain_unit(match[2])
    return float(match[1]) if words in ("", _plain_unit(unit)) else None


def stated(answer: str, confidence: float, reasoning: str = "") -> str:
    """A completion in the form that `parse_answer` reads; `confidence` is from 0 to 1."""
    lines = [reasoning] if reasoning else []
    return "\n".join([*lines, f"Answer: {answer}", confidence_line(confidence)])


def _number_and_words(text: str) -> re.Match | None:
    return _NUMBER.fullmatch(_unquoted(text).translate(_MINUS))


def _unquoted(text: str) -> str:
    return one_line(text).strip(_QUOTES).removesuffix(".").strip(_QUOTES)


def _plain_unit(unit: str) -> str:
    return "".join(unit.translate(_MINUS).casefold().split()).strip("()")
