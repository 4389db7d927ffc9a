"""Gene set files (GMT): one set a line, tab-separated: name, description, genes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.errors import InputError
from reasonome.genes import GeneTable
from reasonome.sources.source import SourceFacts, SourceFormat, with_genes
from reasonome.sources.textfile import lines


class GeneSet(NamedTuple):
    """One line of a GMT: the genes are identifiers as they stand, each once."""

    line: int
    name: str
    description: str
    genes: tuple[str, ...]


def read_gmt(path: str | os.PathLike) -> Iterator[GeneSet]:
    """Yield the gene sets of a GMT; empty fields at the end of a line are ignored.

    Raises InputError for a line without a name or with fewer than three columns, and for a file without sets.
    """
    found = False
    for number, line in lines(path):
        if not line.strip():
            continue
        name, *rest = (column.strip() for column in line.split("\t"))
        genes = tuple(dict.fromkeys(gene for gene in rest[1:] if gene))
        if not name or not genes:
            raise InputError(
                f"expected name, description and at least one gene, tab-separated; found {len(rest) + 1} "
                f"column(s): '{line[:60]}'",
                file=path,
                line=number,
                fix="give a GMT file; a set without genes must be left out",
            )
        found = True
        yield GeneSet(number, name, rest[0], genes)
    if not found:
        raise InputError("there is no gene set in the file", file=path, fix="fetch the file again")


def members(
    name: str,
    path: Path,
    sets: list[tuple[GeneSet, str, str]],
    genes: GeneTable,
    strict: bool = True,
) -> SourceFacts:
    """`member_of_pathway` facts of (gene set, object_id, object_name) triples read from `path`."""
    rows = pd.DataFrame(
        [(gene, one.line, object_id, object_name) for one, object_id, object_name in sets for gene in one.genes],
        columns=["identifier", "line", "object_id", "object_name"],
    ).assign(relation="member_of_pathway", evidence="")
    return with_genes(name, rows, genes, path, strict=strict)


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """Facts of any GMT: the set's name is its id; its words are the name without underscores.

    Aliases and any case are accepted here: it is often a user's own collection.
    """
    sets = [(one, one.name, one.name.replace("_", " ")) for one in read_gmt(files["gmt"])]
    return members(name, files["gmt"], sets, genes, strict=False)


FORMAT = SourceFormat(files=("gmt",), read=read)
