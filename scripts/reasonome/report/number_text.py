"""Numbers and nested JSON as text of the report."""

import json
import math
from collections.abc import Iterator
from typing import Any

from reasonome.report.family import SIGNIFICANT

_MOST_SHOWN = 20  # entries of a list
# Not from 0 to 1; a metric begins with one of these.
_IN_UNITS = ("length", "genes_left_out", "facts_left_out", "neighbours_left_out", "percentile")
_IN_UNITS += ("rank", "reasoning_words", "non_candidates", "invented", "repeated", "cut_off")


def score(value: float | None, metric: str = "") -> str:
    """A score with three digits, a length or a percentile with one; "" where it is not known."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:.1f}" if metric.startswith(_IN_UNITS) else f"{value:.3f}"


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
