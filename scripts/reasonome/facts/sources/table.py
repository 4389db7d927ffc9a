"""Tables in the files of a source: rows of one width, columns by name, and the identifier a row gives for its gene."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.text_file import FETCH_AGAIN
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SPECIES, SourceFacts, with_genes

ROW_COLUMNS = ["identifier", "line", "relation", "object_id", "object_name", "evidence"]


def rows(
    numbered: Iterable[tuple[int, str]],
    path: str | os.PathLike,
    width: int,
    delimiter: str = "\t",
    quoted: bool = False,
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of numbered lines; blank lines are skipped.

    Raises InputError for a row without `width` columns, for a quoted cell that does not end in its line (with an
    odd quote mark it would swallow the rows below), and for what the csv module cannot read.
    """
    line, begun = 0, False

    def text_of_lines() -> Iterator[str]:
        nonlocal line, begun
        for number, text in numbered:
            if begun:
                raise InputError(
                    "a cell begins with a quote mark that is not closed in this row",
                    file=path,
                    line=line,
                    fix=f"close or double the mark, or {FETCH_AGAIN}",
                )
            line, begun = number, True
            yield text

    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(text_of_lines(), delimiter=delimiter, quoting=quoting)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(f"cannot be read: {error}", file=path, line=line, fix=FETCH_AGAIN) from None
        if row is None:
            return
        begun = False
        if len(row) == width:
            yield line, row
        elif "".join(row).strip():
            kind = "tab" if delimiter == "\t" else "comma"
            raise InputError(
                f"expected {width} {kind}-separated columns, found {len(row)}",
                file=path,
                line=line,
                fix=f"{FETCH_AGAIN}; editors and spreadsheets also break rows",
            )


def places(
    header: Sequence[str],
    columns: Sequence[str],
    path: str | os.PathLike,
    line: int = 1,
    fix: str = "give the file as it is published, with its header",
) -> list[int]:
    """Where `columns` stand in `header`; InputError names those that are missing."""
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(
            f"column(s) {', '.join(missing)} are not in the header: {nearest(missing[0], header)}",
            file=path,
            line=line,
            fix=fix,
        )
    return [header.index(column) for column in columns]


def species_name(taxon: int) -> str:
    """The scientific name of a taxon, as files without taxon numbers have it."""
    if taxon not in SPECIES:
        known = ", ".join(f"{number} ({name})" for number, name in SPECIES.items())
        raise InputError(
            f"the species name of taxon {taxon} is not known, and this source tells organisms by name",
            field="taxon",
            fix=f"take one of {known}",
        )
    return SPECIES[taxon]


def check_entrez_id(value: str, path: str | os.PathLike, line: int, field: str) -> None:
    """InputError where an NCBI Gene id is no number, as when symbols or accessions stand in its column."""
    if not (value.isascii() and value.isdigit()):
        raise InputError(
            f"expected an NCBI Gene id (a number), found '{value[:40]}'",
            file=path,
            line=line,
            field=field,
            fix="give the file as it is published: symbols or accessions stand where the ids should be",
        )


def check_name(value: str, path: str | os.PathLike, line: int, of: str) -> None:
    """InputError where the name of an object has no letter and no digit: a fact about it would say nothing."""
    if not any(map(str.isalnum, value)):
        raise InputError(
            f"{of} has no name: expected letters or digits, found '{value[:40]}'",
            file=path,
            line=line,
            fix="give it a name, or leave it out of the file",
        )


def check_symbol(value: str, path: str | os.PathLike, line: int, field: str) -> None:
    """InputError where a gene symbol is a number, which everywhere else means an NCBI Gene id."""
    if value.isdigit():
        raise InputError(
            f"expected a gene symbol, found the number {value[:40]}",
            file=path,
            line=line,
            field=field,
            fix="give the file as it is published: ids stand where the symbols should be",
        )


def check_once(seen: dict[str, int], value: str, path: str | os.PathLike, line: int, field: str) -> None:
    """InputError where a value of a field, of which each row has its own, stands already in a line of `seen`."""
    if value and seen.setdefault(value, line) != line:
        raise InputError(
            f"{value[:40]} stands already in line {seen[value]}",
            file=path,
            line=line,
            field=field,
            fix="keep the row of the gene that it means, or give the file as it is published",
        )


def first_known(identifiers: Sequence[str], genes: GeneTable) -> str:
    """The first identifier that names one gene, else the first that is not empty, else ""."""
    given = [i for i in identifiers if i]
    return next((i for i in given if genes.resolve(i, strict=True).symbol), given[0] if given else "")


def no_rows_of(taxon: int, found: str, path: str | os.PathLike, line: int | None = None) -> InputError:
    """The error for a file in which no row is of the organism asked for."""
    return InputError(
        f"no row is of taxon {taxon}; the first is of {found}",
        file=path,
        line=line,
        fix="give the file of that organism, or ask for another taxon",
    )


def facts_of(
    name: str,
    parts: Sequence[tuple[Path, Sequence[tuple]]],
    genes: GeneTable,
    left_out: dict[str, int] | None = None,
) -> SourceFacts:
    """The facts of (file, rows of ROW_COLUMNS) pairs; an identifier without a gene is told once, where it is first."""
    tables = [(path, pd.DataFrame(part, columns=ROW_COLUMNS)) for path, part in parts]
    mapped = [with_genes(name, table, genes, path) for path, table in tables]
    return SourceFacts(
        pd.concat([one.facts for one in mapped], ignore_index=True),
        pd.concat([one.unmapped for one in mapped], ignore_index=True).drop_duplicates("identifier", ignore_index=True),
        {reason: count for reason, count in (left_out or {}).items() if count},
        len(set().union(*(table["identifier"] for _, table in tables))),
    )
