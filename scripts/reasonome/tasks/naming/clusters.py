"""Clusters of dependent test sets: near duplicates, and the contaminated variants of one set."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from reasonome.benchmarks.gene_sets import GeneSet, jaccard_blocks
from reasonome.tasks.naming.dialogue import Example
from reasonome.tasks.naming.rows import gene_set


def clusters(examples: Sequence[Example], threshold: float) -> list[str]:
    """The cluster of every example: the connected components of sets whose Jaccard index is `threshold` or more.

    A variant is in the cluster of its original set. A cluster is named by the smallest id in it, so that
    its name does not depend on the order of the examples.
    """
    originals = [example for example in examples if not example.term]
    name_of = dict(zip((e.id for e in originals), _names(originals, threshold), strict=True))
    # Where the original is not among the examples, its variants still share its id.
    return [name_of.get(e.term, e.term) if e.term else name_of[e.id] for e in examples]


def _names(originals: Sequence[Example], threshold: float) -> list[str]:
    if not originals:
        return []
    component = connected_sets([gene_set(example) for example in originals], threshold)
    return pd.Series([example.id for example in originals]).groupby(component).transform("min").tolist()


def connected_sets(sets: Sequence[GeneSet], threshold: float) -> np.ndarray:
    """The component number of each set, shape (len(sets),); a Jaccard index of `threshold` or more connects sets."""
    near, start = [], 0
    for block in jaccard_blocks(sets, sets):
        rows, columns = np.nonzero(block >= threshold)
        near.append((rows + start, columns))
        start += len(block)
    rows, columns = (np.concatenate(side) for side in zip(*near, strict=True))
    links = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(sets), len(sets)))
    return sparse.csgraph.connected_components(links, directed=False)[1]
