"""A background as a database: its terms with their genes, searched for one term, or by over-representation."""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property

import numpy as np
import pandas as pd

from reasonome.audit import GeneSet
from reasonome.background import Background, BackgroundTerm
from reasonome.metrics.naming import normalise


class Database:
    """The candidates of a background; a position is one in `terms`, which are sorted by id, and in `sets`."""

    def __init__(self, background: Background):
        self.terms = sorted(background.candidates, key=lambda term: term.id)
        self.sets = [GeneSet(t.id, "", t.name, background.genes(t.id)) for t in self.terms]
        self._background = background
        self._tested: dict[frozenset[str], pd.DataFrame] = {}

    def positions(self, ids: Collection[str], names: Iterable[str]) -> list[int]:
        """Where the terms of these ids are, those of these names or synonyms, and those of other names of these ids."""
        known = [self._background.by_id[i] for i in ids if i in self._background.by_id]
        wanted = {normalise(name) for name in names}.union(*map(_names, known)) - {""}
        by_id, by_name = self._positions
        return sorted(
            {p for i in ids for p in by_id.get(i, ())} | {p for name in wanted for p in by_name.get(name, ())}
        )

    def over_represented(self, genes: frozenset[str], left_out: Collection[int] = ()) -> np.ndarray:
        """Positions of the terms that share a gene with the set, the most over-represented first; tests as GSEApy's.

        By p, then by shared genes, then by id. Adjusting p for the number of tests (Benjamini and Hochberg) makes some
        equal and changes no order. The terms at the positions `left_out` are passed over.
        """
        table = self.tested(genes)
        table = table[~table["position"].isin(list(left_out))]
        return table["position"].to_numpy()[np.lexsort((table["position"], -table["shared"], table["p"]))]

    def tested(self, genes: frozenset[str]) -> pd.DataFrame:
        """A hypergeometric test for each term that shares a gene with the set: its position, shared genes, p.

        The universe is every gene of the background, in candidates or not; genes outside it are not counted.
        """
        if genes not in self._tested:
            self._tested[genes] = self._test(genes)
        return self._tested[genes]

    def _test(self, genes: frozenset[str]) -> pd.DataFrame:
        import gseapy  # here, because it takes matplotlib along, which nothing else that answers needs

        code, coded, terms_of = self._coded
        known = [gene for gene in genes if gene in code]
        # Terms without a shared gene count for nothing.
        sharing = sorted({position for gene in known for position in terms_of[gene]})
        if not sharing:
            return pd.DataFrame({"position": [], "shared": [], "p": []}, dtype=int)
        # A p-value of 0 makes its combined score, which is not used, infinite.
        with (
            np.errstate(divide="ignore"),
            contextlib.closing(
                gseapy.enrich(
                    gene_list=[code[gene] for gene in known],
                    gene_sets={str(position): coded[position] for position in sharing},
                    background=len(code),
                    outdir=None,
                    no_plot=True,
                )
            ) as found,
        ):
            table = found.res2d
        shared = table["Overlap"].str.partition("/")[0]
        return pd.DataFrame(
            {"position": table["Term"].astype(int), "shared": shared.astype(int), "p": table["P-value"]}
        )

    @cached_property
    def _coded(self) -> tuple[dict[str, str], list[frozenset[str]], dict[str, list[int]]]:
        """Codes of the genes, the terms in codes, and the positions of each gene's terms.

        GSEApy changes the case of symbols where few of a set's are in capitals, as those of open reading frames; codes
        have nothing to change.
        """
        universe = sorted(set().union(*(self._background.genes(term) for term in self._background.by_id)))
        code = {gene: f"G{number}" for number, gene in enumerate(universe)}
        coded = [frozenset(code[gene] for gene in one.symbols) for one in self.sets]
        terms_of = defaultdict(list)
        for position, one in enumerate(self.sets):
            for gene in one.symbols:
                terms_of[gene].append(position)
        return code, coded, terms_of

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
