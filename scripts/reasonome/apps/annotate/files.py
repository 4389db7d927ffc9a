"""Files of genes as rows of text: which form a file has, and where its comments, header and columns are."""

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import pandas as pd
import yaml

from reasonome.apps.run import stem, unused_name
from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.files.plain_table import csv_rows, marked_header
from reasonome.facts.files.text_file import json_value, read_text
from reasonome.facts.spellings import is_one_gene
from reasonome.facts.text import counted

NAMES: dict[str, list[str]] = yaml.load(
    Path(__file__).with_name("column_names.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
UNNAMED = "the second field"  # the name of the column of numbers where there is no header
_USUAL = {name for role, names in NAMES.items() if role != "row_names" for name in names}
_TABS = (".tsv", ".tab", ".txt", ".rnk", ".grp", ".list")
_EXCEL = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # a first line that tells Excel the delimiter
_SPACES = re.compile(r'"[^"\t,;]*" "')  # between quoted names of columns, as R's write.table puts them
_RANKED = re.compile(r"#\s*ranked\s*", re.IGNORECASE)  # a comment that says that the order of the lines matters
_R_VECTOR = re.compile(r"\[1\]\s|c\(\s*[\"']")
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_FEWEST_NUMBERED = 3  # identifiers that count as row numbers if they are 1, 2, 3: no study has just these Entrez ids
_ONE_A_LINE = (
    "write one gene a line, or all genes on the only line with commas between them; a table needs a header, and commas "
    "(in .csv) or tabs (in .tsv and .txt); a GMT needs `--kind gmt` or the ending .gmt"
)


@dataclass(frozen=True)
class TextFile:
    """A file's lines, with comments blanked; `notes` say how it was read, `sha256` is of its bytes.

    `sets` says that each line is a set of a GMT, `headed` that the first row is a header although it begins with #,
    `ranked` that the first lines matter most.
    """

    path: Path
    lines: list[str]
    delimiter: str
    notes: tuple[str, ...]
    sets: bool
    headed: bool
    ranked: bool
    sha256: str


@dataclass(frozen=True)
class Rows:
    """A table of text, indexed by line, or by row from 1 where it is from memory and has no file.

    Columns of one name are told apart by a number behind it. `ranked` says that the first rows matter most.
    """

    name: str
    frame: pd.DataFrame
    file: Path | None = None
    header_line: int | None = None
    ranked: bool = False

    def error(self, what: str, *, fix: str, field: str | None = None, line: int | None = None) -> InputError:
        """An error about the table: about its header, unless a line is given."""
        return InputError(what, file=self.file, line=line or self.header_line, field=field, fix=fix)

    def place(self, line: int) -> str:
        """Where a row stands: "line 12"."""
        return f"{'row' if self.file is None else 'line'} {line}"

    def numbers(self, column: str) -> pd.Series:
        """The numbers of a column, NaN where there is none. InputError for the first cell that is something else."""
        given = self.frame[column].mask(self.frame[column].map(is_missing))
        numbers = pd.to_numeric(given, errors="coerce").astype(float)
        wrong = given[numbers.isna() & given.notna()]
        if len(wrong):
            cell = wrong.iloc[0]
            fix = "write numbers with a point: 0.05" if "," in cell else "give a number, or NA where there is none"
            what = f"expected a number, found '{cell[:40]}'"
            raise self.error(what, field=column, line=wrong.index[0], fix=fix)
        return numbers

    def has_numbers(self, column: str) -> bool:
        """Whether all cells of a column are numbers or missing."""
        cells = self.frame[column].unique()
        return all(is_missing(cell) or is_number(cell) for cell in cells) and not all(map(is_missing, cells))


def key(column: str) -> str:
    """The letters and digits of a column's name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r" \(\d+\)$", "", column.casefold()))


def names_genes(cell: str) -> bool:
    """Whether this is a usual name of a column of genes."""
    return key(cell) in NAMES["gene"]


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number, with a decimal point or comma."""
    return bool(_NUMBER.fullmatch(cell.strip()))


def are_row_numbers(identifiers: Collection[str]) -> bool:
    """Whether identifiers are consecutive numbers from 0 or 1; Entrez ids have gaps."""
    each = set(identifiers)
    numbered = (set(map(str, range(first, first + len(each)))) for first in (0, 1))
    return len(each) >= _FEWEST_NUMBERED and each in numbered


def is_gmt(path: Path) -> bool:
    """Whether a file's name ends in .gmt or .gmt.gz."""
    return _without_gz(path).endswith(".gmt")


def read_file(path: Path, sets: bool = False) -> TextFile:
    """Read a text file, plain or gzipped, in UTF-8. Lines that begin with # are comments, except a table's header.

    With `sets` the lines are sets of a GMT, whose names may begin with #: there, comments have no tab. The delimiter is
    a tab for .tsv and .txt; otherwise the first line decides. Lists as Python, R and JSON print them, and MSigDB's
    sets in JSON, are rewritten as lines. Raises InputError for an empty file and one that is no such text.
    """
    if path.name.lower().endswith((".h5ad", ".loom")):
        fix = "give the AnnData to annotate_sets in Python, or write scanpy.get.rank_genes_groups_df(adata, None)"
        raise InputError("this is an HDF5 file, not a text", file=path, fix=fix)
    text, sha256 = read_text(path)
    if not text.strip():
        raise InputError("the file is empty", file=path, fix="give a file with genes in it")
    text, *notes = _as_lines(text, path)
    sets = sets or (bool(notes) and "\t" in text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    excel = _EXCEL.fullmatch(lines[0])
    if excel:
        notes.append(f"skipped: the first line, {lines[0]!r}, which is Excel's")
        lines[0] = ""
    comments = [place for place, line in enumerate(lines) if _is_comment(line) and not (sets and "\t" in line)]
    rows = (place for place, line in enumerate(lines) if line.strip() and place not in set(comments))
    first = next(rows, None)
    if first is not None and _SPACES.match(lines[first]):
        fix = "put commas (.csv) or tabs (.tsv, .txt) between them: in R with write.csv, or write.table(…, sep = '\\t')"
        raise InputError("this is a table with spaces between fields", file=path, fix=fix)
    delimiter = excel[1] if excel else _delimiter(path, "" if first is None else lines[first])
    header = None
    if first and first - 1 in comments and not sets:
        header = marked_header(lines[first - 1], lines[first], lambda cell: key(cell) in _USUAL, [delimiter])
    if first and header is not None:
        notes.append(f"the header is line {first}, although it begins with #")
        lines[first - 1] = header
        comments.remove(first - 1)
    ranked = _without_gz(path).endswith(".rnk") or any(_RANKED.fullmatch(lines[place]) for place in comments)
    if comments:
        notes.append(f"skipped: {counted(len(comments), 'line that begins', 'lines that begin')} with #")
        lines = ["" if place in set(comments) else line for place, line in enumerate(lines)]
    return TextFile(path, lines, delimiter, tuple(notes), sets, header is not None, ranked, sha256)


def _as_lines(text: str, path: Path) -> tuple[str, ...]:
    """(text) as it is, or (a gene a line, or a set a line with tabs; a note on the form) of what a program printed."""
    start = text.lstrip()
    if _R_VECTOR.match(start):
        words = re.findall(r"\"([^\"]*)\"|'([^']*)'|([^\s,()\"']+)", re.sub(r"(?m)^\s*(\[\d+\]|c\()", "", start))
        return "\n".join("".join(word) for word in words), "read as a vector that R printed"
    if not start.startswith(("[", "{")):
        return (text,)
    try:
        value = ast.literal_eval(start) if start.startswith("[") else json_value(start)
    except (ValueError, SyntaxError):
        value = None
    if isinstance(value, dict) and value:
        sets = {name: of.get("geneSymbols") if isinstance(of, dict) else of for name, of in value.items()}
        lines = ["\t".join([name, "", *genes]) for name, genes in sets.items() if _is_list_of_text(genes)]
        if len(lines) == len(sets):
            return "\n".join(lines), "read as gene sets in JSON"
    if _is_list_of_text(value):
        return "\n".join(value), "read as a list in brackets, as Python and JSON have it"
    fix = "write one gene a line, for example: jq -r '.[]' FILE"
    raise InputError("this is JSON or Python, and no list of genes", file=path, fix=fix)


def _is_list_of_text(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _without_gz(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")


def _delimiter(path: Path, first: str) -> str:
    name = _without_gz(path)
    if name.endswith(_TABS) or ("\t" in first and not name.endswith(".csv")):
        return "\t"
    unquoted = re.sub('"[^"]*"', "", first)
    return max(",;\t", key=unquoted.count)


def _is_comment(line: str) -> bool:
    """Whether a line begins with #, and not with Excel's #N/A."""
    return line.startswith("#") and not line.upper().startswith("#N/A")


def parse_rows(file: TextFile, chosen: Collection[str]) -> Rows:
    """The table in a file. Without a header it is a list of genes, or of genes and numbers.

    `chosen` are names of columns that the user gave. A first column that numbers rows is left out. Raises InputError.
    """
    lines = [(line, text) for line, text in enumerate(file.lines, 1) if text.strip()]
    if len(lines) == 1 and (genes := _genes_of_line(lines[0][1])):
        return _list_rows([(lines[0][0], [gene]) for gene in genes], file)
    rows = _cells(file)
    if not rows:
        raise InputError("there is no gene in the file", file=file.path, fix="write one gene a line")
    first = rows[0][1]
    is_list = len(first) == 1 or (len(first) == 2 and first[0] != "" and is_number(first[1]))
    if is_list and not file.headed and not any(names_genes(cell) or cell in chosen for cell in first):
        return _list_rows(rows, file)
    (header_line, header), *rest = rows
    if rest and len(rest[0][1]) == len(header) + 1 > 2:
        header = ["", *header]  # as R writes tables with row names
    for line, cells in rest:
        if len(cells) != len(header):
            what = f"expected {len(header)} columns as in the header, found {len(cells)}"
            fix = (
                "put quotes around a cell that holds the delimiter; .csv has commas or semicolons, .tsv and .txt tabs; "
                "a GMT needs `--kind gmt` or the ending .gmt"
            )
            raise InputError(what, file=file.path, line=line, fix=fix)
    if header.count("") > 1:
        fix = "delete what stands above the names of the columns, such as a title; call that of the genes 'gene'"
        what = "several columns have no name"
        raise InputError(what, file=file.path, line=header_line, field="gene", fix=fix)
    frame = pd.DataFrame([cells for _, cells in rest], [line for line, _ in rest], header, dtype=object)
    return Rows(stem(file.path), plain_frame(frame), file.path, header_line, file.ranked)


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of text with each name of a column once, and without a first column that only numbers the rows."""
    names: list[str] = []
    for column in frame.columns:
        names.append(unused_name(column, names))
    frame = frame.set_axis(names, axis=1)
    if len(names) > 1 and key(names[0]) in NAMES["row_names"] and are_row_numbers(frame.iloc[:, 0]):
        return frame.iloc[:, 1:]
    return frame


def _cells(file: TextFile) -> list[tuple[int, list[str]]]:
    """(line, cells) of every row that is not blank, without the last cells if all rows have them empty."""
    rows = csv_rows([f"{text}\n" for text in file.lines], file.path, file.delimiter)
    stripped = [(line, [cell.strip() for cell in cells]) for line, cells in rows]
    filled = [(line, cells) for line, cells in stripped if any(cells)]
    empty = min((next(n for n, cell in enumerate(reversed(cells)) if cell) for _, cells in filled), default=0)
    return [(line, cells[: len(cells) - empty]) for line, cells in filled]


def _list_rows(rows: Iterable[tuple[int, list[str]]], file: TextFile) -> Rows:
    rows = list(rows)
    for line, cells in rows:
        may_be_gene = not re.search(r"[\s,;|]", cells[0]) or is_one_gene(cells[0])
        if len(cells) > 2 or not may_be_gene or not all(is_missing(cell) or is_number(cell) for cell in cells[1:]):
            what = f"expected one gene, or a gene and a number, found '{' '.join(cells)[:60]}'"
            raise InputError(what, file=file.path, line=line, fix=_ONE_A_LINE)
    frame = pd.DataFrame({"gene": [cells[0] for _, cells in rows]}, [line for line, _ in rows])
    if any(len(cells) > 1 for _, cells in rows):
        frame[UNNAMED] = ["".join(cells[1:]) for _, cells in rows]
    return Rows(stem(file.path), frame, file.path, rows[0][0], file.ranked)


def _genes_of_line(line: str) -> list[str]:
    """The genes of a file's only line, separated by commas or semicolons; [] where it may be something else."""
    cells = [cell.strip().strip('"') for cell in re.split("[,;]", line.strip().rstrip(",;"))]
    numbers = sum(map(is_number, cells))
    are_genes = all(re.fullmatch(r"\S+", cell) and not names_genes(cell) for cell in cells)
    return cells if are_genes and numbers in (0, len(cells)) else []
