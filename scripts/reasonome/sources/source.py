"""What every source format gives: its facts, and the identifiers that no gene could be found for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from reasonome.genes import GeneTable

FACT_COLUMNS = ["gene", "relation", "object_id", "object_name", "source", "evidence"]
UNMAPPED_COLUMNS = ["source", "identifier", "where", "best_guess"]
SPECIES = {9606: "Homo sapiens", 10090: "Mus musculus", 10116: "Rattus norvegicus"}


@dataclass(frozen=True)
class SourceFacts:
    """Facts (FACT_COLUMNS) and unmapped identifiers (UNMAPPED_COLUMNS, in the order of the file) of one source.

    `identifiers` counts the distinct gene identifiers that were looked up; `left_out` the rows that were
    dropped on purpose: reason -> rows.
    """

    facts: pd.DataFrame
    unmapped: pd.DataFrame
    left_out: dict[str, int] = field(default_factory=dict)
    identifiers: int = 0


class Reader(Protocol):
    def __call__(self, name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts: ...


@dataclass(frozen=True)
class SourceFormat:
    """A kind of source: the files it needs, by name, and the function that reads them."""

    files: tuple[str, ...]
    read: Reader


def with_genes(
    name: str,
    rows: pd.DataFrame,
    genes: GeneTable,
    file: Path,
    left_out: dict[str, int] | None = None,
    strict: bool = True,
) -> SourceFacts:
    """Give each row its current gene symbol; rows without one become `unmapped`.

    `rows` has the columns identifier, line, relation, object_id, object_name, evidence. `strict` is that of
    `GeneTable.resolve`: right for curated files, too narrow for what a user has put together.
    """
    first = rows.drop_duplicates("identifier")
    symbols = {i: genes.resolve(i, strict).symbol for i in first["identifier"]}
    gene = rows["identifier"].map(symbols)
    facts = rows.assign(gene=gene, source=name)[gene.notna()][FACT_COLUMNS].astype(str)
    missing = [(i, line) for i, line in zip(first["identifier"], first["line"], strict=True) if not symbols[i]]
    unmapped = pd.DataFrame(
        [(name, i, f"{Path(file).name}:{line}", genes.best_guess(i)) for i, line in missing],
        columns=UNMAPPED_COLUMNS,
        dtype=str,
    )
    return SourceFacts(facts.reset_index(drop=True), unmapped, left_out or {}, len(first))
