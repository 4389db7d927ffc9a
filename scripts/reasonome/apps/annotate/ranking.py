"""Whole rankings for GSEA: the known genes with a number each, and the order in which they stand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reasonome.apps.annotate.gene_list import ListedGene
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.text import counted, some

# The smallest weight of a gene, as a share of all weights together. GSEApy scales weights to whole numbers that add up
# to 2 ** 30, and a set whose weights are all 0, as random ones may be, stops it. In fgsea the genes of such a set weigh
# alike, as they do here.
_LEAST_SHARE = 2.0**-28


@dataclass(frozen=True)
class Ranking:
    """Gene → number, the highest first: genes with equal numbers stand in an order drawn at random.

    Genes are called as tests call them. Infinite numbers stand at the ends. `notes` say in words what was done.
    """

    numbers: Mapping[str, float]
    notes: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether all numbers are equal, so that nothing is ranked."""
        return len(set(self.numbers.values())) < 2

    @property
    def weightless(self) -> frozenset[str]:
        """The genes with the number 0."""
        return frozenset(gene for gene, number in self.numbers.items() if number == 0)

    def weights(self) -> dict[str, float]:
        """Gene → what it weighs in GSEA, in the same order: its number, but finite and never 0.

        An infinite one weighs as the largest that is not.
        """
        numbers = np.array(list(self.numbers.values()))
        finite = np.abs(numbers[np.isfinite(numbers)])
        largest = finite.max(initial=0) or 1.0
        numbers = numbers.clip(-largest, largest)
        least = np.abs(numbers).sum() * _LEAST_SHARE
        small = np.abs(numbers) < least
        numbers[small] = np.where(numbers[small] < 0, -least, least)
        return dict(zip(self.numbers, numbers.tolist(), strict=True))


def whole_ranking(
    listed: Sequence[ListedGene], genes: GeneTable, orthologues: Orthologues | None, seed: int
) -> Ranking:
    """The ranking of the known genes among `listed`, all of which have a number; of several for one the most extreme.

    With `orthologues` genes are of mice.
    """
    numbers: dict[str, float] = {}
    merged: dict[str, None] = {}
    for gene in listed:
        symbol = genes.resolve(gene.written).symbol if orthologues is None else orthologues.gene(gene.written)
        if not symbol:
            continue
        if numbers.setdefault(symbol, gene.weight) != gene.weight:
            merged[symbol] = None
            numbers[symbol] = max(numbers[symbol], gene.weight, key=abs)
    # From the alphabet first, so that the order depends on the genes, their numbers and the seed alone.
    drawn = np.random.default_rng(seed).permutation(sorted(numbers)).tolist()
    ordered = {gene: numbers[gene] for gene in sorted(drawn, key=lambda gene: -numbers[gene])}
    return Ranking(ordered, tuple(_notes(ordered, list(merged))))


def _notes(numbers: Mapping[str, float], merged: Sequence[str]) -> list[str]:
    """Sentences on several numbers for a gene, ties, infinite numbers, and numbers of one sign."""
    notes = []
    if merged:
        stand = counted(len(merged), "gene stands", "genes stand")
        notes.append(f"{stand} there more than once with other numbers ({some(merged)}): the most extreme one counts")
    counts = Counter(numbers.values())
    if tied := sum(count for count in counts.values() if count > 1):
        notes.append(
            f"{tied:,} of {counted(len(numbers), 'gene')} ({tied / len(numbers):.1%}) share their number with others, "
            "and stand in an order drawn at random among these: what another seed does not find too is doubtful"
        )
    if infinite := counts[np.inf] + counts[-np.inf]:
        stand = counted(infinite, "infinite number stands", "infinite numbers stand")
        notes.append(f"{stand} at the ends, with the weight of the largest finite one")
    if len(counts) > 1 and (min(numbers.values()) >= 0 or max(numbers.values()) <= 0):
        notes.append("the numbers have one sign: GSEA tells what gathers at the end of the strongest, and little else")
    return notes
