"""Redundant enriched terms: those with nearly the genes of a better term are folded below it."""

from collections.abc import Sequence

SAME_GENES = 0.5  # the smallest Jaccard index of a list's genes in two terms of which one is folded below the other


def fold(terms: Sequence[frozenset[str]]) -> list[int | None]:
    """For each term, by its genes of the list and the best first, the place of the term it is folded below.

    That is the best earlier term which is not folded itself and has a Jaccard index of SAME_GENES or more with it; None
    where there is none.
    """
    leading: list[int] = []
    below: list[int | None] = []
    for place, genes in enumerate(terms):
        leader = next((one for one in leading if _jaccard(terms[one], genes) >= SAME_GENES), None)
        below.append(leader)
        if leader is None:
            leading.append(place)
    return below


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)
