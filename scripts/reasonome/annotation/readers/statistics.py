"""Genes with their statistics, of the rows of a table, and which of them pass the thresholds."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from reasonome.annotation.gene_list import ListedGene
from reasonome.annotation.readers.checked import some
from reasonome.annotation.readers.columns import is_missing, log2_change, number, p_value
from reasonome.facts.files.plain_table import PlainTable


class GeneStatistics(NamedTuple):
    """One row: None for what the table has no column for, or no value; the fold change is log2."""

    line: int
    gene: str
    group: str = ""
    adjusted_p: float | None = None
    p: float | None = None
    log2_fold_change: float | None = None
    statistic: float | None = None

    def listed(self) -> ListedGene:
        """The gene, weighted by its fold change, else its statistic; an infinite one is none (JSON has no such)."""
        weight = self.statistic if self.log2_fold_change is None else self.log2_fold_change
        return ListedGene(self.gene, weight if weight is not None and math.isfinite(weight) else None)


@dataclass(frozen=True)
class Thresholds:
    """The largest adjusted p and the smallest log2 fold change, each None where the table has no such column.

    `either_way` also takes genes that go down as much.
    """

    adjusted_p: float | None
    log2_fold_change: float | None
    either_way: bool

    def passes(self, row: GeneStatistics) -> bool:
        """Whether the row has the values that are looked at, and they are on the right side."""
        if self.adjusted_p is not None and (row.adjusted_p is None or row.adjusted_p > self.adjusted_p):
            return False
        if self.log2_fold_change is None:
            return self.either_way or row.statistic is None or row.statistic > 0
        change = row.log2_fold_change
        if change is None:
            return False
        # a change of nothing has no direction
        return (abs(change) if self.either_way else change) >= self.log2_fold_change and change != 0

    def __str__(self) -> str:
        parts = []
        if self.adjusted_p is not None:
            parts.append(f"adjusted p ≤ {self.adjusted_p:g}")
        if self.log2_fold_change is not None:
            name = "|log2 fold change|" if self.either_way else "log2 fold change"
            parts.append(f"{name} ≥ {self.log2_fold_change:g}")
        return " and ".join(parts)


def read_rows(table: PlainTable, found: dict[str, str]) -> list[GeneStatistics]:
    """The rows of a table by its columns of roles, those without a gene left out.

    InputError for a cell that is no number, and for a p value below 0 or above 1.
    """
    readers = {"adjusted p": p_value, "p": p_value, "log2 fold change": log2_change, "statistic": number}
    rows = []
    for line, cells in table.rows:
        gene = cells[found["gene"]].strip()
        if not gene or is_missing(gene):
            continue
        values = {
            role.replace(" ", "_"): reader(cells[found[role]], table.file, line, found[role])
            for role, reader in readers.items()
            if role in found
        }
        group = cells[found["group"]].strip() if "group" in found else ""
        rows.append(GeneStatistics(line, gene, group, **values))
    return rows


def infinite(rows: Iterable[GeneStatistics]) -> tuple[str, ...]:
    """The flag for genes whose fold change has no end: all counts of one side are zero."""
    genes = [row.gene for row in rows if row.log2_fold_change is not None and math.isinf(row.log2_fold_change)]
    return (f"infinite fold change: {some(genes)}",) if genes else ()
