"""What enrichment tables say of a set: its direction, in how many studies it moved; and how alike studies are."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations, product
from math import isfinite, nan
from statistics import fmean

import numpy as np

from reasonome.facts.text import one_line
from reasonome.tasks.pathway_qa.dialogue import DEPENDS, DOWN, UP
from reasonome.tasks.pathway_qa.enrichment_tables import Contrast

_FEWEST_SHARED = 10  # sets of two contrasts, for a correlation


def folded(place: str) -> str:
    """A tissue or study for comparisons: without case and blanks around or doubled."""
    return one_line(place).casefold()


class Tables:
    """The contrasts by tissue; a set has moved where its adjusted p is below `significant`."""

    def __init__(self, contrasts: Sequence[Contrast], significant: float):
        self.contrasts, self.significant = list(contrasts), significant
        self.tissues: dict[str, list[Contrast]] = defaultdict(list)
        for contrast in contrasts:
            self.tissues[contrast.tissue].append(contrast)
        self.sets = dict.fromkeys(identifier for contrast in contrasts for identifier in contrast.sets)

    def moved(self, contrast: Contrast, identifier: str) -> bool | None:
        """Whether a set moved in a contrast; None where the contrast does not have it."""
        row = contrast.sets.get(identifier)
        return None if row is None else row.adjusted < self.significant

    def direction(self, tissue: str, identifier: str) -> str | None:
        """Where at least two contrasts in which the set moved agree and outvote the others, their direction.

        "it depends" where it moved both ways without such a majority; None where neither holds.
        """
        moved = [c.sets[identifier].score for c in self.tissues[tissue] if c.signed and self.moved(c, identifier)]
        up, down = sum(score > 0 for score in moved), sum(score < 0 for score in moved)
        if up > down and up >= 2:
            return UP
        if down > up and down >= 2:
            return DOWN
        return DEPENDS if up and down else None

    def count(self, tissue: str, identifier: str) -> int | None:
        """In how many studies of a tissue a set moved; None where a study does not have it."""
        moved = [self.moved(contrast, identifier) for contrast in self.tissues[tissue]]
        return None if None in moved else sum(moved)

    def conservation(self, tissue: str, other: str) -> float:
        """The mean of Pearson's correlation of scores, over the pairs of a study of one and a study of the other.

        Of one tissue, over its pairs of studies. Each is over the sets that both have; nan without a pair that shares
        ten of them.
        """
        if tissue == other:
            pairs = combinations(self.tissues[tissue], 2)
        else:
            pairs = product(self.tissues[tissue], self.tissues[other])
        values = [_correlation(first, second) for first, second in pairs]
        known = [value for value in values if isfinite(value)]
        return fmean(known) if known else nan


def _correlation(first: Contrast, second: Contrast) -> float:
    shared = [identifier for identifier in first.sets if identifier in second.sets]
    if len(shared) < _FEWEST_SHARED or not (first.signed and second.signed):
        return nan
    scores = np.array([[contrast.sets[identifier].score for identifier in shared] for contrast in (first, second)])
    return float(np.corrcoef(scores)[0, 1]) if scores.std(axis=1).all() else nan
