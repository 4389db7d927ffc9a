"""Published tables of gene sets: CSV or TSV with columns ID, Genes and Term_Description, as naming tests are shared."""

import csv
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.core.errors import InputError, nearest
from reasonome.facts.corpus import check_mapped
from reasonome.facts.files.plain_table import csv_rows
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import with_genes
from reasonome.tasks.naming.settings import PublishedFile

COLUMNS = ("ID", "Genes", "Term_Description")
_DELIMITERS = (",", "\t", ";")
# Excel's first line, which it reads and does not show. The header tells the delimiter too.
_NAMED_DELIMITER = re.compile(r'"?sep=.?"?', re.IGNORECASE)
_BETWEEN_GENES = re.compile(r"[\s,;/|]+")


@dataclass(frozen=True)
class PublishedSets:
    """The sets of one file under current symbols; `unmapped` (UNMAPPED_COLUMNS) are identifiers without a gene.

    `emptied` are the ids of sets none of whose genes is known: they are not among `sets`.
    """

    sets: list[GeneSet]
    unmapped: pd.DataFrame
    emptied: list[str]


def read_published(path: str | os.PathLike, subset: str, genes: GeneTable, unmapped_share: float) -> PublishedSets:
    """Read a published table of gene sets, in the order of the file.

    Columns stand in any order and case, further ones are ignored; the delimiter is a comma, a tab or a semicolon;
    genes are separated by spaces, commas, semicolons, slashes or bars. Identifiers may be of any kind that `genes`
    resolves. InputError, with the line, for a missing column, a row of another width, a quote mark that
    swallows rows, an empty cell and an id that stands twice; and if more than `unmapped_share` (0 to 1) of the distinct
    identifiers have no gene.
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
    return PublishedSets(sets, resolved.unmapped, [i for _, i, _, _ in rows if i not in symbols.index])


def _rows(path: str | os.PathLike) -> Iterator[tuple[int, str, list[str], str]]:
    """(line, id, identifiers of genes, name) of every row."""
    table = _table(path)
    number, header = next(table)
    places = _places(header, path, number)
    first_line: dict[str, int] = {}
    for number, row in table:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise InputError(
                f"expected {len(header)} columns as in the header, found {len(row)}",
                file=path,
                line=number,
                fix="put quotes around a cell that holds the delimiter",
            )
        identifier, listed, name = (row[place].strip() for place in places)
        genes = [gene for gene in _BETWEEN_GENES.split(listed) if gene]
        for column, value in zip(COLUMNS, (identifier, genes, name), strict=True):
            if not value:
                raise InputError("the cell is empty", file=path, line=number, field=column)
        if identifier in first_line:
            raise InputError(
                f"'{identifier}' stands in line {first_line[identifier]} already",
                file=path,
                line=number,
                field="ID",
                fix="keep one row for each set",
            )
        first_line[identifier] = number
        yield number, identifier, genes, name
    if not first_line:
        raise InputError("there is no gene set below the header", file=path, line=number)


def _table(path: str | os.PathLike) -> Iterator[tuple[int, list[str]]]:
    """(line where it begins, cells) of every row, the header first."""
    text = (f"{line}\n" for _, line in lines(path))
    header, above = next(text), 0
    if _NAMED_DELIMITER.fullmatch(header.strip()):
        header, above = next(text, ""), 1

    def cells(delimiter: str) -> list[str]:
        return next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])

    delimiter = max(_DELIMITERS, key=lambda d: (len(_found(cells(d))), header.count(d)))
    return csv_rows(chain([header], text), path, delimiter, above)


def _plain(column: str) -> str:
    return "".join(filter(str.isalnum, column)).casefold()


def _found(header: Sequence[str]) -> dict[str, int]:
    """Place of each of COLUMNS that the header has, whatever its case and punctuation."""
    places = {_plain(cell): place for place, cell in reversed(list(enumerate(header)))}
    return {column: places[_plain(column)] for column in COLUMNS if _plain(column) in places}


def _places(header: Sequence[str], path: str | os.PathLike, line: int) -> list[int]:
    found = _found(header)
    for column in COLUMNS:
        if column not in found:
            others = [cell.strip() for place, cell in enumerate(header) if place not in found.values() and cell.strip()]
            raise InputError(
                f"there is no column '{column}'" + (f": {nearest(column, others)}" if others else ""),
                file=path,
                line=line,
                field=column,
                fix=f"the first line must name {', '.join(COLUMNS)}; other columns are ignored",
            )
    return [found[column] for column in COLUMNS]


def check_sha256(spec: PublishedFile, sha256: str, file: str | os.PathLike) -> None:
    """InputError if the file is not the one whose sha256 the benchmark gives."""
    if spec.sha256 not in ("unpinned", sha256):
        raise InputError(
            f"this file has sha256 {sha256}, and the benchmark gives {spec.sha256}",
            file=file,
            field="sha256",
            fix="it is another version: get the right one, or pin this one in benchmarks.yaml",
        )
