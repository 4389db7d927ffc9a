"""A background as a database: its terms with their genes, and which of them are a set's own."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.facts.text import normalise
from reasonome.tasks.naming.background import Background, BackgroundTerm


class Database:
    """The candidates of a background; a position is an index of `terms`, which are sorted by id, and of `sets`."""

    def __init__(self, background: Background):
        self.terms = sorted(background.candidates, key=lambda term: term.id)
        self.sets = [GeneSet(t.id, "", t.name, background.genes(t.id)) for t in self.terms]
        self._background = background

    def positions(self, ids: Collection[str], names: Iterable[str]) -> list[int]:
        """Positions of the terms with one of these ids, names or synonyms, or with any name of a term of these ids."""
        known = [self._background.by_id[i] for i in ids if i in self._background.by_id]
        wanted = {normalise(name) for name in names}.union(*map(_names, known)) - {""}
        by_id, by_name = self._positions
        return sorted(
            {p for i in ids for p in by_id.get(i, ())} | {p for name in wanted for p in by_name.get(name, ())}
        )

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
