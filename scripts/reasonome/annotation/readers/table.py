"""Tables of genes, with or without statistics, from files or from memory."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from reasonome.annotation.gene_list import ListedGene
from reasonome.annotation.readers import columns
from reasonome.annotation.readers.columns import NATURAL_FOLD_CHANGE, is_missing, is_number, key, listed, names_genes
from reasonome.annotation.readers.files import TextFile
from reasonome.config import Annotation
from reasonome.core.errors import InputError
from reasonome.facts.spellings import date_symbols, is_one_gene

STATISTICS = ("adjusted_p", "p", "log2_fold_change", "statistic")
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
class Table:
    """A table of text, indexed by line number, and its columns by role (the keys of `columns.ALIASES`).

    `file` is None for a table from memory, whose rows are numbered from 1. `ranked` says that the first rows matter
    most. `chosen` are the roles whose columns the user named.
    """

    name: str
    frame: pd.DataFrame
    columns: Mapping[str, str]
    file: Path | None = None
    header_line: int | None = None
    ranked: bool = False
    chosen: frozenset[str] = frozenset()

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
        return genes

    def statistics(self) -> pd.DataFrame:
        """A row for each gene, by line: `gene`, `group` and the STATISTICS, NaN for a missing column or value.

        Raises InputError for a cell that is no number, and for a p value below 0 or above 1.
        """
        rows = pd.DataFrame({"gene": self.genes()}, index=self.frame.index)
        rows["group"] = self.frame[self.columns["group"]] if "group" in self.columns else ""
        for role in STATISTICS:
            column = self.columns.get(role)
            rows[role] = math.nan if column is None else self._numbers(column)
        for role in ("adjusted_p", "p"):
            self._check_p(rows[role], role)
        if key(self.columns.get("log2_fold_change", "")) == NATURAL_FOLD_CHANGE:
            rows["log2_fold_change"] /= math.log(2)
        return rows[rows["gene"] != ""]

    def _numbers(self, column: str) -> list[float]:
        numbers = []
        for line, cell in self.frame[column].items():
            try:
                numbers.append(math.nan if is_missing(cell) else float(cell))
            except ValueError:
                fix = "write numbers with a point: 0.05" if "," in cell else "give a number, or NA where there is none"
                what = f"expected a number, found '{cell[:40]}'"
                raise InputError(what, file=self.file, line=line, field=column, fix=fix) from None
        return numbers

    def _check_p(self, values: pd.Series, role: str) -> None:
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


def parse_table(file: TextFile, chosen: Mapping[str, str]) -> Table:
    """The table in a file. Without a header it is a list of genes, or of genes and numbers.

    `chosen` is the user's role → column. Raises InputError.
    """
    lines = [(line, text) for line, text in enumerate(file.lines, 1) if text.strip()]
    if len(lines) == 1 and (genes := _genes_of_line(lines[0][1])):
        return _list_table([(lines[0][0], [gene]) for gene in genes], file)
    rows = file.rows()
    if not rows:
        raise InputError("there is no gene in the file", file=file.path, fix="write one gene a line")
    if _is_list(rows[0][1], chosen.values()):
        return _list_table(rows, file)
    (header_line, header), *rest = rows
    if rest and len(rest[0][1]) == len(header) + 1 > 2:
        header = ["", *header]  # as R writes tables with row names
    for line, cells in rest:
        if len(cells) != len(header):
            what = f"expected {len(header)} columns as in the header, found {len(cells)}"
            fix = "put quotes around a cell that holds the delimiter; .csv has commas or semicolons, .tsv and .txt tabs"
            raise InputError(what, file=file.path, line=line, fix=fix)
    frame = pd.DataFrame([cells for _, cells in rest], [line for line, _ in rest], header, dtype=object)
    if len(header) == 2 and columns.key(header[0]) in ("", "unnamed0") and _numbers_genes(frame):
        header, frame = header[1:], frame.iloc[:, 1:]  # as R and pandas write a single column
    roles = columns.roles(header, chosen, file.path, header_line)
    return Table(file.name, frame, roles, file.path, header_line, file.ranked, frozenset(chosen))


def _is_list(first: Sequence[str], chosen: Sequence[str]) -> bool:
    """Whether the first row is a gene, or a gene and a number, and not a header."""
    if any(names_genes(cell) or cell in chosen for cell in first):
        return False
    return len(first) == 1 or (len(first) == 2 and first[0] != "" and is_number(first[1]))


def _list_table(rows: Sequence[tuple[int, list[str]]], file: TextFile) -> Table:
    for line, cells in rows:
        if len(cells) > 2 or not _may_be_gene(cells[0]) or not all(map(_may_be_number, cells[1:])):
            raise InputError(
                f"expected one gene, or a gene and a number, found '{' '.join(cells)[:60]}'",
                file=file.path,
                line=line,
                fix="write one gene a line, or all genes on the only line with commas between them; a table needs a "
                "header, and commas (in .csv) or tabs (in .tsv and .txt); a GMT needs `--kind gmt` or the ending .gmt",
            )
    frame = pd.DataFrame({"gene": [cells[0] for _, cells in rows]}, [line for line, _ in rows])
    roles = {"gene": "gene"}
    if any(len(cells) > 1 for _, cells in rows):
        frame[UNNAMED] = ["".join(cells[1:]) for _, cells in rows]
        roles["statistic"] = UNNAMED
    return Table(file.name, frame, roles, file.path, rows[0][0], file.ranked)


def _genes_of_line(line: str) -> list[str]:
    """The genes of a file's only line, separated by commas or semicolons; [] where it may be something else."""
    cells = [cell.strip().strip('"') for cell in re.split("[,;]", line.strip().rstrip(",;"))]
    numbers = sum(map(is_number, cells))
    are_genes = all(re.fullmatch(r"\S+", cell) and not names_genes(cell) for cell in cells)
    return cells if are_genes and numbers in (0, len(cells)) else []


def _may_be_gene(cell: str) -> bool:
    return not re.search(r"[\s,;|]", cell) or is_one_gene(cell) or bool(date_symbols(cell))


def _may_be_number(cell: str) -> bool:
    return is_missing(cell) or is_number(cell)


def _are_row_numbers(identifiers: set[str]) -> bool:
    """Whether identifiers are consecutive numbers from 0 or 1; Entrez ids have gaps."""
    return len(identifiers) >= _FEWEST_NUMBERED and any(
        identifiers == set(map(str, range(first, first + len(identifiers)))) for first in (0, 1)
    )


def _numbers_genes(frame: pd.DataFrame) -> bool:
    """Whether the first of two columns numbers the rows, and the second has no numbers but perhaps Entrez ids."""
    others = (cell for cell in frame.iloc[:, 1] if not is_missing(cell))
    return _are_row_numbers(set(frame.iloc[:, 0])) and all(cell.isdigit() or not is_number(cell) for cell in others)


def listed_genes(rows: pd.DataFrame, weights: pd.Series) -> list[ListedGene]:
    """The genes of rows of `statistics`; a missing or infinite weight, which JSON lacks, becomes None."""
    return [
        ListedGene(gene, float(weight) if math.isfinite(weight) else None)
        for gene, weight in zip(rows["gene"], weights, strict=True)
    ]


def with_weights(rows: pd.DataFrame, weights: pd.Series) -> list[ListedGene]:
    """The genes of rows of `statistics`, each with its weight, which may be infinite."""
    return [ListedGene(gene, float(weight)) for gene, weight in zip(rows["gene"], weights, strict=True)]


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
