"""Leaks between training data and test sets: found, dropped, counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from reasonome.metrics.naming import normalise

REASONS = ("same_term", "same_name", "identical_set", "jaccard")


@dataclass(frozen=True)
class GeneSet:
    """One named gene set of one subset of a benchmark."""

    id: str
    subset: str
    name: str
    symbols: frozenset[str]


def jaccard(first: Sequence[GeneSet], second: Sequence[GeneSet]) -> np.ndarray:
    """Jaccard index of every pair, shape (len(first), len(second))."""
    genes = {gene: i for i, gene in enumerate(sorted(set().union(*(s.symbols for s in [*first, *second]))))}

    def incidence(sets: Sequence[GeneSet]) -> sparse.csr_matrix:
        columns = [genes[gene] for s in sets for gene in s.symbols]
        rows = np.repeat(np.arange(len(sets)), [len(s.symbols) for s in sets])
        return sparse.csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(sets), len(genes)))

    shared = (incidence(first) @ incidence(second).T).toarray()
    sizes = [np.array([len(s.symbols) for s in sets], dtype=float) for sets in (first, second)]
    return shared / (sizes[0][:, None] + sizes[1][None, :] - shared)


def leaks(training: Sequence[GeneSet], held_out: Sequence[GeneSet], threshold: float) -> list[str]:
    """Why each training set would leak into the held-out sets; "" where it does not.

    The first of REASONS that applies is given; "jaccard" is an index ≥ threshold.
    """
    if not training or not held_out:
        return [""] * len(training)
    ids = {s.id for s in held_out}
    names = {normalise(s.name) for s in held_out}
    sets = {s.symbols for s in held_out}
    nearest = jaccard(training, held_out).max(axis=1)
    reasons = []
    for gene_set, overlap in zip(training, nearest, strict=True):
        if gene_set.id in ids:
            reasons.append("same_term")
        elif normalise(gene_set.name) in names:
            reasons.append("same_name")
        elif gene_set.symbols in sets:
            reasons.append("identical_set")
        else:
            reasons.append("jaccard" if overlap >= threshold else "")
    return reasons


def facts_about(facts: pd.DataFrame, terms: Sequence[tuple[str, str]]) -> pd.Series:
    """Which facts mention one of `terms` (id, name): by id, or by the same normalised name in any source."""
    ids = {term for term, _ in terms}
    names = {normalise(name) for _, name in terms}
    return facts["object_id"].isin(ids) | facts["object_name"].map(normalise).isin(names)
