"""Samples that agree on a name, and sets that are nearly the same."""

from collections import Counter
from collections.abc import Sequence

from reasonome.facts.text import normalise
from reasonome.tasks.naming.dialogue import Example, Gene
from reasonome.tasks.naming.rows import clusters

SIGNIFICANT = 0.05  # the largest adjusted p of a term that counts
NEAR_IDENTICAL = 0.8  # the smallest Jaccard index of sets of one group


def most_frequent_name(names: Sequence[str]) -> str:
    """The name that most samples give, as its first sample writes it; of equally frequent names the first.

    Case, spacing and punctuation do not count (`facts.text.normalise`). "" where no sample gives a usable name.
    """
    written: dict[str, str] = {}
    for name in names:
        written.setdefault(normalise(name), name)
    # Counters keep the order of insertion, and `most_common` keeps it for equal counts.
    votes = Counter(key for key in map(normalise, names) if key)
    return written[votes.most_common(1)[0][0]] if votes else ""


def near_identical_groups(sets: Sequence[frozenset[str]]) -> list[int]:
    """The group of each set, numbered from 1 in the order of first appearance.

    Groups are the single-linkage clusters of sets with a Jaccard index of NEAR_IDENTICAL or more. A set without genes
    is a group of its own.
    """
    examples = [
        Example(id=str(position), subset="", name="unnamed", genes=[Gene(symbol=symbol) for symbol in symbols])
        for position, symbols in enumerate(sets)
        if symbols
    ]
    cluster = dict(zip((example.id for example in examples), clusters(examples, NEAR_IDENTICAL), strict=True))
    numbers: dict[str, int] = {}
    return [
        numbers.setdefault(cluster.get(str(position), f"empty {position}"), len(numbers) + 1)
        for position in range(len(sets))
    ]
