"""Numbers, names and nested JSON as text of the report."""

import html
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from reasonome.report.family import SIGNIFICANT

_MOST_SHOWN = 20  # entries of a list


def score(value: float | None, digits: int = 3) -> str:
    """A score with so many digits after the point; "" where it is not known."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign; "" where it is not known."""
    return "" if math.isnan(value) else f"{value:+,.{digits}f}".replace("-", "−")


def p_value(value: float) -> str:
    """A p-value, marked n.s. where it is not significant; "" where there is none."""
    if math.isnan(value):
        return ""
    if value >= SIGNIFICANT:
        return f"n.s. ({value:.2f})"
    return "<\u00a00.001" if value < 0.001 else f"{value:.3f}"


def pretty(value: Any, indent: int = 2) -> str:
    """Indented JSON."""
    return json.dumps(value, indent=indent, ensure_ascii=False)


def flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(path, value as text) of every leaf of nested JSON; long lists are cut, and say so."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flat(inner, (*path, str(key)))
        return
    yield " › ".join(path), plain(value)


def plain(value: Any) -> str:
    """A leaf of JSON as text; a long list is cut, and says so."""
    if isinstance(value, list):
        items = [v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in value[:_MOST_SHOWN]]
        more = f" … and {len(value) - _MOST_SHOWN:,} more" if len(value) > _MOST_SHOWN else ""
        return ", ".join(items) + more
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return "" if value == {} else str(value)


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is, in one line; underscores within a word mean nothing and stay."""
    text = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"[\\`*|~$\[\]]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)
