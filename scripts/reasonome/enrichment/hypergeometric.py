"""The hypergeometric test of over-representation: gene sets that share more genes with a list than by chance."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import hypergeom


def upper_tail(shared: np.ndarray, sizes: np.ndarray, drawn: np.ndarray | int, universe: int) -> np.ndarray:
    """The probability that sets of `sizes` genes share `shared` or more with `drawn` genes drawn at random.

    `shared`, `sizes` and `drawn` are integers that broadcast to one dimension, that of the result.
    """
    triples = np.stack(np.broadcast_arrays(shared, sizes, drawn))
    distinct, places = np.unique(triples, axis=1, return_inverse=True)  # each triple once: sf is slow
    return hypergeom.sf(distinct[0] - 1, universe, distinct[1], distinct[2])[places]


class Enrichment(NamedTuple):
    """The gene sets that share a gene with a list: their positions, in order, genes shared (both int), and p."""

    positions: np.ndarray
    shared: np.ndarray
    p: np.ndarray


class GeneSetTests:
    """Tests of lists of genes against gene sets within a universe; genes outside it count neither in lists nor in sets.

    `sets` are the gene sets cut to the universe, and `sizes` their numbers of genes (int), both in the order given.
    """

    def __init__(self, sets: Iterable[Collection[str]], universe: Collection[str]):
        self.universe = frozenset(universe)
        self.sets: Sequence[frozenset[str]] = [self.universe.intersection(genes) for genes in sets]
        self.sizes = np.array([len(genes) for genes in self.sets], dtype=int)
        positions = defaultdict(list)
        for position, genes in enumerate(self.sets):
            for gene in genes:
                positions[gene].append(position)
        self._positions = {gene: np.array(of_gene) for gene, of_gene in positions.items()}
        self._tails: dict[tuple[int, int, int], float] = {}

    def test(self, genes: Iterable[str]) -> Enrichment:
        """Test a list, each gene once, against every set; sets that share no gene (p is 1) are left out."""
        drawn = self.universe.intersection(genes)
        hits = [self._positions[gene] for gene in drawn if gene in self._positions]
        positions, shared = np.unique(np.concatenate(hits) if hits else np.array([], int), return_counts=True)
        return Enrichment(positions, shared, self._upper_tail(shared, self.sizes[positions], len(drawn)))

    def _upper_tail(self, shared: np.ndarray, sizes: np.ndarray, drawn: int) -> np.ndarray:
        """As `upper_tail`; values are kept, as many lists meet the same numbers."""
        triples = [(*pair, drawn) for pair in zip(shared.tolist(), sizes.tolist(), strict=True)]
        if new := sorted({triple for triple in triples if triple not in self._tails}):
            columns = np.array(new).T
            self._tails.update(zip(new, upper_tail(*columns, len(self.universe)).tolist(), strict=True))
        return np.array([self._tails[triple] for triple in triples], dtype=float)
