"""Tables of users: CSV, TSV or JSON, read as text with the line of every row; and rows for spreadsheets."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from reasonome.core.atomic import Json
from reasonome.core.errors import InputError, nearest
from reasonome.facts.files import text_file
from reasonome.facts.files.text_file import read_text

if TYPE_CHECKING:
    import pandas as pd  # which is not there where jobs are only planned

_DELIMITERS = (",", "\t", ";")
_SHOWN = 5  # lines that a message names
_SURELY_ROWS = 6  # delimiters in the further lines of a quoted cell, all like rows, that no text has by chance
_LONGEST_CELL = 16 * 1024 * 1024
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")  # with its end, as it was written
# A first line that Excel reads and hides. The header decides the delimiter too.
_NAMED_DELIMITER = re.compile(r'\A"?sep=.?"?\s*?$', re.IGNORECASE | re.MULTILINE)
_JSON_LINE = re.compile(r"[^\n]*\n?")  # U+2028 and the like may stand within a JSON string
_UNPARTED = "the header has no comma, tab or semicolon, which part columns: write tabs for blanks (tr -s ' ' '\\t')"
_NEEDED = "give a CSV, TSV or JSON file in UTF-8"
csv.field_size_limit(_LONGEST_CELL)
Joined = Callable[[Sequence[str]], str]
Cell = str | float | bool | Sequence[str] | None  # of a table that is written


_BREAKS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class PlainTable:
    """`values` has a list for each column, `lines` the line where each row begins, or the row's number in a JSON array.

    A cell is text, "" where it is empty. A JSON list of one text is that text; other lists, and objects, raise an error
    when their cell is read. `sha256` is that of the file's bytes, "" for a table from memory. `comments` are the lines
    above the header that begin with #, with their numbers.
    """

    file: Path | None
    columns: list[str]
    lines: list[int]
    values: Sequence[Sequence[object]]
    header_line: int = 1
    sha256: str = ""
    comments: Sequence[tuple[int, str]] = ()

    @cached_property
    def rows(self) -> list[tuple[int, Mapping[str, str]]]:
        """The rows as (line, cells by column); they take ten times the memory of the columns."""
        rows = (dict(zip(self.columns, row, strict=True)) for row in zip(*self.values, strict=True))
        return [(line, _Cells(row, self.file, line)) for line, row in zip(self.lines, rows, strict=True)]

    def cells(self, column: str, joined: Joined | None = None) -> list[str]:
        """The cells of a column, in the order of the rows; `joined` makes one text of a JSON list of texts."""
        values = self.values[self.columns.index(column)]
        return [_cell(value, self.file, line, column, joined) for line, value in zip(self.lines, values, strict=True)]

    def place(self, column: str, field: str = "") -> str:
        """`column` itself; raises InputError where the table has none or several. `field` is for the error."""
        if column not in self.columns:
            column = column.strip("# ")  # of a header that begins with #
        count = self.columns.count(column)
        if count == 1:
            return column
        what, fix = f"there is no column '{column}'", nearest(column, dict.fromkeys(filter(None, self.columns)))
        if len(self.columns) == 1 and " " in self.columns[0]:
            fix = _UNPARTED
        if count:
            what, fix = f"{count} columns are called '{column}'", "give each a name of its own"
        raise self.header_error(what, field=field or column, fix=fix)

    def header_error(self, what: str, *, fix: str, field: str | None = None) -> InputError:
        """An error about the header, with its file and line."""
        return InputError(what, file=self.file, line=self.header_line, field=field, fix=fix)

    def find(self, names: Sequence[str]) -> list[str]:
        """The columns with one of `names`, in the order of `names`: exact matches, else matches in any case."""
        exact = [name for name in names if name in self.columns]
        lower = {column.strip().casefold(): column for column in reversed(self.columns)}
        return exact or [lower[name] for name in names if name in lower]


def one_field_each(columns: Mapping[str, str | None]) -> None:
    """Raise InputError where two fields have the same column; `columns` is field → column."""
    taken: dict[str, str] = {}
    for field, column in columns.items():
        if column is not None and taken.setdefault(column, field) != field:
            what = f"column '{column}' is given for '{taken[column]}' and for '{field}'"
            raise InputError(what, field="columns", fix="name a column of its own for each")


def check_fields(columns: Mapping[str, str], required: Sequence[str], optional: Sequence[str], of: str) -> None:
    """InputError for an unknown field, a column that two fields have, and a required field that is missing.

    `columns` is field → column; `of` names the table in messages.
    """
    for field in columns:
        if field not in (*required, *optional):
            what = f"'{field}' is no column of {of}"
            raise InputError(what, field="columns", fix=nearest(field, [*required, *optional]))
    one_field_each(columns)
    for field in required:
        if field not in columns:
            fix = f"say what it is called in your table: {field}=COLUMN"
            raise InputError(f"the column of '{field}' is not given", field="columns", fix=fix)


def counted_lines(lines: Sequence[int]) -> str:
    """A text with the number of lines, and the first of them."""
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return f"{len(lines)} (line{'s' * (len(lines) > 1)} {', '.join(map(str, lines[:_SHOWN]))}{more})"


def frame_table(frame: "pd.DataFrame") -> PlainTable:
    """The table of a DataFrame: missing values are empty cells, lines count rows from 1."""
    text = frame.astype(object).where(frame.notna(), "").astype(str)
    columns = [str(column) for column in frame.columns]
    values = [list(map(text_file.whole_text, text.iloc[:, place])) for place in range(len(columns))]
    return PlainTable(None, columns, list(range(1, len(frame) + 1)), values)


def read_table(path: str | os.PathLike, wanted: Iterable[str], texts: bool = False) -> PlainTable:
    """Read a table; `wanted` are columns that may be in it, which decide the delimiter.

    `texts` says that cells may be texts of several lines, such as answers.

    Accepts a byte order mark, Windows line ends and quoted line ends; skips blank rows. "NA" and "null" stay text; an
    unpaired surrogate in JSON becomes U+FFFD. Raises InputError.
    """
    path, wanted = Path(path), set(wanted)
    text, sha256 = read_text(path)
    text, comments = _without_comments(_NAMED_DELIMITER.sub("", text, count=1), wanted)
    if _is_json(text):
        columns, lines, values, line = *_json_columns(text, path), 1
    else:
        columns, lines, values, line = _csv_columns(text, path, wanted, texts)
    if not lines:
        raise InputError("there are no rows below the header", file=path, line=line, fix="add rows")
    return PlainTable(path, columns, lines, values, line, sha256, comments)


def _without_comments(text: str, wanted: Collection[str]) -> tuple[str, list[tuple[int, str]]]:
    """A table's text with the comments above its header as blank lines, and these comments, by line.

    A header that begins with # is left without it.
    """
    known = {_plain(name) for name in wanted}
    comments: list[tuple[int, str]] = []
    rest = text
    while rest.startswith("#"):
        line, end, rest_below = rest.partition("\n")
        if header := marked_header(line, rest_below.partition("\n")[0], lambda cell: _plain(cell) in known):
            rest = f"{header}{end}{rest_below}"
            break
        comments.append((len(comments) + 1, line))
        rest = rest_below
    return "\n" * len(comments) + rest, comments


def _plain(name: str) -> str:
    return name.strip("# ").casefold()


def marked_header(
    line: str, below: str, is_name: Callable[[str], bool], delimiters: Sequence[str] = _DELIMITERS
) -> str | None:
    """A line that begins with #, without that, if it is the header of the row below it, and else None.

    It is parted as often as that row, and the first of its cells or two of them are names of columns, which no cell
    below is.
    """
    for mark in delimiters:
        cells, row = (next(csv.reader([text], delimiter=mark, skipinitialspace=True), []) for text in (line, below))
        named = [is_name(cell.strip("# ")) for cell in cells]
        if len(cells) == len(row) > 1 and (named[0] or sum(named) > 1) and not any(map(is_name, row)):
            return re.sub(rf"(^|{re.escape(mark)}) *#+ *", r"\1", line)
    return None


def check_columns(path: Path, wanted: Sequence[str], field: str) -> None:
    """InputError, with `field`, for columns that the header of a CSV or TSV lacks; no row of the table is read."""
    text, _ = _without_comments(_NAMED_DELIMITER.sub("", read_text(path)[0], count=1), wanted)
    if not _is_json(text):
        line, header, _ = _header(text, path, set(wanted), texts=True)
        table = PlainTable(path, header, [], [], line)
        for column in wanted:
            table.place(column, field)


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _header(
    text: str, path: Path, wanted: set[str], texts: bool
) -> tuple[int, list[str], Iterator[tuple[int, list[str]]]]:
    """(its line, its cells, the rows below it); InputError for a file without one."""
    rows = csv_rows((match.group() for match in _LINE.finditer(text)), path, _delimiter(text, wanted), texts)
    shown = tqdm(rows, path.name, unit=" rows", unit_scale=True, delay=5, leave=False)
    filled = ((line, cells) for line, cells in shown if any(cell.strip() for cell in cells))
    line, header = next(filled, (1, []))
    if not header:
        raise InputError("the file is empty", file=path, fix=_NEEDED)
    return line, [cell.strip() for cell in header], filled


def _csv_columns(
    text: str, path: Path, wanted: set[str], texts: bool
) -> tuple[list[str], list[int], list[list[str]], int]:
    """(header, lines, cells of each column, line of the header)."""
    header_line, header, filled = _header(text, path, wanted, texts)
    lines: list[int] = []
    values: list[list[str]] = [[] for _ in header]
    for line, cells in filled:
        if len(cells) != len(header):
            what = f"expected {len(header)} columns as in the header, found {len(cells)}"
            fix = "put quotes around a cell that holds the delimiter or a line end"
            raise InputError(what, file=path, line=line, fix=_UNPARTED if len(header) == 1 else fix)
        lines.append(line)
        for column, cell in zip(values, cells, strict=True):
            column.append(cell)
    return header, lines, values, header_line


def _delimiter(text: str, wanted: set[str]) -> str:
    """The delimiter that gives the header the most wanted columns; of equals the most frequent."""
    header = next((line for line in text[:_LONGEST_CELL].splitlines() if line.strip()), "")
    known = {name.casefold() for name in wanted}

    def n_wanted(delimiter: str) -> int:
        cells = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
        return sum(cell.strip().casefold() in known for cell in cells)

    return max(_DELIMITERS, key=lambda delimiter: (n_wanted(delimiter), header.count(delimiter)))


def csv_rows(
    lines: Iterable[str], path: str | os.PathLike, delimiter: str, texts: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """(first line, cells) of every row.

    A quoted cell may have several lines. But two stray quote marks make one cell of all rows between them, and then
    each of its lines is like a row: this raises InputError, where cells may be `texts` only if the lines are many.
    Raises InputError for what the csv module cannot read, too.
    """
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for text in lines:
            taken.append(text)
            yield text

    reader = csv.reader(noted(), delimiter=delimiter, skipinitialspace=True, strict=True)
    line, below_header = 1, False
    try:
        for cells in reader:
            last = reader.line_num
            are_many = (last - line) * (len(cells) - 1) >= _SURELY_ROWS
            may_be_rows = below_header and len(taken) > 1 and (are_many or not texts)
            if may_be_rows and _are_rows(taken, delimiter, len(cells)):
                raise _swallowed(path, line, last)
            yield line, cells
            line, below_header = last + 1, below_header or any(cell.strip() for cell in cells)
            taken.clear()
    except csv.Error as error:
        what = f"the row that begins here cannot be read: {error}"
        fix = "close every quote, and double one inside a quoted cell"
        raise InputError(what, file=path, line=line, fix=fix) from None


def _are_rows(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether each line has as many cells as a row, ignoring quote marks."""
    return all(line.count(delimiter) == width - 1 for line in lines)


def _swallowed(path: str | os.PathLike, first: int, last: int) -> InputError:
    """The error for a pair of quote marks that makes one cell of several rows."""
    what = f"a quote mark opens in this row and closes in line {last}, and all lines between them are like rows"
    fix = 'delete both marks, or write "" for one inside a quoted cell; if the cell is meant so, give JSON lines'
    return InputError(what, file=path, line=first, fix=fix)


def _json_columns(text: str, path: Path) -> tuple[list[str], list[int], list[list[Json]]]:
    """(columns of all rows, lines, values of each column); a row without a column has None there."""
    lines: list[int] = []
    values: dict[str, list[Json]] = {}
    rows = _json_rows(text, path)
    for line, row in tqdm(rows, desc=path.name, unit=" rows", unit_scale=True, delay=5, leave=False):
        if not isinstance(row, dict):
            raise InputError("a row should be an object", file=path, line=line)
        for column in row:
            if column not in values:
                values[column] = [None] * len(lines)
        for column, cells in values.items():
            cells.append(row.get(column))
        lines.append(line)
    return list(values), lines, list(values.values())


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, Json]]:
    """(line, value) of each value of JSON lines; (number from 1, value) of those of a JSON array."""
    number = None
    try:
        if text.lstrip().startswith("["):
            rows = text_file.json_value(text)
            assert isinstance(rows, list)  # a text that begins so is one
            yield from enumerate(rows, 1)
        else:
            for number, line in enumerate(_JSON_LINE.finditer(text), 1):
                if line.group().strip():
                    yield number, text_file.json_value(line.group())
    except ValueError as error:
        fix = "write one object a line, or an array of objects"
        line = number or getattr(error, "lineno", None)
        raise InputError(f"not valid JSON: {error}", file=path, line=line, fix=fix) from None


class _Cells(dict):
    """The cells of a row as text. A JSON list or object raises an error only when its cell is read."""

    def __init__(self, row: Mapping[str, object], path: Path | None, line: int):
        super().__init__(row)
        self._path, self._line = path, line

    def __getitem__(self, column: str) -> str:
        return _cell(super().__getitem__(column), self._path, self._line, column)


def _cell(value: object, path: Path | None, line: int, column: str, joined: Joined | None = None) -> str:
    # As evaluation harnesses record the only answer; of texts to join the list of one is a list.
    while isinstance(value, list) and len(value) == 1 and (joined is None or isinstance(value[0], list)):
        [value] = value
    if isinstance(value, list) and joined is not None:
        return joined([_cell(item, path, line, column) for item in value])
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN, as Python writes pandas' missing values
        return ""
    if isinstance(value, list):
        what = f"expected text, found a list of {len(value)}"
        fix = 'write a row for each, or one text, such as "[A, B]" for a ranked list; a list of one text is read'
        raise InputError(what, file=path, line=line, field=column, fix=fix)
    if isinstance(value, dict):
        fix = "name a column of text, or take the text out of the object"
        raise InputError("expected text, found an object", file=path, line=line, field=column, fix=fix)
    return json.dumps(value)


def tsv_row(values: Sequence[Cell]) -> str:
    """A line of a TSV, without its end.

    "; " separates several values in a cell, and an unknown value is an empty cell. Tabs and line breaks in texts
    become blanks. A text that a spreadsheet would run as a formula, because it begins with = + - or @ (after blanks or
    not) and is no number, gets an apostrophe in front. A cell with quotes is quoted.
    """
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="").writerow(map(_tsv_cell, values))
    return out.getvalue()


def _tsv_cell(value: str | float | bool | Sequence[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = _BREAKS.sub(" ", value if isinstance(value, str) else "; ".join(value))
    is_formula = text.lstrip().startswith(("=", "+", "-", "@")) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
