"""Users' text files: their lines without comments, and the cells of each row."""

import re
from dataclasses import dataclass
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import csv_rows
from reasonome.facts.files.text_file import read_text
from reasonome.facts.text import counted

_ENDINGS = (".gz", ".gmt", ".grp", ".rnk", ".txt", ".csv", ".tsv", ".tab", ".list")
_TABS = (".tsv", ".tab", ".txt", ".rnk", ".grp", ".list")
_EXCEL = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # a first line that tells Excel the delimiter
_SPACES = re.compile(r'"[^"\t,;]*" "')  # between quoted names of columns, as R's write.table puts them
_RANKED = re.compile(r"#\s*ranked\s*", re.IGNORECASE)  # a comment that says that the order of the lines matters


@dataclass(frozen=True)
class TextFile:
    """A file's lines, with comments blanked; `notes` say what was skipped.

    `ranked` says that the first lines matter most, by a comment or the file's ending. `sha256` is of the file's bytes.
    """

    path: Path
    lines: list[str]
    delimiter: str
    notes: tuple[str, ...]
    ranked: bool
    sha256: str

    @property
    def name(self) -> str:
        """The file's name without known endings."""
        return stem(self.path)

    def rows(self) -> list[tuple[int, list[str]]]:
        """(line number, cells) of every row that is not blank. Raises InputError."""
        rows = csv_rows([f"{text}\n" for text in self.lines], self.path, self.delimiter)
        stripped = [(line, [cell.strip() for cell in cells]) for line, cells in rows]
        return [(line, cells) for line, cells in stripped if any(cells)]


def read_file(path: Path, sets: bool = False) -> TextFile:
    """Read a text file, plain or gzipped, in UTF-8. Lines that begin with # are comments.

    With `sets` the lines are sets of a GMT, whose names may begin with #: there, comments have no tab. The file's
    ending decides the delimiter: a comma for .csv (a semicolon where the first line has no comma), a tab for .tsv and
    .txt; otherwise the first line decides. Raises InputError for an empty file and one that is no such text.
    """
    if path.name.lower().endswith((".h5ad", ".loom")):
        fix = "give the AnnData to annotate_sets in Python, or write scanpy.get.rank_genes_groups_df(adata, None)"
        raise InputError("this is an HDF5 file, not a text", file=path, fix=fix)
    text, sha256 = read_text(path)
    if not text.strip():
        raise InputError("the file is empty", file=path, fix="give a file with genes in it")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    notes = []
    excel = _EXCEL.fullmatch(lines[0])
    if excel:
        notes.append(f"skipped: the first line, {lines[0]!r}, which is Excel's")
        lines[0] = ""
    comments = [line for line in lines if line.startswith("#") and not (sets and "\t" in line)]
    if comments:
        notes.append(f"skipped: {counted(len(comments), 'line that begins', 'lines that begin')} with #")
        lines = ["" if line.startswith("#") and not (sets and "\t" in line) else line for line in lines]
    first = next((line for line in lines if line.strip()), "")
    if _SPACES.match(first):
        fix = "put commas (.csv) or tabs (.tsv, .txt) between them: in R with write.csv, or write.table(…, sep = '\\t')"
        raise InputError("this is a table with spaces between fields", file=path, fix=fix)
    delimiter = excel[1] if excel else _delimiter(path, first)
    ranked = _without_gz(path).endswith(".rnk") or any(map(_RANKED.fullmatch, comments))
    return TextFile(path, lines, delimiter, tuple(notes), ranked, sha256)


def stem(path: Path) -> str:
    """The file's name without known endings."""
    name = path.name
    while name.lower().endswith(_ENDINGS) and "." in name.lstrip("."):
        name = name[: name.rindex(".")]
    return name


def is_gmt(path: Path) -> bool:
    """Whether a file's name ends in .gmt or .gmt.gz."""
    return _without_gz(path).endswith(".gmt")


def _without_gz(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")


def _delimiter(path: Path, first: str) -> str:
    name = _without_gz(path)
    if name.endswith(_TABS) or ("\t" in first and not name.endswith(".csv")):
        return "\t"
    return ";" if ";" in first and "," not in first else ","
