"""Names and texts, made comparable."""

import re
from collections.abc import Sequence


def one_line(text: str) -> str:
    """The text with one space for all white space in it."""
    return " ".join(text.split())


def normalise(name: str) -> str:
    """A name for telling whether two mean the same: without case, punctuation and spacing.

    Sources write one thing as "base-excision repair" and "Base Excision Repair". A plus is kept: NAD+ is
    not NAD.
    """
    return " ".join(re.findall(r"[^\W_]+|\+", name.casefold()))


def distinct_share(names: Sequence[str]) -> float:
    """Distinct names over all answers; case and spacing do not count, and an empty one is no name."""
    return len({" ".join(name.casefold().split()) for name in names} - {""}) / len(names)
