"""Questions that hang together by what they share, directly or over others: clusters of right genes, and more."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from reasonome.tasks.ranking.questions import RankingExample


def clusters(examples: Sequence[RankingExample]) -> list[str]:
    """The cluster of each question, for standard errors: questions that share a right gene, directly or over others.

    It is called by the right genes of all its questions, in alphabetical order with "|" between them.
    """
    labels = connected([example.right for example in examples])
    genes: dict[int, set[str]] = defaultdict(set)
    for label, example in zip(labels, examples, strict=True):
        genes[int(label)] |= example.right
    names = {label: "|".join(sorted(found)) for label, found in genes.items()}
    return [names[int(label)] for label in labels]


def connected(shared: Sequence[Iterable[str]], edges: Iterable[tuple[int, int]] = ()) -> np.ndarray:
    """A number of its component for each set of keys; those with a key in common are connected, and by `edges`.

    `edges` are pairs of positions.
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
