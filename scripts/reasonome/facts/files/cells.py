"""Cells of tables that are written for spreadsheets, which must not run what stands in them."""

import csv
import io
import re
from collections.abc import Sequence

_BREAKS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def tsv_row(values: Sequence[str | float | bool | Sequence[str] | None]) -> str:
    """A line of a TSV, without its end.

    "; " separates several values in a cell, and an unknown value is an empty cell. Tabs and line breaks in texts
    become blanks. A text that a spreadsheet would run as a formula, because it begins with = + - or @ (after blanks or
    not) and is no number, gets an apostrophe in front. A cell with quotes is quoted.
    """
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="").writerow(map(_cell, values))
    return out.getvalue()


def _cell(value: str | float | bool | Sequence[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = _BREAKS.sub(" ", value if isinstance(value, str) else "; ".join(value))
    is_formula = text.lstrip().startswith(("=", "+", "-", "@")) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
