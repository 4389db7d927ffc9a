"""A background as a database: its terms with their genes, searched for one term, or by over-representation."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property

import numpy as np

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.enrichment.hypergeometric import Enrichment, GeneSetTests
from reasonome.facts.text import normalise
from reasonome.tasks.naming.background import Background, BackgroundTerm


class Database:
    """The candidates of a background; a position is an index of `terms`, which are sorted by id, and of `sets`."""

    def __init__(self, background: Background):
        self.terms = sorted(background.candidates, key=lambda term: term.id)
        self.sets = [GeneSet(t.id, "", t.name, background.genes(t.id)) for t in self.terms]
        self._background = background
        self._tested: dict[frozenset[str], Enrichment] = {}

    def positions(self, ids: Collection[str], names: Iterable[str]) -> list[int]:
        """Positions of the terms with one of these ids, names or synonyms, or with any name of a term of these ids."""
        known = [self._background.by_id[i] for i in ids if i in self._background.by_id]
        wanted = {normalise(name) for name in names}.union(*map(_names, known)) - {""}
        by_id, by_name = self._positions
        return sorted(
            {p for i in ids for p in by_id.get(i, ())} | {p for name in wanted for p in by_name.get(name, ())}
        )

    def over_represented(self, genes: frozenset[str], left_out: Collection[int] = ()) -> np.ndarray:
        """Positions of the terms that share a gene with the set, the most over-represented first.

        By p, then by shared genes, then by id. Adjusting p for the number of tests (Benjamini and Hochberg) makes some
        equal and changes no order. The terms at the positions `left_out` are skipped.
        """
        positions, shared, p = self.tested(genes)
        order = np.lexsort((positions, -shared, p))
        return positions[order[~np.isin(positions[order], list(left_out))]]

    def tested(self, genes: frozenset[str]) -> Enrichment:
        """A hypergeometric test for each term that shares a gene with the set: its position, shared genes, p.

        The universe is every gene of the background, in candidates or not; genes outside it are not counted.
        """
        if genes not in self._tested:
            self._tested[genes] = self._tests.test(genes)
        return self._tested[genes]

    @cached_property
    def _tests(self) -> GeneSetTests:
        universe = frozenset().union(*(self._background.genes(term) for term in self._background.by_id))
        return GeneSetTests([gene_set.symbols for gene_set in self.sets], universe)

    @cached_property
    def _positions(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        by_id, by_name = defaultdict(list), defaultdict(list)
        for position, term in enumerate(self.terms):
            by_id[term.id].append(position)
            for name in _names(term):
                by_name[name].append(position)
        return by_id, by_name


def _names(term: BackgroundTerm) -> set[str]:
    return {normalise(name) for name in (term.name, *term.synonyms)}
