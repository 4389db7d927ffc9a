"""Tables of genes, with or without statistics, in users' text files: lines, cells, and which column is what."""

import csv
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from reasonome.apps.run import stem
from reasonome.config.annotations import Annotation, Column
from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.files.plain_table import csv_rows
from reasonome.facts.files.text_file import read_text
from reasonome.facts.spellings import is_one_gene
from reasonome.facts.text import counted, some

_TABS = (".tsv", ".tab", ".txt", ".rnk", ".grp", ".list")
_EXCEL = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # a first line that tells Excel the delimiter
_SPACES = re.compile(r'"[^"\t,;]*" "')  # between quoted names of columns, as R's write.table puts them
_RANKED = re.compile(r"#\s*ranked\s*", re.IGNORECASE)  # a comment that says that the order of the lines matters
# Preferred names come first. They are compared by letters and digits, ignoring case: `p_val_adj` is "pvaladj".
GENES = (
    *("gene", "genes", "symbol", "symbols", "genesymbol", "genesymbols", "hgncsymbol", "mgisymbol", "genename"),
    *("externalgenename", "geneshortname", "names", "geneid", "ensembl", "ensemblid", "ensemblgeneid", "entrez"),
    *("entrezid", "feature", "features", "id", "identifier"),
)
ROW_NAMES = ("", "unnamed0", "1", "x", "rowname", "rownames", "index")  # of pandas and R, the 1 of its "...1"
ADJUSTED_P = ("padj", "pvaladj", "adjpval", "pvalsadj", "fdr", "fwer", "qvalue", "qval", "adjpvalue", "adjustedpvalue")
NATURAL_FOLD_CHANGE = "avglogfc"  # Seurat before version 4, to base e
FOLD_CHANGE = ("log2foldchange", "avglog2fc", "log2fc", "logfoldchanges", "logfc", "lfc", NATURAL_FOLD_CHANGE)
ALIASES: Mapping[Column, Sequence[str]] = {
    "gene": (*GENES, *ROW_NAMES),
    "adjusted_p": ADJUSTED_P,
    "p": ("pvalue", "pval", "pvals", "p"),
    "log2_fold_change": FOLD_CHANGE,
    "statistic": ("stat", "scores", "score", "t", "f", "lr"),
    "group": ("cluster", "group", "clusters", "groups", "leiden", "louvain", "seuratclusters"),
    "comparison": ("contrast", "comparison", "coef", "celltype", "clusterid", "tissue", "timepoint"),
}
_KNOWN = {alias for aliases in ALIASES.values() for alias in aliases} - set(ROW_NAMES)
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
STATISTICS: tuple[Column, ...] = ("adjusted_p", "p", "log2_fold_change", "statistic")
_FEWEST_NUMBERED = 3  # identifiers that count as row numbers if they are 1, 2, 3: no study has just these Entrez ids
UNNAMED = "the second field"  # the name of the column of numbers where there is no header
# Setting of tables → command-line option.
OPTIONS = {
    "adjusted_p": "--adjusted-p",
    "log2_fold_change": "--log2-fold-change",
    "top": "--top",
    "split": "--together",
    "contrast": "--contrast",
    "gsea": "--gsea",
}
_OFF = {"gsea": False}  # what says that an option is not wanted
_CALL_IT = "say which column has the genes, such as `--columns gene=NAME`, or call it 'gene'"


@dataclass(frozen=True)
class TextFile:
    """A file's lines, with comments blanked; `notes` say what was skipped.

    `headed` says that the first row is a header, since it begins with # in the file. `ranked` says that the first lines
    matter most, by a comment or the file's ending. `sha256` is of the file's bytes.
    """

    path: Path
    lines: list[str]
    delimiter: str
    notes: tuple[str, ...]
    headed: bool
    ranked: bool
    sha256: str

    def rows(self) -> list[tuple[int, list[str]]]:
        """(line number, cells) of every row that is not blank, without the last cells if all rows have them empty.

        Raises InputError.
        """
        rows = csv_rows([f"{text}\n" for text in self.lines], self.path, self.delimiter)
        stripped = [(line, [cell.strip() for cell in cells]) for line, cells in rows]
        filled = [(line, cells) for line, cells in stripped if any(cells)]
        empty = min((next(n for n, cell in enumerate(reversed(cells)) if cell) for _, cells in filled), default=0)
        return [(line, cells[: len(cells) - empty]) for line, cells in filled]


def read_file(path: Path, sets: bool = False) -> TextFile:
    """Read a text file, plain or gzipped, in UTF-8. Lines that begin with # are comments, except a table's header.

    With `sets` the lines are sets of a GMT, whose names may begin with #: there, comments have no tab. The delimiter is
    a tab for .tsv and .txt; otherwise the first line decides. Raises InputError for an empty file and one that is no
    such text.
    """
    if path.name.lower().endswith((".h5ad", ".loom")):
        fix = "give the AnnData to annotate_sets in Python, or write scanpy.get.rank_genes_groups_df(adata, None)"
        raise InputError("this is an HDF5 file, not a text", file=path, fix=fix)
    text, sha256 = read_text(path)
    if not text.strip():
        raise InputError("the file is empty", file=path, fix="give a file with genes in it")
    if text.lstrip().startswith("["):
        fix = "write one gene a line, for example: jq -r '.[]' FILE"
        raise InputError("this is a JSON array, no list of genes", file=path, fix=fix)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    notes = []
    excel = _EXCEL.fullmatch(lines[0])
    if excel:
        notes.append(f"skipped: the first line, {lines[0]!r}, which is Excel's")
        lines[0] = ""

    def is_comment(line: str) -> bool:
        return _is_comment(line) and not (sets and "\t" in line)

    first = next((line for line in lines if line.strip() and not is_comment(line)), "")
    if _SPACES.match(first):
        fix = "put commas (.csv) or tabs (.tsv, .txt) between them: in R with write.csv, or write.table(…, sep = '\\t')"
        raise InputError("this is a table with spaces between fields", file=path, fix=fix)
    delimiter = excel[1] if excel else _delimiter(path, first)
    header = None if sets else _commented_header(lines, delimiter)
    if header is not None:
        notes.append(f"the header is line {header + 1}, although it begins with #")
        lines[header] = re.sub(rf"(^|{re.escape(delimiter)}) *#+", r"\1", lines[header])
    comments = [line for line in lines if is_comment(line)]
    if comments:
        notes.append(f"skipped: {counted(len(comments), 'line that begins', 'lines that begin')} with #")
        lines = ["" if is_comment(line) else line for line in lines]
    ranked = _without_gz(path).endswith(".rnk") or any(map(_RANKED.fullmatch, comments))
    return TextFile(path, lines, delimiter, tuple(notes), header is not None, ranked, sha256)


def is_gmt(path: Path) -> bool:
    """Whether a file's name ends in .gmt or .gmt.gz."""
    return _without_gz(path).endswith(".gmt")


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


def _commented_header(lines: Sequence[str], delimiter: str) -> int | None:
    """The place of the line above the first row, if it is the header although it begins with #; None otherwise.

    It has as many cells as the first row, which is no header itself. Without two known names of columns it must not
    look like prose, and the rows below must be several and no ranking.
    """
    places = [place for place, line in enumerate(lines) if line.strip() and not _is_comment(line)][:2]
    if not places or not places[0] or not lines[places[0] - 1].startswith("#"):
        return None
    above = places[0] - 1
    names, first, *second = (_cells(lines[place], delimiter) for place in (above, *places))
    if not len(names) == len(first) > 1 or not first[0] or any(key(cell) in _KNOWN for cell in first):
        return None
    if sum(key(name) in _KNOWN for name in names) > 1:
        return above
    is_prose = re.search(rf"(^#+|{re.escape(delimiter)}) ", lines[above])
    if is_prose or not second or _is_list(first, ()) or (_has_number(second[0]) and not _has_number(first)):
        return None
    return above


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]


def _has_number(cells: Sequence[str]) -> bool:
    """Whether a row has a number, or a missing value, behind its first cell."""
    return any(is_number(cell) or is_missing(cell) for cell in cells[1:])


def roles(
    header: Sequence[str], chosen: Mapping[Column, str], file: Path | None, line: int | None
) -> dict[Column, str]:
    """Role → column: the chosen one, else one with a usual name of the role. A single column holds the genes.

    Raises InputError.
    """
    if len(header) == 1:
        return {"gene": header[0]}
    by_role: dict[Column, str] = {}
    for role, aliases in ALIASES.items():
        candidates = [chosen[role]] * header.count(chosen[role]) if role in chosen else _called(header, aliases)
        if len(candidates) == 1:
            by_role[role] = candidates[0]
        elif candidates and not any(candidates):
            what = f"none of the columns {listed(header)} names the genes, and several have no name"
            fix = "delete what stands above the names of the columns, such as a title; call that of the genes 'gene'"
            raise InputError(what, file=file, line=line, field=role, fix=fix)
        elif candidates:
            what = f"the columns {listed(candidates)} may each be that of the {role.replace('_', ' ')}"
            fix = f"say which it is, such as `--columns {role}=NAME`, or give them different names"
            raise InputError(what, file=file, line=line, field=role, fix=fix)
        elif role in chosen:
            what = f"there is no column '{chosen[role]}' among {listed(header)}"
            raise InputError(what, file=file, line=line, field=f"--columns {role}", fix=nearest(chosen[role], header))
    return by_role


def _called(header: Sequence[str], aliases: Sequence[str]) -> list[str]:
    """The columns with the first of `aliases` that occurs in the header."""
    for alias in aliases:
        if matching := [column for column in header if key(column) == alias]:
            return matching
    return []


def listed(names: Sequence[str]) -> str:
    """The first names of columns, in quotes."""
    return ", ".join(map(repr, names[:12])) + ", …" * (len(names) > 12)


def key(column: str) -> str:
    """The letters and digits of a column's name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", column.casefold())


def names_genes(cell: str) -> bool:
    """Whether this is a usual name of a column of genes."""
    return key(cell) in GENES


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number, with a decimal point or comma."""
    return bool(_NUMBER.fullmatch(cell.strip()))


@dataclass(frozen=True)
class Table:
    """A table of text, indexed by line number, and its columns by role (the keys of ALIASES).

    `file` is None for a table from memory, whose rows are numbered from 1. `ranked` says that the first rows matter
    most. `chosen` are the roles whose columns the user named.
    """

    name: str
    frame: pd.DataFrame
    columns: Mapping[Column, str]
    file: Path | None = None
    header_line: int | None = None
    ranked: bool = False
    chosen: frozenset[Column] = frozenset()

    @property
    def header(self) -> list[str]:
        """The names of all columns."""
        return list(self.frame.columns)

    def genes(self) -> list[str]:
        """The genes of all rows, "" where there is none. Raises InputError."""
        if "gene" not in self.columns:
            raise self.error(f"none of the columns {listed(self.header)} names the genes", field="gene", fix=_CALL_IT)
        genes = ["" if is_missing(cell) else cell for cell in self.frame[self.columns["gene"]]]
        if _are_row_numbers(set(genes)):
            what = f"the {len(genes):,} genes are the numbers from {min(genes, key=int)} on: row numbers are no genes"
            raise self.error(what, field="gene", fix=_CALL_IT)
        if other := self._beside_numbers(genes):
            numbers = some(list(filter(None, genes)))
            what = f"the genes are numbers ({numbers}), and '{other}' has names"
            fix = f"say `--columns gene={other}`, or call that column 'gene'; call a column of Entrez ids 'entrez'"
            raise self.error(what, field="gene", fix=fix)
        return genes

    def _beside_numbers(self, genes: Sequence[str]) -> str | None:
        """The column of names beside row names or ids that are all numbers, as a filtered table has them; or None."""
        may_number = "gene" not in self.chosen and key(self.columns["gene"]) in (*ROW_NAMES, "id")
        if not may_number or len(set(genes)) < _FEWEST_NUMBERED or not all(map(str.isdigit, filter(None, genes))):
            return None
        others = [name for name in self.header if name not in self.columns.values() and self.header.count(name) == 1]
        return next((name for name in others if _has_names(self.frame[name])), None)

    def groups(self) -> list[str]:
        """The groups of all rows, "" where one is missing or there is no column of them."""
        if "group" not in self.columns:
            return [""] * len(self.frame)
        return ["" if is_missing(cell) else cell for cell in self.frame[self.columns["group"]]]

    def statistics(self) -> pd.DataFrame:
        """A row for each gene, by line: `gene`, `group` and the STATISTICS, NaN for a missing column or value.

        Raises InputError for a cell that is no number, and for a p value below 0 or above 1.
        """
        rows = pd.DataFrame({"gene": self.genes()}, index=self.frame.index)
        rows["group"] = self.groups()
        for role in STATISTICS:
            column = self.columns.get(role)
            rows[role] = math.nan if column is None else self._numbers(column)
        self._check_p(rows["adjusted_p"], "adjusted_p")
        self._check_p(rows["p"], "p")
        if key(self.columns.get("log2_fold_change", "")) == NATURAL_FOLD_CHANGE:
            rows["log2_fold_change"] /= math.log(2)
        return rows[rows["gene"] != ""]

    def _numbers(self, column: str) -> list[float]:
        numbers = []
        for line, cell in zip(self.frame.index, self.frame[column], strict=True):
            try:
                numbers.append(math.nan if is_missing(cell) else float(cell))
            except ValueError:
                fix = "write numbers with a point: 0.05" if "," in cell else "give a number, or NA where there is none"
                what = f"expected a number, found '{cell[:40]}'"
                raise InputError(what, file=self.file, line=line, field=column, fix=fix) from None
        return numbers

    def _check_p(self, values: pd.Series, role: Column) -> None:
        wrong = values[(values < 0) | (values > 1)]
        if len(wrong):
            line, column = wrong.index[0], self.columns[role]
            what = f"expected a p value from 0 to 1, found '{self.frame.loc[line, column][:40]}'"
            fix = "give p values themselves, not their logarithms, and check that columns are under their names"
            raise InputError(what, file=self.file, line=line, field=column, fix=fix)

    def used(self) -> str:
        """A sentence that says which column has which role."""
        pairs = [
            f"{role.replace('_', ' ')} from {repr(column) if column else 'the row names'}"
            for role, column in self.columns.items()
        ]
        return f"columns used: {', '.join(pairs)}"

    def error(self, what: str, *, fix: str, field: str | None = None) -> InputError:
        """An error about the table's header."""
        return InputError(what, file=self.file, line=self.header_line, field=field, fix=fix)


def parse_table(file: TextFile, chosen: Mapping[Column, str]) -> Table:
    """The table in a file. Without a header it is a list of genes, or of genes and numbers.

    `chosen` is the user's role → column. Raises InputError.
    """
    lines = [(line, text) for line, text in enumerate(file.lines, 1) if text.strip()]
    if len(lines) == 1 and (genes := _genes_of_line(lines[0][1])):
        return _list_table([(lines[0][0], [gene]) for gene in genes], file)
    rows = file.rows()
    if not rows:
        raise InputError("there is no gene in the file", file=file.path, fix="write one gene a line")
    if not file.headed and _is_list(rows[0][1], chosen.values()):
        return _list_table(rows, file)
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
    frame = pd.DataFrame([cells for _, cells in rest], [line for line, _ in rest], header, dtype=object)
    if len(header) == 2 and key(header[0]) in ("", "unnamed0") and _numbers_genes(frame):
        header, frame = header[1:], frame.iloc[:, 1:]  # as R and pandas write a single column
    by_role = roles(header, chosen, file.path, header_line)
    return Table(stem(file.path), frame, by_role, file.path, header_line, file.ranked, frozenset(chosen))


def _is_list(first: Sequence[str], chosen: Collection[str]) -> bool:
    """Whether the first row is a gene, or a gene and a number, and not a header."""
    if any(names_genes(cell) or cell in chosen for cell in first):
        return False
    return len(first) == 1 or (len(first) == 2 and first[0] != "" and is_number(first[1]))


def _list_table(rows: Sequence[tuple[int, list[str]]], file: TextFile) -> Table:
    for line, cells in rows:
        are_numbers = all(is_missing(cell) or is_number(cell) for cell in cells[1:])
        if len(cells) > 2 or not _may_be_gene(cells[0]) or not are_numbers:
            raise InputError(
                f"expected one gene, or a gene and a number, found '{' '.join(cells)[:60]}'",
                file=file.path,
                line=line,
                fix="write one gene a line, or all genes on the only line with commas between them; a table needs a "
                "header, and commas (in .csv) or tabs (in .tsv and .txt); a GMT needs `--kind gmt` or the ending .gmt",
            )
    frame = pd.DataFrame({"gene": [cells[0] for _, cells in rows]}, [line for line, _ in rows])
    columns: dict[Column, str] = {"gene": "gene"}
    if any(len(cells) > 1 for _, cells in rows):
        frame[UNNAMED] = ["".join(cells[1:]) for _, cells in rows]
        columns["statistic"] = UNNAMED
    return Table(stem(file.path), frame, columns, file.path, rows[0][0], file.ranked)


def _genes_of_line(line: str) -> list[str]:
    """The genes of a file's only line, separated by commas or semicolons; [] where it may be something else."""
    cells = [cell.strip().strip('"') for cell in re.split("[,;]", line.strip().rstrip(",;"))]
    numbers = sum(map(is_number, cells))
    are_genes = all(re.fullmatch(r"\S+", cell) and not names_genes(cell) for cell in cells)
    return cells if are_genes and numbers in (0, len(cells)) else []


def _may_be_gene(cell: str) -> bool:
    return not re.search(r"[\s,;|]", cell) or is_one_gene(cell)


def _are_row_numbers(identifiers: set[str]) -> bool:
    """Whether identifiers are consecutive numbers from 0 or 1; Entrez ids have gaps."""
    return len(identifiers) >= _FEWEST_NUMBERED and any(
        identifiers == set(map(str, range(first, first + len(identifiers)))) for first in (0, 1)
    )


def _has_names(column: pd.Series) -> bool:
    """Whether a column has a word for every other row, with a letter and no number."""
    words = (cell for cell in column.unique() if re.fullmatch(r"(?=.*[A-Za-z])\S+", cell) and not is_number(cell))
    return 2 * sum(1 for _ in words) >= len(column)


def _numbers_genes(frame: pd.DataFrame) -> bool:
    """Whether the first of two columns numbers the rows, and the second has no numbers but perhaps Entrez ids."""
    others = (cell for cell in frame.iloc[:, 1] if not is_missing(cell))
    return _are_row_numbers(set(frame.iloc[:, 0])) and all(cell.isdigit() or not is_number(cell) for cell in others)


def repeated_genes(rows: pd.DataFrame) -> list[str]:
    """The genes that stand in several rows of `statistics` with other numbers."""
    different = rows.drop_duplicates(["gene", *STATISTICS])
    return list(dict.fromkeys(different.loc[different["gene"].duplicated(), "gene"]))


def first_rows(rows: pd.DataFrame, keys: pd.DataFrame, top: int | None, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """The first `top` of rows that are sorted by `keys`, and flags.

    Of rows that are equal to the last one in these, as many as there is room for are drawn at random.
    """
    if top is None or top >= len(rows):
        return rows, []
    tied = np.flatnonzero((keys == keys.iloc[top - 1]).all(axis=1))
    if not len(tied) or tied[-1] < top:
        return rows[:top], []
    room = top - int(tied[0])
    drawn = np.random.default_rng(seed).choice(tied, room, replace=False)
    flag = f"{len(tied):,} genes are equal where the list is cut: {room:,} of them were drawn at random"
    return rows.iloc[[*range(tied[0]), *sorted(drawn)]], [flag]


def unused(settings: Annotation, reason: str, names: Iterable[str] = OPTIONS) -> list[str]:
    """A sentence on the options among `names` that were set without effect, with the reason; [] if there are none."""
    fields = Annotation.model_fields
    options = [OPTIONS[name] for name in names if getattr(settings, name) not in (fields[name].default, _OFF.get(name))]
    return [f"not used: {', '.join(options)}, since {reason}"] if options else []
