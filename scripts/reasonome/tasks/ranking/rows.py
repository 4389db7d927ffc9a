"""What makes the questions of rankings: genes as questions show them, rows that are left out, files written whole."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from reasonome.benchmarks.rows import SPLITS
from reasonome.core import atomic
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources.source import UNMAPPED_COLUMNS
from reasonome.prompts.prompts import gene_order
from reasonome.tasks.ranking.questions import RankedGene, RankingExample

_REASONS_TOLD = 5  # the commonest, where a benchmark has too few questions


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

    def account(self, source_of: Mapping[str, str], subset: str) -> str:
        """In words: how many rows the source of a subset has, and why most of those that make no question do not.

        `source_of` is by subset; subsets that share a source are counted together.
        """
        source = source_of[subset]
        used = sum(len(rows) for (other, _), rows in self.places.items() if source_of[other] == source)
        reasons = Counter(row.reason for row in self.left_out if row.source == source)
        commonest = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(_REASONS_TOLD))
        rest = sum(reasons.values()) - sum(count for _, count in reasons.most_common(_REASONS_TOLD))
        told = f"{commonest or 'none'}{f', {rest} for other reasons' if rest else ''}"
        return f"of {used + sum(reasons.values())} rows of '{source}' {used} are in questions; left out: {told}"


def without_told(made: Questions, source_of: Mapping[str, str]) -> Questions:
    """The questions whose own words do not name a right gene; those of the others are rows that are left out."""
    told = [one for one in made.examples if one.told]
    left_out = [
        LeftOut(source_of[one.subset], one.id, "the question names its answer", f"{place}: {one.told}")
        for one in told
        for place in made.places[one.subset, one.id]
    ]
    gone = {(one.subset, one.id) for one in told}
    return replace(
        made,
        examples=[one for one in made.examples if (one.subset, one.id) not in gone],
        left_out=[*made.left_out, *left_out],
        places={key: rows for key, rows in made.places.items() if key not in gone},
    )


def ranked_gene(gene: Gene, genes: GeneTable, **known: Any) -> RankedGene:
    """A gene as a question has it; aliases are those previous and alias symbols that mean this gene alone.

    `known` are fields of RankedGene beside symbol, name and aliases.
    """
    others = dict.fromkeys((*gene.previous, *gene.aliases))
    own = tuple(alias for alias in others if alias != gene.symbol and genes.resolve(alias).symbol == gene.symbol)
    return RankedGene(symbol=gene.symbol, name=gene.name, aliases=own, **known)


def shuffled(candidates: Iterable[RankedGene], seed: int) -> list[RankedGene]:
    """Genes in the order in which a prompt of this seed lists them: see `gene_order`."""
    genes = list(candidates)
    return [genes[place] for place in gene_order([gene.symbol for gene in genes], seed)]


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
