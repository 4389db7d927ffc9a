"""Published tables of gene sets: CSV or TSV with columns ID, Genes and Term_Description, as such tests are shared."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.core.errors import InputError, nearest
from reasonome.facts.corpus import check_mapped
from reasonome.facts.files.plain_table import PlainTable, read_table
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import with_genes

COLUMNS = ("ID", "Genes", "Term_Description")
_BETWEEN_GENES = re.compile(r"[\s,;/|]+")


def read_published(
    path: str | os.PathLike, subset: str, genes: GeneTable, unmapped_share: float
) -> tuple[list[GeneSet], pd.DataFrame, list[str]]:
    """The sets of a published table under current symbols, in its order; identifiers without a gene (UNMAPPED_COLUMNS);
    and the ids of the sets that are left out, as none of their genes is known.

    Columns stand in any order and case, further ones are ignored; the delimiter is a comma, a tab or a semicolon;
    genes are separated by spaces, commas, semicolons, slashes or bars. Identifiers may be of any kind that `genes`
    resolves. InputError, with the line, for a missing column, a row of another width, an unclosed quote, an empty cell
    and a repeated id; and if more than `unmapped_share` (0 to 1) of the distinct identifiers have no gene.
    """
    rows = list(_rows(path))
    members = pd.DataFrame(
        [(gene, line, i, name) for line, i, listed, name in rows for gene in dict.fromkeys(listed)],
        columns=["identifier", "line", "object_id", "object_name"],
    ).assign(relation="", evidence="")
    resolved = with_genes(subset, members, genes, Path(path), strict=False)
    check_mapped(subset, resolved, unmapped_share, path)
    symbols = resolved.facts.groupby("object_id")["gene"].agg(frozenset)
    sets = [GeneSet(i, subset, name, symbols[i]) for _, i, _, name in rows if i in symbols.index]
    return sets, resolved.unmapped, [i for _, i, _, _ in rows if i not in symbols.index]


def _rows(path: str | os.PathLike) -> Iterator[tuple[int, str, list[str], str]]:
    """(line, id, identifiers of genes, name) of every row."""
    table = read_table(path, COLUMNS)
    first_line: dict[str, int] = {}
    for line, *cells in zip(table.lines, *map(table.cells, _columns(table)), strict=True):
        identifier, listed, name = (cell.strip() for cell in cells)
        genes = [gene for gene in _BETWEEN_GENES.split(listed) if gene]
        for column, value in zip(COLUMNS, (identifier, genes, name), strict=True):
            if not value:
                raise InputError("the cell is empty", file=path, line=line, field=column)
        if identifier in first_line:
            what = f"'{identifier}' stands in line {first_line[identifier]} already"
            raise InputError(what, file=path, line=line, field="ID", fix="keep one row for each set")
        first_line[identifier] = line
        yield line, identifier, genes, name


def _columns(table: PlainTable) -> list[str]:
    """COLUMNS as the header writes them, whatever their case and punctuation."""
    written = {_plain(column): column for column in reversed(table.columns)}
    for column in COLUMNS:
        if _plain(column) not in written:
            others = [other for other in table.columns if _plain(other) not in map(_plain, COLUMNS)]
            raise table.header_error(
                f"there is no column '{column}'" + (f": {nearest(column, others)}" if others else ""),
                field=column,
                fix=f"the first line must name {', '.join(COLUMNS)}; other columns are ignored",
            )
    return [written[_plain(column)] for column in COLUMNS]


def _plain(column: str) -> str:
    return "".join(filter(str.isalnum, column)).casefold()
