"""What all formats of sources share: rows of their files, checks of cells, and the facts that rows give."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from reasonome.core.atomic import read_parquet
from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.text_file import FETCH_AGAIN

if TYPE_CHECKING:
    from reasonome.facts.genes import GeneTable

FACT_COLUMNS = ["gene", "relation", "object_id", "object_name", "source", "evidence"]
# Prefix of a denied relation, as in GAF 2.2: the gene does not have the object. Facts never have it.
NOT = "NOT|"
UNMAPPED_COLUMNS = ["source", "identifier", "where", "best_guess"]
SPECIES = {9606: "Homo sapiens", 10090: "Mus musculus", 10116: "Rattus norvegicus"}


ROW_COLUMNS = ["identifier", "line", "relation", "object_id", "object_name", "evidence"]
AS_PUBLISHED = "give the file as it is published"
Row = TypeVar("Row")


@dataclass(frozen=True)
class SourceFacts:
    """Facts (FACT_COLUMNS) and unmapped identifiers (UNMAPPED_COLUMNS, in the order of the file) of one source.

    `identifiers` counts the distinct gene identifiers that were looked up; `left_out` counts rows by the reason why
    they were dropped or used only in part. `denied` are facts (FACT_COLUMNS) that the source denies; their relations
    have the prefix NOT.
    """

    facts: pd.DataFrame
    unmapped: pd.DataFrame
    left_out: dict[str, int] = field(default_factory=dict)
    identifiers: int = 0
    denied: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FACT_COLUMNS, dtype="str"))


def read_facts(path: str | os.PathLike) -> pd.DataFrame:
    """Read a facts.parquet; its columns, all strings, are those of FACT_COLUMNS. Raises InputError."""
    return read_parquet(path, FACT_COLUMNS).select(FACT_COLUMNS).to_pandas()


def with_genes(
    name: str,
    rows: pd.DataFrame,
    genes: "GeneTable",
    file: Path,
    left_out: dict[str, int] | None = None,
    strict: bool = True,
) -> SourceFacts:
    """Give each row its current gene symbol; identifiers without one become `unmapped`.

    `rows` has the columns identifier, line, relation, object_id, object_name, evidence. Of `left_out` the counts above
    0 are kept. `strict` is that of `GeneTable.resolve`: right for curated files, too narrow for a user's own.
    """
    codes, identifiers = pd.factorize(rows["identifier"])
    first = np.unique(codes, return_index=True)[1]
    symbols = [genes.resolve(identifier, strict).symbol for identifier in identifiers]
    known = np.array([symbol is not None for symbol in symbols], dtype=bool)
    gene = pd.Series(symbols, dtype="str").take(codes).set_axis(rows.index)
    facts = rows.assign(gene=gene, source=name).loc[known[codes], FACT_COLUMNS].astype("str")
    places = rows["line"].iloc[first[~known]]
    unmapped = pd.DataFrame(
        [
            (name, identifier, f"{Path(file).name}:{line}", genes.best_guess(identifier))
            for identifier, line in zip(identifiers[~known], places, strict=True)
        ],
        columns=UNMAPPED_COLUMNS,
        dtype="str",
    )
    left_out = {reason: count for reason, count in (left_out or {}).items() if count}
    return SourceFacts(facts.reset_index(drop=True), unmapped, left_out, len(identifiers))


def rows(
    numbered: Iterable[tuple[int, str]], path: str | os.PathLike, width: int, quoted: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of numbered lines, between tabs; blank lines are skipped. Quoted cells do not span lines.

    Raises InputError for a row without `width` columns.
    """
    for line, text in numbered:
        row = next(csv.reader([text], delimiter="\t")) if quoted and '"' in text else text.split("\t")
        if len(row) == width:
            yield line, row
        elif "".join(row).strip():
            what = f"expected {width} tab-separated columns, found {len(row)}"
            fix = f"{FETCH_AGAIN}; editors, spreadsheets and a quote mark that is not closed also break rows"
            raise InputError(what, file=path, line=line, fix=fix)


def records(
    numbered: Iterator[tuple[int, str]],
    path: str | os.PathLike,
    columns: Sequence[str],
    optional: Sequence[str] = (),
    quoted: bool = False,
    fix: str = f"{AS_PUBLISHED}, with its header",
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, stripped cells by column) of the rows below a header; a missing optional column gives "".

    Cells stand between tabs. Raises InputError.
    """
    line, text = next(numbered)
    header = [name.strip().strip('"') for name in text.lstrip("#").split("\t")]
    if missing := [column for column in columns if column not in header]:
        what = f"column(s) {', '.join(missing)} are not in the header: {nearest(missing[0], header)}"
        raise InputError(what, file=path, line=line, fix=fix)
    at = {column: header.index(column) for column in (*columns, *optional) if column in header}
    absent = {column: "" for column in optional if column not in at}
    for number, row in rows(numbered, path, len(header), quoted):
        yield number, {column: row[place].strip() for column, place in at.items()} | absent


def select_organism(
    numbered: Iterable[tuple[int, Row]],
    read_organism: Callable[[Row], str],
    wanted: str,
    path: Path,
    left_out: Counter,
    what: str = "rows",
) -> Iterator[tuple[int, Row]]:
    """Yield the (line, row) pairs of the organism `wanted`; `left_out` counts the others. `what` names rows in texts.

    Raises InputError where no row is of that organism.
    """
    other, any_wanted = None, False
    for line, row in numbered:
        organism = read_organism(row)
        if organism == wanted:
            any_wanted = True
            yield line, row
        else:
            other = other or (line, organism)
            left_out[f"{what} of other organisms" if organism else f"{what} without an organism"] += 1
    if any_wanted:
        return
    if other is None:
        raise InputError(f"there are no {what} in the file", file=path, fix=FETCH_AGAIN)
    raise InputError(
        f"no {what} are of the organism '{wanted}'; the first are of '{other[1]}'",
        file=path,
        line=other[0],
        fix="give the file of that organism, or ask for another taxon",
    )


def organism_name(taxon: int, names: Mapping[int, str], source: str) -> str:
    """A source's name of an organism. Raises InputError for a taxon that is not among its `names`."""
    if taxon not in names:
        known = ", ".join(f"{number} ({name})" for number, name in names.items())
        what = f"{source}'s name of taxon {taxon} is not known"
        raise InputError(what, field="taxon", fix=f"take one of {known}")
    return names[taxon]


def check_human(taxon: int, source: str) -> None:
    """Raise InputError for another organism than the human."""
    if taxon != 9606:
        what = f"{source} has human genes only (taxon 9606), not those of taxon {taxon}"
        fix = "use a source of that organism instead, for example of format ncbi_gene"
        raise InputError(what, field="taxon", fix=fix)


def check_entrez_id(value: str, path: str | os.PathLike, line: int, field: str) -> None:
    """Raise InputError where an NCBI Gene id is no number, as when its column holds symbols or accessions."""
    if not (value.isascii() and value.isdigit()):
        what = f"expected an NCBI Gene id (a number), found '{value[:40]}'"
        fix = f"{AS_PUBLISHED}: symbols or accessions stand where the ids should be"
        raise InputError(what, file=path, line=line, field=field, fix=fix)


def check_symbol(value: str, path: str | os.PathLike, line: int, field: str) -> None:
    """Raise InputError where a gene symbol is a number, which elsewhere means an NCBI Gene id."""
    if value.isdigit():
        what = f"expected a gene symbol, found the number {value[:40]}"
        fix = f"{AS_PUBLISHED}: ids stand where the symbols should be"
        raise InputError(what, file=path, line=line, field=field, fix=fix)


def check_name(value: str, path: str | os.PathLike, line: int, subject: str) -> None:
    """Raise InputError where the name of an object has no letter and no digit: its facts would be meaningless."""
    if not any(map(str.isalnum, value)):
        what = f"{subject} has no name: expected letters or digits, found '{value[:40]}'"
        raise InputError(what, file=path, line=line, fix="give it a name, or leave it out of the file")


def check_once(seen: dict[str, int], value: str, path: str | os.PathLike, line: int, field: str) -> None:
    """Raise InputError where `seen` (value -> line) has the value of a unique field with another line; else add it."""
    if value and seen.setdefault(value, line) != line:
        what = f"{value[:40]} stands already in line {seen[value]}"
        fix = f"keep the row of the gene that it means, or {AS_PUBLISHED}"
        raise InputError(what, file=path, line=line, field=field, fix=fix)


def first_known(identifiers: Sequence[str], genes: "GeneTable") -> str:
    """The first identifier that resolves to one gene, else the first that is not empty, else ""."""
    present = list(filter(None, identifiers))
    known = (identifier for identifier in present if genes.resolve(identifier, strict=True).symbol)
    return next(known, present[0] if present else "")


def make_facts(
    name: str, parts: Sequence[tuple[Path, Iterable[tuple]]], genes: "GeneTable", left_out: dict[str, int] | None = None
) -> SourceFacts:
    """The facts of (file, rows of ROW_COLUMNS) pairs; `unmapped` has each identifier without a gene once.

    The identifier of a row may be a tuple of several, of which the first that resolves to a gene counts.
    """
    tables = []
    for path, part in parts:
        table = pd.DataFrame(part, columns=ROW_COLUMNS)
        table["identifier"] = [
            first_known(identifier, genes) if isinstance(identifier, tuple) else identifier
            for identifier in table["identifier"]
        ]
        tables.append((path, table))
    mapped = [with_genes(name, table, genes, path) for path, table in tables]
    return SourceFacts(
        pd.concat([part_facts.facts for part_facts in mapped], ignore_index=True),
        pd.concat([part_facts.unmapped for part_facts in mapped], ignore_index=True).drop_duplicates(
            "identifier", ignore_index=True
        ),
        {reason: count for reason, count in (left_out or {}).items() if count},
        len(set().union(*(table["identifier"] for _, table in tables))),
    )
