"""Stated confidences: the line `Confidence: 80` of a completion, how it is read, and what it earns."""

import re
from collections.abc import Callable
from typing import Any

from reasonome.rewards import Reward, one_by_one

Judged = Callable[[Any, Any], bool]

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)([ \t]*%)?\.?")
_AROUND = "*_` \t\r"


def confidence_line(confidence: float) -> str:
    """The line that states a confidence, given from 0 to 1."""
    return f"Confidence: {round(100 * confidence)}"


def read_confidence(text: str) -> float | None:
    """The confidence that a text behind `Confidence:` states, from 0 to 1; None if it states none.

    A fraction without a percent sign states none, and neither does 1.0: it may be meant of one or of a hundred.
    """
    match = _PERCENT.fullmatch(text.strip(_AROUND))
    if match is None or float(match[1]) > 100 or ("." in match[1] and 0 < float(match[1]) <= 1 and not match[2]):
        return None
    return float(match[1]) / 100


def confidence_reward(confidence: float | None, right: bool) -> float:
    """2cy − c² for a confidence c from 0 to 1, y being 1 for a right answer; −1, the least, without a confidence.

    Its expected value is highest where c is the chance to be right (Brier, 1950).
    """
    if confidence is None:
        return -1.0
    return 2 * confidence * right - confidence**2


def reward_of_confidence(right: Judged, usable: Judged) -> Reward:
    """The reward of answers' confidences; `right` and `usable` say it of an answer to a question.

    An answer that is not usable earns the least.
    """

    def value(answer: Any, example: Any) -> float:
        return confidence_reward(answer.confidence if usable(answer, example) else None, right(answer, example))

    return Reward(one_by_one(value), -1.0, 1.0, semantic=True)
