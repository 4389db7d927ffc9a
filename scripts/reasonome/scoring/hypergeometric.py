"""The hypergeometric test of over-representation: gene sets that share more genes with a list than by chance."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import hypergeom

_REMEMBERED = 100  # lengths of lists of which chances are kept


def upper_tail(shared: np.ndarray, sizes: np.ndarray, drawn: np.ndarray | int, universe: int) -> np.ndarray:
    """The chance that a set of `sizes` genes shares as many genes or more with `drawn` genes of the universe at random.

    `shared`, `sizes` and `drawn` are integers that broadcast to one dimension, that of the result.
    """
    triples = np.stack(np.broadcast_arrays(shared, sizes, drawn))
    distinct, places = np.unique(triples, axis=1, return_inverse=True)  # equal ones once, for it is slow
    return hypergeom.sf(distinct[0] - 1, universe, distinct[1], distinct[2])[places]


class Enrichment(NamedTuple):
    """Of the gene sets that share a gene with a list: where they stand, in order, genes shared (both int), and p."""

    positions: np.ndarray
    shared: np.ndarray
    p: np.ndarray


class GeneSetTests:
    """Tests of lists of genes against gene sets within a universe; genes outside it count neither in lists nor in sets.

    `sets` are the gene sets cut to the universe, and `sizes` their numbers of genes (int), both in the order given.
    """

    def __init__(self, sets: Iterable[Collection[str]], universe: Collection[str]):
        self.universe = frozenset(universe)
        self.sets: Sequence[frozenset[str]] = [self.universe.intersection(one) for one in sets]
        self.sizes = np.array([len(one) for one in self.sets], dtype=int)
        positions = defaultdict(list)
        for position, one in enumerate(self.sets):
            for gene in one:
                positions[gene].append(position)
        self._positions = {gene: np.array(found) for gene, found in positions.items()}
        self._tails: dict[int, dict[tuple[int, int], float]] = {}  # by genes drawn, then by genes shared and size

    def test(self, genes: Iterable[str]) -> Enrichment:
        """Test a list, a gene counting once, against every set; of those left out, which share no gene, p is 1."""
        drawn = self.universe.intersection(genes)
        found = [self._positions[gene] for gene in drawn if gene in self._positions]
        positions, shared = np.unique(np.concatenate(found) if found else np.array([], int), return_counts=True)
        return Enrichment(positions, shared, self._upper_tail(shared, self.sizes[positions], len(drawn)))

    def _upper_tail(self, shared: np.ndarray, sizes: np.ndarray, drawn: int) -> np.ndarray:
        """`upper_tail` in this universe; what was worked out for a list of as many genes is looked up."""
        if len(self._tails) > _REMEMBERED:
            self._tails.clear()
        known = self._tails.setdefault(drawn, {})
        pairs = list(zip(shared.tolist(), sizes.tolist(), strict=True))
        if new := [pair for pair in dict.fromkeys(pairs) if pair not in known]:
            tails = upper_tail(*np.array(new).T, drawn, len(self.universe))
            known.update(zip(new, tails.tolist(), strict=True))
        return np.array([known[pair] for pair in pairs], dtype=float)
