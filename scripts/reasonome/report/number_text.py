"""Numbers, names and JSON as text of the report and of cards."""

import html
import json
import math
import re
from collections.abc import Iterable, Sequence

_MOST_SHOWN = 20  # entries of a list


def score(value: float | None, digits: int = 3) -> str:
    """A score with so many digits after the point; "" where it is not known."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign; "" where it is not known."""
    return "" if math.isnan(value) else f"{value:+,.{digits}f}".replace("-", "−")


def p_value(p: float) -> str:
    """A p-value; "" where there is none."""
    if math.isnan(p):
        return ""
    return "<\u00a00.001" if p < 0.001 else f"{p:.3f}"


def pretty(value: object, indent: int = 2) -> str:
    """Indented JSON."""
    return json.dumps(value, indent=indent, ensure_ascii=False)


def plain(value: object) -> str:
    """A value of JSON as text; of a list the first entries."""
    if isinstance(value, list):
        more = " …" if len(value) > _MOST_SHOWN else ""
        return ", ".join(map(plain, value[:_MOST_SHOWN])) + more
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is, in one line; underscores within a word mean nothing and stay."""
    text = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"[\\`*|~$\[\]]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts, which show as they are; "None recorded." without a row."""
    lines = [f"| {' | '.join(map(escaped, row))} |" for row in rows]
    head = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    return "\n".join([*head, *lines]) if lines else "None recorded."
