"""Tables that people bring: CSV, TSV or JSON lines, plain or gzipped, read as text with the line of every row."""

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from reasonome.core.errors import InputError, nearest
from reasonome.core.terminal import printable
from reasonome.facts.files import json_text
from reasonome.facts.files.text_file import read_text

_DELIMITERS = (",", "\t", ";")
_SHOWN = 5  # lines that a message names
_SURELY_ROWS = 6  # delimiters in the further lines of a quoted cell, if all are like rows, which no text has by chance
_LONGEST_CELL = 16 * 1024 * 1024
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")  # with its end, as it was written
# Excel's first line, which it reads and does not show. The header tells the delimiter too.
_NAMED_DELIMITER = re.compile(r'\A"?sep=.?"?\s*?$', re.IGNORECASE | re.MULTILINE)
_JSON_LINE = re.compile(r"[^\n]*\n?")  # U+2028 and the like may stand within a JSON string
_NEEDED = "give a CSV, TSV or JSON lines file in UTF-8"
csv.field_size_limit(_LONGEST_CELL)


@dataclass(frozen=True)
class PlainTable:
    """`values` has a list for each column, `lines` the line where each row begins.

    A cell is the text that was written, "" where there is none; a list or an object of JSON is an error where it is
    looked at. `sha256` is that of the file as it lies there; "" for a table that was never a file. `told` says what
    people should look at, in words.
    """

    file: Path | None
    columns: list[str]
    lines: list[int]
    values: list[list[Any]]
    header_line: int = 1
    sha256: str = ""
    told: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> list[tuple[int, Mapping[str, str]]]:
        """The rows as (line, cells by column): ten times the memory of the columns."""
        rows = (dict(zip(self.columns, row, strict=True)) for row in zip(*self.values, strict=True))
        return [(line, _Cells(row, self.file, line)) for line, row in zip(self.lines, rows, strict=True)]

    def cells(self, column: str) -> list[str]:
        """The cells of a column, in the order of the rows."""
        values = self.values[self.columns.index(column)]
        return [_cell(value, self.file, line, column) for line, value in zip(self.lines, values, strict=True)]

    def place(self, column: str, field: str = "") -> str:
        """`column` itself; InputError with the nearest column where there is none, or several. `field`: what for."""
        count = self.columns.count(column)
        if count == 1:
            return column
        what, fix = f"there is no column '{column}'", nearest(column, dict.fromkeys(filter(None, self.columns)))
        if count:
            what, fix = f"{count} columns are called '{column}'", "give each a name of its own"
        raise self.header_error(what, field=field or column, fix=fix)

    def header_error(self, what: str, *, fix: str, field: str | None = None) -> InputError:
        """The error of a table whose header is at fault, with its file and line."""
        return InputError(what, file=self.file, line=self.header_line, field=field, fix=fix)

    def find(self, names: Sequence[str]) -> list[str]:
        """The columns that are called by one of `names`, whatever their case; as written before other cases."""
        exact = [name for name in names if name in self.columns]
        lower = {column.strip().casefold(): column for column in reversed(self.columns)}
        return exact or [lower[name] for name in names if name in lower]


def one_field_each(columns: Mapping[str, str | None]) -> None:
    """InputError where one column of a table is taken for two fields; `columns` as field → column."""
    taken: dict[str, str] = {}
    for field, column in columns.items():
        if column is not None and taken.setdefault(column, field) != field:
            what = f"column '{column}' is given for '{taken[column]}' and for '{field}'"
            raise InputError(what, field="columns", fix="name a column of its own for each")


def counted_lines(lines: Sequence[int]) -> str:
    """How many lines, and which are the first of them."""
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return f"{len(lines)} (line{'s' * (len(lines) > 1)} {', '.join(map(str, lines[:_SHOWN]))}{more})"


def of_frame(frame: pd.DataFrame) -> PlainTable:
    """A DataFrame as such a table: missing values are empty cells, lines count rows from 1."""
    text = frame.astype(object).where(frame.notna(), "").astype(str)
    columns = [str(column) for column in frame.columns]
    values = [list(map(json_text.whole, text.iloc[:, place])) for place in range(len(columns))]
    return PlainTable(None, columns, list(range(1, len(frame) + 1)), values)


def read_table(path: str | os.PathLike, wanted: Iterable[str], texts: bool = False) -> PlainTable:
    """Read a table; `wanted` are columns that may be in it, by which the delimiter is told.

    `texts`: whether cells may be texts of several lines, as answers are.

    A byte order mark, Windows line ends and quoted line ends are read as what they are; blank rows are skipped. Names
    such as "NA" and "null" stay names; half a character in JSON is read as U+FFFD. Raises InputError.
    """
    path = Path(path)
    text, sha256 = read_text(path)
    text = _NAMED_DELIMITER.sub("", text, count=1)
    told: tuple[str, ...] = ()
    if text.lstrip().startswith("{"):
        columns, lines, values, line = *_json_columns(text, path), 1
    else:
        columns, lines, values, line, told = _csv_columns(text, path, set(wanted), texts)
    if not lines:
        raise InputError("there are no rows in this table", file=path, fix=_NEEDED)
    return PlainTable(path, columns, lines, values, line, sha256, told)


def _csv_columns(
    text: str, path: Path, wanted: set[str], texts: bool
) -> tuple[list[str], list[int], list[list[str]], int, tuple[str, ...]]:
    """(header, lines, cells of each column, line of the header, what people should look at)."""
    doubtful: list[int] | None = [] if texts else None
    numbered = _csv_cells(text, path, _delimiter(text, wanted), doubtful)
    header_line, header = next(numbered, (1, []))
    if not header:
        raise InputError("the file is empty", file=path, fix=_NEEDED)
    header = [cell.strip() for cell in header]
    lines: list[int] = []
    values: list[list[str]] = [[] for _ in header]
    for line, cells in numbered:
        if len(cells) != len(header):
            what = f"expected {len(header)} columns as in the header, found {len(cells)}"
            fix = "put quotes around a cell that holds the delimiter or a line end"
            raise InputError(what, file=path, line=line, fix=fix)
        lines.append(line)
        for of_column, cell in zip(values, cells, strict=True):
            of_column.append(cell)
    what = "quoted cells of several lines that are each like a row, read as one cell (delete stray quote marks)"
    return header, lines, values, header_line, (f"{what}: {counted_lines(doubtful)}",) if doubtful else ()


def _delimiter(text: str, wanted: set[str]) -> str:
    """The delimiter by which the header has most of the wanted columns; of equals the commonest."""
    header = next((line for line in text[:_LONGEST_CELL].splitlines() if line.strip()), "")
    known = {name.casefold() for name in wanted}

    def found(delimiter: str) -> int:
        cells = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
        return sum(cell.strip().casefold() in known for cell in cells)

    return max(_DELIMITERS, key=lambda delimiter: (found(delimiter), header.count(delimiter)))


def _csv_cells(text: str, path: Path, delimiter: str, doubtful: list[int] | None) -> Iterator[tuple[int, list[str]]]:
    """(line where it begins, cells) of every row that is not blank; `doubtful` is that of `csv_rows`."""
    rows = csv_rows((one.group() for one in _LINE.finditer(text)), path, delimiter, doubtful=doubtful)
    for line, cells in tqdm(rows, printable(path.name), unit=" rows", unit_scale=True, delay=5, leave=False):
        if any(cell.strip() for cell in cells):
            yield line, cells


def csv_rows(
    lines: Iterable[str],
    path: str | os.PathLike,
    delimiter: str,
    above: int = 0,
    doubtful: list[int] | None = None,
) -> Iterator[tuple[int, list[str]]]:
    """(line where it begins, cells) of every row; `above`: lines before.

    A quoted cell may have several lines, but two quote marks that are part of the text make one cell of all rows
    between them: then each of its lines is like a row. Raises InputError for that, or puts the line on the list
    `doubtful`, if one is given, where the lines are too few to be sure of it; and for what the csv module cannot read.
    """
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for one in lines:
            taken.append(one)
            yield one

    reader = csv.reader(noted(), delimiter=delimiter, skipinitialspace=True, strict=True)
    line, below_header = above + 1, False
    try:
        for cells in reader:
            last = above + reader.line_num
            if below_header and len(taken) > 1 and _are_rows(taken, delimiter, len(cells)):
                if doubtful is None or (last - line) * (len(cells) - 1) >= _SURELY_ROWS:
                    raise _swallowed(path, line, last)
                doubtful.append(line)
            yield line, cells
            line, below_header = last + 1, below_header or any(cell.strip() for cell in cells)
            taken.clear()
    except csv.Error as error:
        what = f"the row that begins here cannot be read: {error}"
        fix = "close every quote, and double one inside a quoted cell"
        raise InputError(what, file=path, line=line, fix=fix) from None


def _are_rows(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether each line alone has as many cells as a row, were quote marks only characters."""
    return all(line.count(delimiter) == width - 1 for line in lines)


def _swallowed(path: str | os.PathLike, first: int, last: int) -> InputError:
    """The error for a quote mark that makes one cell of rows, up to another one."""
    what = f"a quote mark opens in this row and closes in line {last}, and all lines between them are like rows"
    fix = 'delete both marks, or write "" for one inside a quoted cell; if the cell is meant so, give JSON lines'
    return InputError(what, file=path, line=first, fix=fix)


def _json_columns(text: str, path: Path) -> tuple[list[str], list[int], list[list[Any]]]:
    """(columns of all rows, lines, values of each column); a row without a column has None there."""
    lines: list[int] = []
    values: dict[str, list[Any]] = {}
    shown = tqdm(
        _JSON_LINE.finditer(text), desc=printable(path.name), unit=" rows", unit_scale=True, delay=5, leave=False
    )
    for number, line in enumerate(shown, 1):
        if not line.group().strip():
            continue
        try:
            row = json_text.loads(line.group(), unique_keys=True)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"not valid JSON: {error}", file=path, line=number, fix="write one object a line"
            ) from None
        if not isinstance(row, dict):
            raise InputError("a row should be an object", file=path, line=number)
        for column in row:
            if column not in values:
                values[column] = [None] * len(lines)
        for column, of_column in values.items():
            of_column.append(row.get(column))
        lines.append(number)
    return list(values), lines, list(values.values())


class _Cells(dict):
    """The cells of a row as text. Lists and objects of JSON are an error only where their column is looked at."""

    def __init__(self, row: Mapping[str, Any], path: Path | None, line: int):
        super().__init__(row)
        self._path, self._line = path, line

    def __getitem__(self, column: str) -> str:
        return _cell(super().__getitem__(column), self._path, self._line, column)


def _cell(value: Any, path: Path | None, line: int, column: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        what = f"expected text, found {'a list' if isinstance(value, list) else 'an object'}"
        raise InputError(what, file=path, line=line, field=column)
    return json.dumps(value)
