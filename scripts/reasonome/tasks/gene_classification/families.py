"""Gene families: HGNC's gene groups, and where a gene has none, the stem of its symbol."""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from reasonome.facts.genes import Gene

_NUMBERED = re.compile(r"([A-Za-z-]{2,}?)\d.*")


def symbol_stem(symbol: str) -> str:
    """The letters before the first digit, MAPK for MAPK8IP1; a symbol with none or one of them is its own stem."""
    numbered = _NUMBERED.fullmatch(symbol)
    return numbered[1] if numbered else symbol


def families(genes: Iterable[Gene]) -> dict[str, str]:
    """Symbol → family, named after the first of its symbols in the alphabet.

    Genes are of one family if they share a gene group or, where one of them has no group, the stem of the symbol. Of
    several groups a gene has the smallest: large ones, such as CD molecules, join what has little in common.
    """
    genes = list(genes)
    sizes = Counter(group for gene in genes for group, _ in gene.groups)
    stems_without_group = {symbol_stem(gene.symbol) for gene in genes if not gene.groups}
    keys: dict[tuple[str, str], int] = {}
    rows, columns = [], []
    for row, gene in enumerate(genes):
        stem = symbol_stem(gene.symbol)
        own = [("stem", stem)] if stem in stems_without_group else []
        if gene.groups:
            own.append(("group", min((group for group, _ in gene.groups), key=lambda group: (sizes[group], group))))
        rows += [row] * len(own)
        columns += [keys.setdefault(key, len(keys)) for key in own]
    members = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(genes), max(len(keys), 1))).tocsr()
    _, labels = connected_components(members @ members.T, directed=False)
    names: dict[int, str] = {}
    for label, symbol in zip(labels.tolist(), (gene.symbol for gene in genes), strict=True):
        names[label] = min(symbol, names.get(label, symbol))
    return {gene.symbol: names[label] for label, gene in zip(labels.tolist(), genes, strict=True)}
