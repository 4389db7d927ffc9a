"""Printing of foreign text, so that a terminal shows it and never obeys it."""

import json
import unicodedata
from typing import TextIO


def printable(text: str) -> str:
    r"""The text with what a terminal would obey or not show (escapes, controls, direction marks) escaped.

    ESC becomes \x1b. Line ends, tabs and blanks stay.
    """
    return "".join(
        character if _is_shown(character) else character.encode("unicode_escape").decode("ascii") for character in text
    )


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"


def show(text: str, *, end: str = "\n", file: TextIO | None = None) -> None:
    """Print text that may have foreign parts, and flush; `file`: other than standard output."""
    print(printable(text), end=end, file=file, flush=True)


def say(sentence: str) -> None:
    """Print one line, and flush."""
    show(" ".join(sentence.splitlines()))


def show_json(text: str) -> None:
    r"""Print an equal JSON text, with what a terminal would obey escaped as in JSON: \u001b."""
    escaped = (character if _is_shown(character) else json.dumps(character)[1:-1] for character in text)
    print("".join(escaped), flush=True)
