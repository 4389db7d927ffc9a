"""The genes that were tested, as people give them in a file: one a line, or a column of a table."""

import csv
import io
import os
from pathlib import Path
from typing import NamedTuple

from reasonome.annotation.readers import differential, gene_per_line
from reasonome.annotation.readers.columns import (
    NAMED_GENE_COLUMNS,
    ROLES,
    ROW_NAMES,
    check_not_numbered,
    gene_column,
    is_missing,
    is_number,
    key,
    no_gene_column,
)
from reasonome.annotation.readers.preamble import without_any_comments, without_separator
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import PlainTable, parse, read_text

_FIX = "write one gene a line, or give a table with a column called 'gene'"


class UniverseFile(NamedTuple):
    """The identifiers in a file, as written, in its order, and the digest of its bytes."""

    path: Path
    genes: list[str]
    sha256: str


def read_universe(path: str | os.PathLike) -> UniverseFile:
    """Read the genes that were tested. The file is read once, for what another program writes to a pipe is there once.

    It is a table whose header names a column of genes (or leaves the name of the first column out, as R does), or
    has a gene a line; behind a tab a line may go on. Row numbers are no genes, lines that begin with # are comments.
    InputError as `read_text` and `parse` have it, for another line of several fields, and where there is no gene.
    """
    path = Path(path)
    written, sha256 = read_text(path)
    text, _ = without_separator(written)
    text = without_any_comments(text)
    lines = [line.rstrip("\n") for line in io.StringIO(text, newline=None)]
    first = next((line for line in lines if line.strip()), "")
    genes = _of_table(text, path) if _is_header(first) else _of_lines(lines, path)
    genes = [gene for gene in genes if gene and not is_missing(gene)]
    check_not_numbered(genes, path, None, "universe")
    if not genes:
        raise InputError("there is no gene in the file", file=path, field="universe", fix=_FIX)
    return UniverseFile(path, genes, sha256)


def _is_header(line: str) -> bool:
    header = max((next(csv.reader([line], delimiter=delimiter), []) for delimiter in ",\t;"), key=len)
    if len(header) < 2:
        return False
    named = any(key(cell) in NAMED_GENE_COLUMNS for cell in header)
    return named or not header[0].strip() or differential.is_differential(header)


def _of_table(text: str, path: Path) -> list[str]:
    table = parse(text, path, [name for names in ROLES.values() for name in names], row_names=True)
    column = _gene_column(table)
    if column is None:
        raise no_gene_column(table, "universe")
    table.place(column, "universe")
    return [cells[column].strip() for _, cells in table.rows]


def _gene_column(table: PlainTable) -> str | None:
    """The column of genes: of two columns that of text, where the other has row numbers or is not there by name.

    Such are an R vector and a pandas Series as CSV, whose row numbers have gaps if genes were filtered.
    """
    column = gene_column(table)
    named = column is not None and key(column) not in ROW_NAMES
    if named or len(table.columns) > 2:
        return column
    text = [other for other in table.columns if not _has_numbers(table, other)]
    return text[0] if len(text) == 1 else column


def _has_numbers(table: PlainTable, column: str) -> bool:
    return all(is_number(cells[column]) or is_missing(cells[column]) for _, cells in table.rows)


def _of_lines(lines: list[str], path: Path) -> list[str]:
    rows = [(number, line.split("\t")[0].strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if len(rows) == 1 and (genes := gene_per_line.genes_of_line(rows[0][1])):
        return genes
    found = []
    for number, cell in rows:
        gene = cell.strip('"').strip()
        if "," in gene or ";" in gene:
            what = f"expected one gene, found '{cell[:60]}'"
            raise InputError(what, file=path, line=number, field="universe", fix=_FIX)
        found.append(gene)
    return found[1:] if found and key(found[0]) in NAMED_GENE_COLUMNS else found
