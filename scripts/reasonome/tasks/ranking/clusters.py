"""Connected questions, which share keys directly or through others: clusters by right genes, and components."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from reasonome.tasks.ranking.questions import RankingExample


def clusters(examples: Sequence[RankingExample]) -> list[str]:
    """The cluster of each question, for standard errors: questions that share a right gene, directly or through others.

    Its name has the right genes of all its questions, in alphabetical order with "|" between them.
    """
    labels = connected([example.right for example in examples])
    genes: dict[int, set[str]] = defaultdict(set)
    for label, example in zip(labels, examples, strict=True):
        genes[int(label)] |= example.right
    names = {label: "|".join(sorted(symbols)) for label, symbols in genes.items()}
    return [names[int(label)] for label in labels]


def connected(shared: Sequence[Iterable[str]], edges: Iterable[tuple[int, int]] = ()) -> np.ndarray:
    """The component number of each set of keys, shape (len(shared),); sets that share a key are connected.

    `edges` are pairs of positions that are connected too.
    """
    pairs = list(edges)
    last: dict[str, int] = {}
    for number, own in enumerate(shared):
        for key in own:
            pairs.append((last.get(key, number), number))
            last[key] = number
    ends = np.array(pairs, dtype=int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(shared), len(shared)))
    return connected_components(graph, directed=False)[1] if len(shared) else np.array([], dtype=int)
