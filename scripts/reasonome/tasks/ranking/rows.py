"""Making of ranking questions: genes as questions show them, and an account of the rows that are left out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from reasonome.facts.genes import GeneTable
from reasonome.prompts.prompts import gene_order
from reasonome.tasks.ranking.questions import RankedGene, RankingExample
from reasonome.tasks.ranking.settings import RankingBenchmark

_REASONS_TOLD = 5  # the commonest, where a benchmark has too few questions


class LeftOut(NamedTuple):
    """A row of a source that is in no split: which (`detail` begins with its place), and why."""

    source: str
    id: str
    reason: str
    detail: str


class Unmapped(NamedTuple):
    """An identifier without a gene, its place (file:line), and the best guess of a gene."""

    source: str
    identifier: str
    where: str
    best_guess: str


class Place(NamedTuple):
    """Where a row stands: its source, the file, and the place in it, such as "line 12"."""

    source: str
    path: Path
    row: str


@dataclass
class Maker:
    """Makes questions with the genes of the authority, and keeps an account of all rows.

    `places` has for each (subset, id) the rows of its source that the question stands for, such as "line 12"; `notes`
    go into the audit as they are.
    """

    benchmark: RankingBenchmark
    genes: GeneTable
    examples: list[RankingExample] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    places: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    notes: Counter = field(default_factory=Counter)
    known: dict[str, RankedGene] = field(default_factory=dict)

    def _source(self, subset: str) -> str:
        return self.benchmark.subsets[subset].source

    def drop(self, unused: Iterable[tuple[RankingExample, str, str]]) -> None:
        """Leave some questions out, (question, reason, detail), and with them their rows."""
        for example, reason, detail in unused:
            for place in self.places.pop((example.subset, example.id)):
                explanation = ": ".join(filter(None, (place, detail)))
                self.left_out.append(LeftOut(self._source(example.subset), example.id, reason, explanation))
        self.examples = [example for example in self.examples if (example.subset, example.id) in self.places]

    def account(self, subset: str) -> str:
        """In words: how many rows the source of a subset has, and the commonest reasons why rows were left out.

        Subsets that share a source are counted together.
        """
        source = self._source(subset)
        used = sum(len(rows) for (other, _), rows in self.places.items() if self._source(other) == source)
        reasons = Counter(row.reason for row in self.left_out if row.source == source)
        commonest = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(_REASONS_TOLD))
        rest = sum(reasons.values()) - sum(count for _, count in reasons.most_common(_REASONS_TOLD))
        most_common = f"{commonest or 'none'}{f', {rest} for other reasons' if rest else ''}"
        return f"of {used + sum(reasons.values())} rows of '{source}' {used} are in questions; left out: {most_common}"

    def leave_out(self, at: Place, name: str, reason: str, detail: str = "") -> None:
        """Account for a row that makes no question."""
        self.left_out.append(LeftOut(at.source, name, reason, ": ".join(filter(None, (at.row, detail)))))

    def symbol(self, identifiers: Sequence[str], at: Place, strict: bool = False) -> str | None:
        """The symbol of a gene by the first of its identifiers that resolves; None if none does: it is unmapped."""
        symbols = (self.genes.resolve(identifier, strict).symbol for identifier in identifiers)
        if symbol := next(filter(None, symbols), None):
            return symbol
        where = f"{at.path.name}:{at.row.removeprefix('line ')}"
        self.unmapped.append(Unmapped(at.source, identifiers[-1], where, self.genes.best_guess(identifiers[-1])))
        return None

    def ranked(self, symbol: str, **known: Any) -> RankedGene:
        """A gene of a question; its aliases are the previous and alias symbols that mean this gene alone.

        `known` are fields of RankedGene beside symbol, name and aliases.
        """
        if symbol not in self.known:
            gene = self.genes.genes[symbol]
            others = dict.fromkeys((*gene.previous, *gene.aliases))
            own = [alias for alias in others if alias != symbol and self.genes.resolve(alias).symbol == symbol]
            self.known[symbol] = RankedGene(symbol=symbol, name=gene.name, aliases=tuple(own))
        return self.known[symbol].model_copy(update=known)

    def score(self, distance: int | None) -> float | None:
        """The score by distance (higher is better); None without a distance, or if the benchmark has no such scores."""
        return -float(distance) if self.benchmark.scores == "distance" and distance is not None else None

    def listed(
        self, candidates: Sequence[str], scores: Sequence[float], at: Place, distances: Mapping[str, int]
    ) -> dict[str, RankedGene]:
        """The candidates of a ready table, by current symbol; an unknown gene stays as written."""
        by_key: dict[str, RankedGene] = {}
        for number, written in enumerate(candidates):
            symbol = self.symbol([written], at)
            distance = distances.get(symbol) if symbol else None
            known = {"score": scores[number] if scores else self.score(distance), "distance": distance}
            gene = self.ranked(symbol, **known) if symbol else RankedGene(symbol=written, **known)
            by_key.setdefault(gene.symbol.casefold(), gene)
        return {gene.symbol: gene for gene in by_key.values()}

    def unfit(self, causal: Iterable[str], candidates: Collection[str]) -> tuple[str, str]:
        """(reason, detail) why genes and candidates make no question; ("", "") if they do."""
        if missing := [symbol for symbol in causal if symbol not in candidates]:
            return "causal gene is no candidate", ", ".join(missing)
        low, high = self.benchmark.minimum_candidates, self.benchmark.maximum_candidates
        if low <= len(candidates) <= high:
            return "", ""
        return f"too {'few' if len(candidates) < low else 'many'} candidates", f"{len(candidates)} of {low} to {high}"


def shuffled(candidates: Iterable[RankedGene], seed: int) -> list[RankedGene]:
    """Genes in the order in which a prompt of this seed lists them: see `gene_order`."""
    genes = list(candidates)
    return [genes[place] for place in gene_order([gene.symbol for gene in genes], seed)]
