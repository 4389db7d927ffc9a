"""Lines that are not the content of a file: Excel's `sep=;`, and comments."""

import io
import re

_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_LINE_ENDS = "\r\n"


def without_separator(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with a first line such as `sep=;` made blank, so that lines keep their numbers; what was skipped."""
    first = io.StringIO(text, newline="").readline()
    if not _SEPARATOR.fullmatch(first.rstrip(_LINE_ENDS)):
        return text, ()
    return _blank(first) + text[len(first) :], (f"skipped: the first line, {_shown(first)!r}, which is Excel's",)


def without_comments(text: str, sets: bool = False) -> tuple[str, tuple[str, ...]]:
    """The text with the lines at its top that begin with # made blank; what was skipped.

    With `sets` the lines are sets of a GMT, whose names may begin with #: only one without a tab is a comment.
    """
    kept, skipped, lines = [], 0, io.StringIO(text, newline="")
    for line in lines:
        comment = line.startswith("#") and not (sets and "\t" in line)
        if line.strip() and not comment:
            kept.append(line)
            break
        skipped += comment
        kept.append(_blank(line))
    if not skipped:
        return text, ()
    what = "1 line at the top that begins" if skipped == 1 else f"{skipped:,} lines at the top that begin"
    return "".join([*kept, lines.read()]), (f"skipped: {what} with #",)


def without_any_comments(text: str) -> str:
    """The text with all lines that begin with # made blank, so that lines keep their numbers."""
    return "".join(_blank(line) if line.startswith("#") else line for line in io.StringIO(text, newline=""))


def _blank(line: str) -> str:
    """The line end alone."""
    return line[len(line.rstrip(_LINE_ENDS)) :]


def _shown(line: str) -> str:
    return line.strip().strip('"')
