"""Text of others on a terminal: only ever text, never a command to it."""

import unicodedata


def printable(text: str) -> str:
    r"""The text with what a terminal would obey or not show (escapes, controls, marks of direction) written out.

    ESC becomes \x1b. Line ends, tabs and blanks stay.
    """
    return "".join(one if _is_shown(one) else one.encode("unicode_escape").decode("ascii") for one in text)


def _is_shown(one: str) -> bool:
    return one.isprintable() or one in "\n\t" or unicodedata.category(one) == "Zs"


def say(sentence: str) -> None:
    """Print one line, at once."""
    print(printable(" ".join(sentence.splitlines())), flush=True)
