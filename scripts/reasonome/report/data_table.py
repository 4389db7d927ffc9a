"""Tables that a page's script draws: it sorts, filters and searches their rows, and opens one to show more."""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd

from reasonome.report import page_files

MOST_ROWS = 10_000  # of a table in a page


class Column(NamedTuple):
    """A column of a table. A cell is a text, a number or None, which is unknown, or a list of texts.

    Numbers have so many `places` after the point; None says that there are no numbers. `filtered` columns have a menu
    of their values, and those `below` stand below a row that is opened.
    """

    title: str
    cells: list[Any]
    places: int | None = None
    filtered: bool = False
    below: bool = False


def packed_table(columns: Sequence[Column]) -> str:
    """The columns that say anything, for tables.js."""
    return page_files.packed([column._asdict() for column in columns if any(map(_says, column.cells))])


def packed_frame(frame: pd.DataFrame, below: Collection[str] = ()) -> tuple[str, int]:
    """The first rows of a table of an experiment, packed, and how many it has; columns without differences are left
    out."""
    columns = []
    for name in frame.columns[(frame.nunique(dropna=False) > 1) | (len(frame) == 1)]:
        cells, title = frame[name].head(MOST_ROWS), name.replace("_", " ")
        if pd.api.types.is_numeric_dtype(cells):
            places = 0 if (cells.dropna() % 1 == 0).all() else 3
            columns.append(Column(title, numbers(cells), places, below=name in below))
        else:
            columns.append(Column(title, cells.tolist(), filtered=name not in below, below=name in below))
    return packed_table(columns), len(frame)


def numbers(values: Iterable[float]) -> list[float | None]:
    """Numbers of six significant digits; None for those that are not finite."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]


def _says(cell: object) -> bool:
    return cell not in (None, "", [])
