"""Text of others on a terminal: only ever text, never a command to it."""

import json
import unicodedata
from typing import TextIO


def printable(text: str) -> str:
    r"""The text with what a terminal would obey or not show (escapes, controls, marks of direction) written out.

    ESC becomes \x1b. Line ends, tabs and blanks stay.
    """
    return "".join(one if _is_shown(one) else one.encode("unicode_escape").decode("ascii") for one in text)


def _is_shown(one: str) -> bool:
    return one.isprintable() or one in "\n\t" or unicodedata.category(one) == "Zs"


def show(text: str, *, end: str = "\n", file: TextIO | None = None) -> None:
    """Print text in which others may have a part, line by line, at once; `file`: other than standard output."""
    print(printable(text), end=end, file=file, flush=True)


def say(sentence: str) -> None:
    """Print one line, at once."""
    show(" ".join(sentence.splitlines()))


def show_json(text: str) -> None:
    r"""Print a JSON text that means the same, with what a terminal would obey written as JSON has it: \u001b."""
    print("".join(one if _is_shown(one) else json.dumps(one)[1:-1] for one in text), flush=True)
