"""What people may set about the reading of gene lists."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from reasonome.core.errors import InputError

MARKER_LOG2_FOLD_CHANGE = 0.25  # of markers of clusters, as Seurat's FindAllMarkers has it
LOG2_FOLD_CHANGE = 1.0  # of differential expression: twice or half as much
MARKERS = 100  # genes of a cluster
# What each option is called where people give it.
OPTIONS = {
    "adjusted_p": "--adjusted-p",
    "log2_fold_change": "--log2-fold-change",
    "top": "--top",
    "split": "--together",
}


@dataclass(frozen=True)
class ListOptions:
    """Which rows of a table of statistics become genes of a list.

    `adjusted_p` is the largest adjusted p value, `log2_fold_change` the smallest log2 fold change (None: 0.25 for
    markers of clusters; 1 for differential expression, either way). `top` is how many genes a list has at most (None:
    100 for markers, else all). `split` makes two lists of differential expression, of genes that go up and down; else
    there is one.
    InputError, with the field, for a value that cannot be.
    """

    adjusted_p: float = 0.05
    log2_fold_change: float | None = None
    top: int | None = None
    split: bool = True

    def __post_init__(self):
        if not (_is_number(self.adjusted_p) and 0 < self.adjusted_p <= 1):
            raise _error("adjusted_p", self.adjusted_p, "a number above 0 and at most 1", "0.05 is usual")
        change = self.log2_fold_change
        if change is not None and not (_is_number(change) and 0 <= change < math.inf):
            raise _error("log2_fold_change", change, "a number from 0", "1 means twice or half as much")
        top = self.top
        if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 1):
            raise _error("top", top, "a whole number from 1", "leave it out to have the default")
        if not isinstance(self.split, bool):
            raise _error("split", self.split, "true or false", "true makes a list of genes up and one of genes down")

    def unused(self, why: Mapping[str, str]) -> tuple[str, ...]:
        """Sentences about options that were set and do nothing; `why` has the reason for each that does nothing."""
        idle: dict[str, list[str]] = {}
        for field in fields(self):
            if field.name in why and getattr(self, field.name) != field.default:
                idle.setdefault(why[field.name], []).append(OPTIONS[field.name])
        return tuple(f"not used: {_listed(options)}, since {reason}" for reason, options in idle.items())


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)


def _error(field: str, value: object, expected: str, fix: str) -> InputError:
    return InputError(f"expected {expected}, found {value!r}", field=field, fix=fix)
