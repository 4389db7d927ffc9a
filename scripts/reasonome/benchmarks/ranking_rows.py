"""What makes the questions of rankings: genes as questions show them, rows that are left out, files written whole."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from reasonome import atomic
from reasonome.benchmarks.rows import SPLITS
from reasonome.genes import Gene, GeneTable
from reasonome.sources.source import UNMAPPED_COLUMNS
from reasonome.tasks.ranking import RankedGene, RankingExample


class LeftOut(NamedTuple):
    """A row of a source that is in no split: which (`detail` begins with its place), and why."""

    source: str
    id: str
    reason: str
    detail: str


class Unmapped(NamedTuple):
    """An identifier without a gene, where it stands (file:line), and what may be meant."""

    source: str
    identifier: str
    where: str
    best_guess: str


@dataclass(frozen=True)
class Questions:
    """Questions of all subsets before they are split.

    `places` has for each (subset, id) the rows of its source that the question stands for, such as "line 12"; `notes`
    go into the audit as they are.
    """

    examples: list[RankingExample]
    left_out: list[LeftOut]
    unmapped: list[Unmapped]
    places: Mapping[tuple[str, str], Sequence[str]]
    notes: Mapping[str, Any] = field(default_factory=dict)


def ranked_gene(gene: Gene, genes: GeneTable, **known: Any) -> RankedGene:
    """A gene as a question has it; aliases are those previous and alias symbols that mean this gene alone.

    `known` are fields of RankedGene beside symbol, name and aliases.
    """
    others = dict.fromkeys((*gene.previous, *gene.aliases))
    own = tuple(alias for alias in others if alias != gene.symbol and genes.resolve(alias).symbol == gene.symbol)
    return RankedGene(symbol=gene.symbol, name=gene.name, aliases=own, **known)


def shuffled(candidates: Iterable[RankedGene], seed: int) -> list[RankedGene]:
    """Genes in an order that the seed and the set of their symbols decide, and nothing else: not which is right."""
    ordered = sorted(candidates, key=lambda gene: gene.symbol)
    random.Random(f"{seed}:{' '.join(gene.symbol for gene in ordered)}").shuffle(ordered)
    return ordered


def write_rankings(
    splits: Mapping[str, Sequence[RankingExample]],
    audit: Mapping[str, Any],
    left_out: Sequence[LeftOut],
    unmapped: Sequence[Unmapped],
    folder: Path,
) -> None:
    """Write {train,valid,test}.jsonl, audit.json, left_out.tsv and unmapped.tsv; the audit last."""
    for part in SPLITS:
        rows = (example.model_dump(mode="json", exclude_defaults=True) for example in splits[part])
        atomic.write_jsonl(folder / f"{part}.jsonl", rows)
    _write_table(folder / "left_out.tsv", left_out, LeftOut._fields)
    _write_table(folder / "unmapped.tsv", sorted(set(unmapped)), UNMAPPED_COLUMNS)
    atomic.write_json(folder / "audit.json", dict(audit))


def _write_table(path: Path, rows: Sequence[tuple], columns: Sequence[str]) -> None:
    table = pd.DataFrame(rows, columns=list(columns), dtype="str")
    atomic.write_text(path, table.to_csv(sep="\t", index=False, lineterminator="\n"))
