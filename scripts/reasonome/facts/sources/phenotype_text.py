"""Phenotypes as people write them: HPO ids in one text, with or without labels."""

import re
from typing import NamedTuple

_ABSENT = r"(?P<absent>(?<![\w-])[-–−]|\b(?:not|no)\s+)?"
_ID = re.compile(_ABSENT + r"(?<!\w)HP[:_](?P<number>[0-9]{7})(?!\w)", re.IGNORECASE)
_LIKE_ID = re.compile(r"\bHP[:_]\s?\d|\bHP\d{7}", re.IGNORECASE)
_OF_TERMS = re.compile(r"\s*(?:[-–−]\s*|(?:not|no)\s+)?HP[:_]?\d|.*\bHP[:_]?\d{7}", re.IGNORECASE)
_DASH_APART = re.compile(r"(?<!\w)[-–−—]\s+HP[:_]?\d", re.IGNORECASE)
_LABEL_FIRST = re.compile(r"\s*(?P<absent>[-–−]|(?:not|no)\s+)?(?P<label>[^()]*[^()\s])\s*\(\s*", re.IGNORECASE)
_BETWEEN = " \t,;|"  # what may stand between one term and the next


class WrittenTerm(NamedTuple):
    """An HPO id with the label beside it ("" without one), and whether it is said to be absent."""

    id: str
    label: str
    absent: bool


def is_of_terms(line: str) -> bool:
    """Whether a line begins like an HPO id, or has one."""
    return _OF_TERMS.match(line) is not None


def written_terms(text: str) -> list[WrittenTerm]:
    """The terms of a text, in its order: ids with blanks, tabs, commas, semicolons or bars between.

    A label stands behind its id (`HP:0001250 Seizure; HP:0001263`), or before it where ids are in brackets
    (`Seizure (HP:0001250)`). `-` or `not` right before an id, or before a label in front, says that it is absent.
    ValueError for a text that has none, or has a part that is none of these.
    """
    ids = list(_ID.finditer(text))
    if not ids:
        raise ValueError(f"expected an HPO id, found '{text.strip()[:60]}'")
    if apart := _DASH_APART.search(text):
        what = f"'{apart.group()} …' may be a mark of a list, or say that it is absent"
        raise ValueError(f"{what}: write -HP:… without a blank if it is absent, else leave the dash out")
    ends = [*(match.start() for match in ids[1:]), len(text)]
    before = text[: ids[0].start()]
    behind = [text[match.end() : end] for match, end in zip(ids, ends, strict=True)]
    if before.rstrip().endswith("("):
        return _labels_first(ids, [before, *behind])
    if before.strip(_BETWEEN):
        raise ValueError(f"expected an HPO id, found '{text.strip()[:60]}'")
    return [_labels_behind(match, rest) for match, rest in zip(ids, behind, strict=True)]


def _labels_behind(match: re.Match, rest: str) -> WrittenTerm:
    label = " ".join(rest.strip(_BETWEEN).lstrip(":=–").split())
    if label.count("(") != label.count(")") or _LIKE_ID.search(label):
        raise ValueError(f"expected HPO ids with their labels behind them, found '{match.group()}{rest[:50]}'")
    return WrittenTerm(f"HP:{match['number']}", label, bool(match["absent"]))


def _labels_first(ids: list[re.Match], around: list[str]) -> list[WrittenTerm]:
    """`around` are the texts before the first id, between ids, and behind the last."""
    terms = []
    for place, match in enumerate(ids):
        text = around[place] if place == 0 else around[place].lstrip().removeprefix(")").lstrip(_BETWEEN)
        label = _LABEL_FIRST.fullmatch(text)
        if label is None or not around[place + 1].lstrip().startswith(")"):
            raise ValueError(f"expected a label and its HPO id in brackets, found '{(text + match.group())[:60]}'")
        words = " ".join(label["label"].split())
        terms.append(WrittenTerm(f"HP:{match['number']}", words, bool(label["absent"] or match["absent"])))
    if rest := around[-1].lstrip().removeprefix(")").strip(_BETWEEN):
        raise ValueError(f"expected a label and its HPO id in brackets, found '{rest[:60]}'")
    return terms
