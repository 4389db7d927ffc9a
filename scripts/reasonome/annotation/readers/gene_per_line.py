"""A list of genes, one a line, named as its file; a number behind the gene ranks it."""

import csv
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reasonome.annotation.gene_list import GeneLists, ListedGene
from reasonome.annotation.readers.checked import checked, counted, some
from reasonome.annotation.readers.columns import (
    ADJUSTED_P,
    LOG2_FOLD_CHANGE,
    NAMED_GENE_COLUMNS,
    NATURAL_FOLD_CHANGE,
    STATISTIC,
    P,
    check_not_numbered,
    is_decimal_comma,
    is_missing,
    is_number,
    key,
    number,
)
from reasonome.annotation.readers.options import OPTIONS, ListOptions
from reasonome.core.errors import InputError

KIND = "genes"
_SEPARATOR = re.compile(r"\s*[\t,;]\s*|\s+")
_NO_COMMA = re.compile(r"\s*[\t;]\s*|\s+")  # between fields where a comma may be that of a number
_RANKED = re.compile(r"#\s*ranked\s*", re.IGNORECASE)  # a comment that says that the order of the lines matters
_RANKING_ENDINGS = (".rnk", ".rnk.gz")
_NO_NAMES = ("", "0", "x")  # what pandas and R call numbers that nobody named


@dataclass(frozen=True)
class _Layout:
    """How genes stood in a file or table: what people are told of it, and whether the first ones matter most."""

    told: str
    ranked: bool = False
    order: str = ""


def read(text: str, path: Path, name: str, options: ListOptions) -> GeneLists:
    """The list of a file; lines that begin with # are comments, and the first line may name the columns.

    Genes are in an order that matters if numbers rank them, the file ends in .rnk, or a comment says `# ranked`. A file
    of a single line may have all genes in it, between commas or semicolons. Raises InputError for another line of
    several genes, a second field that is no number, a column of numbers that may be anything, and no gene.
    """
    lines = [(at, line.strip()) for at, line in enumerate(io.StringIO(text, newline=None), 1) if line.strip()]
    comments = [line for _, line in lines if line.startswith("#")]
    lines = [(at, line) for at, line in lines if not line.startswith("#")]
    ranked = path.name.lower().endswith(_RANKING_ENDINGS) or any(map(_RANKED.fullmatch, comments))
    hint = "genes in no order: a line `# ranked` in the file says that the first ones matter most"
    order = "genes in the order of the file, which says that it is ranked" if ranked else hint
    if len(lines) == 1 and (genes := genes_of_line(lines[0][1])):
        layout = _Layout(f"read as one list of {counted(len(genes), 'gene')}, all on one line", ranked, order)
        return _read([(lines[0][0], [gene]) for gene in genes], path, name, options, layout)
    rows = [(at, _fields(line)) for at, line in lines]
    if rows and _is_header(rows[0][1], rows[1:]):
        (at, header), *rows = rows
        if len(header) == 2 and any(len(fields) == 2 and is_number(fields[1]) for _, fields in rows):
            check_ranks(header[1], path, at)
    layout = _Layout(f"read as one list of {counted(len(rows), 'line')}, one gene a line", ranked, order)
    return _read(rows, path, name, options, layout)


def of_rows(rows: list[tuple[int, list[str]]], name: str, options: ListOptions) -> GeneLists:
    """The list of the (row, [gene] or [gene, number]) of a table that is in memory; raises what `read` does."""
    return _read(rows, None, name, options, _Layout(f"read as one list of {counted(len(rows), 'row')}, one gene a row"))


def check_ranks(column: str, path: Path | None, line: int | None) -> None:
    """InputError for the only column of numbers of a table if its name does not say that high ones come first."""
    if key(column) in (*LOG2_FOLD_CHANGE, *NATURAL_FOLD_CHANGE, *STATISTIC, *_NO_NAMES):
        return
    what = f"beside the genes there are numbers in the column '{column}', which may be anything"
    fix = "call the column 'score' if the highest matter most; else leave it out"
    if key(column) in (*ADJUSTED_P, *P):
        what = f"the only numbers are the p values in the column '{column}', which do not say what goes up or down"
        fix = "add a column log2FoldChange; or give genes alone, those that pass, under the line `# ranked`"
    raise InputError(what, file=path, line=line, field=column, fix=fix)


def genes_of_line(line: str) -> list[str]:
    """The genes of a line that has several between commas or between semicolons; [] if it may be anything else.

    Numbers are genes (Entrez ids) only where three or more, and nothing else, are whole numbers.
    """
    for delimiter in ",;":
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        cells = cells[:-1] if cells and not cells[-1] else cells  # a comma behind the last gene
        named = any(key(cell) in NAMED_GENE_COLUMNS for cell in cells)
        if len(cells) < 2 or named or any(not cell or re.search(r"[\s,;]", cell) for cell in cells):
            continue
        if not any(map(is_number, cells)) or (len(cells) > 2 and all(cell.isdigit() for cell in cells)):
            return cells
    return []


def _read(
    rows: list[tuple[int, list[str]]], path: Path | None, name: str, options: ListOptions, layout: _Layout
) -> GeneLists:
    genes = [_gene(fields, path, line) for line, fields in rows]
    if not genes:
        raise InputError("there is no gene in the file", file=path, fix="write one gene a line")
    check_not_numbered([gene.written for gene in genes], path, rows[0][0])
    told, flags, ranked = [layout.told], [], layout.ranked
    if any(gene.weight is not None for gene in genes):
        genes, flags = _ranked(genes)
        ranked = True
        told.append("genes in the order of the number behind them, the highest first")
    elif layout.order:
        told.append(layout.order)
    if ranked and options.top is not None and options.top < len(genes):
        told.append(f"the first {options.top:,} of {len(genes):,} genes are taken")
        genes = genes[: options.top]
    idle = dict.fromkeys(OPTIONS, "the list has no statistics and no order, and is taken whole")
    if ranked:
        idle = dict.fromkeys(OPTIONS.keys() - {"top"}, "a ranking is one list, without p values and fold changes")
    lists = (checked(name, genes, ranked, flags=flags),)
    return GeneLists(lists, KIND, (*told, *options.unused(idle)))


def _gene(fields: list[str], path: Path | None, line: int) -> ListedGene:
    if len(fields) > 2 or (len(fields) == 2 and not (is_missing(fields[1]) or _is_meant_as_number(fields[1]))):
        raise InputError(
            f"expected one gene, or a gene and a number, found '{' '.join(fields)[:60]}'",
            file=path,
            line=line,
            fix="write one gene a line, or all genes on the only line with commas between them; a table needs a header "
            "that names its columns, and a GMT needs tabs",
        )
    return ListedGene(fields[0], number(fields[1], path, line, "the second field") if len(fields) == 2 else None)


def _is_meant_as_number(field: str) -> bool:
    return is_number(field) or is_decimal_comma(field)


def _fields(line: str) -> list[str]:
    fields = [field.strip('"') for field in _NO_COMMA.split(line)]
    if len(fields) == 2 and is_decimal_comma(fields[1]):
        return fields
    return [field.strip('"') for field in _SEPARATOR.split(line)]


def _is_header(fields: list[str], others: Iterable[tuple[int, list[str]]]) -> bool:
    """Whether the first row names its columns: by a word for genes, or by a text where all others have a number."""
    if key(fields[0]) in NAMED_GENE_COLUMNS:
        return True
    if len(fields) != 2 or is_missing(fields[1]) or _is_meant_as_number(fields[1]):
        return False
    others = [row for _, row in others]
    return bool(others) and all(len(row) == 2 and (is_missing(row[1]) or _is_meant_as_number(row[1])) for row in others)


def _ranked(genes: list[ListedGene]) -> tuple[list[ListedGene], list[str]]:
    """The genes by falling weight, those without one last, and flags; infinite weights are dropped (JSON has none)."""
    order = sorted(genes, key=lambda gene: -math.inf if gene.weight is None else gene.weight, reverse=True)
    flags = []
    if endless := [gene.written for gene in order if gene.weight is not None and math.isinf(gene.weight)]:
        flags.append(f"ranked by an infinite number: {some(endless)}")
    if bare := [gene.written for gene in order if gene.weight is None]:
        flags.append(f"without a number, and so last: {some(bare)}")
    finite = [gene if gene.weight is None or math.isfinite(gene.weight) else ListedGene(gene.written) for gene in order]
    return finite, flags
