"""Names and texts: normalised, and listed in a sentence."""

import re
from collections.abc import Sequence

_FIRST = 5  # names that a sentence lists
_REGULATION = re.compile(r"^((positive |negative )?regulation of |(activation|inhibition) of )+")
_BETWEEN_SYMBOLS = re.compile(r"[\s,;/|\[\](){}\"']+")


def one_line(text: str) -> str:
    """The text with each run of white space replaced by one space."""
    return " ".join(text.split())


def normalise(name: str) -> str:
    """A name for comparison, without case, punctuation and extra spaces; a plus is kept: NAD+ is not NAD.

    "base-excision repair" and "Base Excision Repair" become equal.
    """
    return " ".join(re.findall(r"[^\W_]+|\+", name.casefold()))


def bare_name(name: str) -> str:
    """A name without leading words of regulation: "negative regulation of X" is "X"."""
    return _REGULATION.sub("", name)


def without_regulation(name: str) -> str:
    """A name for comparison, without leading words of regulation: "Negative regulation of X" is "x"."""
    return bare_name(normalise(name))


def symbols_in(cell: str) -> list[str]:
    """The symbols in a cell of a table, each once: `A, B`, `A|B`, `{A},{B}` and `['A', 'B']` are alike."""
    return list(dict.fromkeys(symbol for symbol in _BETWEEN_SYMBOLS.split(cell) if symbol))


def distinct_share(names: Sequence[str]) -> float:
    """Distinct names over all answers; case and spacing do not count, and an empty one is no name."""
    return len({" ".join(name.casefold().split()) for name in names} - {""}) / len(names)


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:_FIRST]) + (f" and {len(names) - _FIRST:,} more" if len(names) > _FIRST else "")


def counted(count: int, singular: str, plural: str = "") -> str:
    """The number with the noun or phrase; a plural that is not given is the singular with an s."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
