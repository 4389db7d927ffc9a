"""The results of every source format, facts and identifiers without a gene; and the table of facts, read."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reasonome.core.parquet_file import read_parquet

if TYPE_CHECKING:
    from reasonome.facts.genes import Gene, GeneTable

FACT_COLUMNS = ["gene", "relation", "object_id", "object_name", "source", "evidence"]
# Prefix of a denied relation, as in GAF 2.2: the gene does not have the object. Facts never have it.
NOT = "NOT|"
UNMAPPED_COLUMNS = ["source", "identifier", "where", "best_guess"]
SPECIES = {9606: "Homo sapiens", 10090: "Mus musculus", 10116: "Rattus norvegicus"}


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


@dataclass(frozen=True)
class SourceFormat:
    """A format of sources: the function that reads its files, which `config.FORMAT_FILES` names.

    `read` takes the source's name, its files by name, the genes, and the taxon (default 9606). A format with
    `read_genes`, which takes files and taxon, can be the authority for gene symbols.
    """

    read: Callable[..., SourceFacts]
    read_genes: Callable[..., "list[Gene]"] | None = None


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
