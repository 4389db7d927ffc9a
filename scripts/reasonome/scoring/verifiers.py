"""Verifiers: how right an answer is, in four parts, each read from parsed fields and never from words.

An answer has a short answer, claims (a set, a place, a value) and a confidence. Which verifiers apply follows from
the question alone: the others give None.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import isnan, nan


@dataclass(frozen=True)
class Claim:
    """One statement of an answer: the id of a set, where it holds, and the value, such as a direction or a number.

    The id of a set that does not exist is the text that was given for it.
    """

    subject: str
    place: str
    value: str


@dataclass(frozen=True)
class Stated:
    """A parsed answer: `answer` is "" without a usable one, `confidence` is from 0 to 1, None without one.

    `unread` is how many of its lines say something else than a claim.
    """

    answer: str
    claims: tuple[Claim, ...] = ()
    confidence: float | None = None
    unread: int = 0


@dataclass(frozen=True)
class Truth:
    """What is right: the answer, and the claims that the question asks for; numbers are right within `tolerance`.

    `asks_claims` is whether the question asks for claims even where none is right, as of what cannot be told.
    """

    answer: str
    claims: tuple[Claim, ...] = ()
    tolerance: float = 0.0
    asks_claims: bool = False


# Whether claims lead to an answer.
Follows = Callable[[Stated], bool]


def same_value(stated: str, true: str, tolerance: float = 0.0) -> bool:
    """Whether two values are one text, or two numbers that are within the tolerance but for rounding."""
    if stated == true:
        return True
    first, second = number(stated), number(true)
    return abs(first - second) <= tolerance * (1 + 1e-9) if not isnan(first + second) else False


def facts(stated: Stated, truth: Truth) -> float:
    """V1, from 0 to 1: the share of what was asked for, and of what was stated, that is right.

    The answer counts as one, and so does each pair of set and place that is asked for or stated. A pair with two
    values is wrong, and so is each line that is not a claim: more claims, both directions or other text do not help.
    """
    asked = {(claim.subject, claim.place): claim.value for claim in truth.claims}
    said = _by_pair(stated.claims)
    right = [
        pair in asked and len(said.get(pair, ())) == 1 and same_value(said[pair][0], asked[pair], truth.tolerance)
        for pair in asked.keys() | said.keys()
    ]
    return (answer_right(stated, truth) + sum(right)) / (1 + len(right) + stated.unread)


def sets(stated: Stated, truth: Truth) -> float | None:
    """V2, from 0 to 1: sets both named and asked for, as a share of those named or asked for (Jaccard).

    1 where none is right and none named; None for a question that asks for no claims; 0 without a usable answer.
    """
    if not (truth.claims or truth.asks_claims):
        return None
    if not stated.answer:
        return 0.0
    asked = {claim.subject for claim in truth.claims}
    named = {claim.subject for claim in stated.claims}
    return len(asked & named) / len(asked | named) if asked | named else 1.0


def consistency(stated: Stated, truth: Truth, follows: Follows) -> float | None:
    """V3, 0 or 1: whether no claim is against another and the answer follows from the claims.

    None for a question that asks for no claims; 0 without a usable answer, and with lines that are not claims.
    """
    if not (truth.claims or truth.asks_claims):
        return None
    agree = all(len(values) == 1 for values in _by_pair(stated.claims).values())
    return float(bool(stated.answer) and not stated.unread and agree and follows(stated))


def right(stated: Stated, truth: Truth) -> bool:
    """Whether V1 and V2, where it applies, find all right."""
    return facts(stated, truth) == 1 and sets(stated, truth) in (None, 1)


def uncertainty(stated: Stated, truth: Truth) -> float:
    """V4, from -1 to 1: 2cy - c² for the confidence c, y being 1 for a right answer (Brier, 1950).

    The chance to be right earns most. An answer without a confidence, or without a usable answer, earns the least.
    """
    if stated.confidence is None or not stated.answer:
        return -1.0
    return 2 * stated.confidence * right(stated, truth) - stated.confidence**2


def answer_right(stated: Stated, truth: Truth) -> bool:
    """Whether the short answer is right."""
    return bool(stated.answer) and same_value(stated.answer, truth.answer, truth.tolerance)


def _by_pair(claims: Collection[Claim]) -> dict[tuple[str, str], list[str]]:
    """The different values of each pair of set and place."""
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for claim in claims:
        values = pairs[claim.subject, claim.place]
        if not any(same_value(claim.value, value) for value in values):
            values.append(claim.value)
    return pairs


def number(text: str) -> float:
    """The number that a text is; nan for any other text, such as NA."""
    try:
        return float(text)
    except ValueError:
        return nan
