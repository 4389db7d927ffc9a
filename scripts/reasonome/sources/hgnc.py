"""HGNC's complete set (hgnc_complete_set.txt): who is which gene, official names, gene groups."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from reasonome.errors import InputError
from reasonome.genes import Gene, GeneTable
from reasonome.sources.source import SourceFacts, SourceFormat, with_genes
from reasonome.sources.textfile import lines

COLUMNS = [
    "hgnc_id",
    "symbol",
    "name",
    "status",
    "alias_symbol",
    "prev_symbol",
    "gene_group",
    "gene_group_id",
    "entrez_id",
    "ensembl_gene_id",
    "uniprot_ids",
]


def read_genes(path: str | os.PathLike) -> list[Gene]:
    """The approved genes of the table at `path`; raises what `numbered_genes` raises."""
    return [gene for _, gene in numbered_genes(path)]


def numbered_genes(path: str | os.PathLike) -> list[tuple[int, Gene]]:
    """(line, gene) of the approved genes of the table; columns are found by name, those not used may be missing or new.

    Raises InputError for missing columns, a row of another width, a gene without symbol or id, a symbol
    given twice, gene groups whose names and ids do not pair up, and a table without any approved gene.
    """
    reader = csv.reader((line for _, line in lines(path)), delimiter="\t")
    rows = _rows(reader, path)
    header = next(rows)
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise InputError(
            f"column(s) {', '.join(missing)} are not in the header",
            file=path,
            line=1,
            fix="give HGNC's hgnc_complete_set.txt (tab-separated, header first) as it is published",
        )
    places = [header.index(column) for column in COLUMNS]
    genes, seen = [], {}
    for row in rows:
        if not row:
            continue
        if len(row) != len(header):
            raise InputError(
                f"expected {len(header)} columns as in the header, found {len(row)}",
                file=path,
                line=reader.line_num,
                fix="fetch the file again; spreadsheet programs also break its quoting",
            )
        fields = dict(zip(COLUMNS, (row[place].strip() for place in places), strict=True))
        if fields["status"] != "Approved":
            continue
        gene = _gene(fields, path, reader.line_num)
        if gene.symbol in seen:
            raise InputError(
                f"symbol {gene.symbol} stands already in line {seen[gene.symbol]}",
                file=path,
                line=reader.line_num,
                field="symbol",
                fix="keep one row for each approved symbol",
            )
        seen[gene.symbol] = reader.line_num
        genes.append((reader.line_num, gene))
    if not genes:
        raise InputError("no row has the status Approved", file=path, fix="fetch the file again")
    return genes


def _rows(reader, path: str | os.PathLike) -> Iterator[list[str]]:
    """The rows of a CSV reader; what it cannot read is an InputError with the line."""
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            fix = "fetch the file again; line ends must be those of Unix or Windows"
            raise InputError(f"cannot be read: {error}", file=path, line=reader.line_num, fix=fix) from None
        if row is None:
            return
        yield row


def read_gene_table(path: str | os.PathLike) -> GeneTable:
    """The resolver of gene identifiers built from the table at `path`."""
    return GeneTable(read_genes(path))


def authority(files: dict[str, Path], taxon: int = 9606) -> list[Gene]:
    """The genes of a source of this format; InputError for another taxon, since HGNC names human genes only."""
    _check_taxon(files["table"], taxon)
    return read_genes(files["table"])


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`has_name` and `in_gene_group` facts of all approved genes, each found in `genes` by any id it has."""
    _check_taxon(files["table"], taxon)
    rows = []
    for line, gene in numbered_genes(files["table"]):
        known = (i for i in (gene.hgnc_id, gene.entrez_id, gene.ensembl_id) if i and genes.resolve(i, True).symbol)
        identifier = next(known, gene.symbol)
        if gene.name:
            rows.append((identifier, line, "has_name", gene.hgnc_id, gene.name, ""))
        for group_id, group in gene.groups:
            rows.append((identifier, line, "in_gene_group", f"HGNC.GROUP:{group_id}", group, ""))
    columns = ["identifier", "line", "relation", "object_id", "object_name", "evidence"]
    return with_genes(name, pd.DataFrame(rows, columns=columns), genes, files["table"])


def _check_taxon(path: Path, taxon: int) -> None:
    if taxon != 9606:
        raise InputError(
            f"HGNC names human genes only (taxon 9606), not those of taxon {taxon}",
            file=path,
            field="taxon",
            fix="use a source of that organism instead, of format ncbi_gene or bioconductor",
        )


def _gene(fields: dict[str, str], path: str | os.PathLike, line: int) -> Gene:
    for column in ("symbol", "hgnc_id"):
        if not fields[column]:
            raise InputError("this gene has none", file=path, line=line, field=column, fix="fill it in")
    names, ids = _list(fields["gene_group"]), _list(fields["gene_group_id"])
    if len(names) != len(ids):
        raise InputError(
            f"{fields['symbol']} has {len(names)} gene group name(s) but {len(ids)} id(s)",
            file=path,
            line=line,
            field="gene_group_id",
            fix="names and ids are lists joined by | of equal length",
        )
    return Gene(
        symbol=fields["symbol"],
        name=fields["name"],
        hgnc_id=fields["hgnc_id"],
        entrez_id=fields["entrez_id"],
        ensembl_id=fields["ensembl_gene_id"],
        uniprot_ids=_list(fields["uniprot_ids"]),
        previous=_list(fields["prev_symbol"]),
        aliases=_list(fields["alias_symbol"]),
        groups=tuple(zip(ids, names, strict=True)),
    )


def _list(field: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in field.split("|") if part.strip())


FORMAT = SourceFormat(files=("table",), read=read, read_genes=authority)
