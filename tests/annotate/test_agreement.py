"""Agreement of samples on a name, and sets that are nearly the same."""

import pytest

from reasonome.apps.annotate.answers import most_frequent_name
from reasonome.apps.annotate.enrichment import near_identical_groups

# samples


@pytest.mark.parametrize(
    ("names", "name"),
    [
        # case, punctuation and spacing do not part names
        (
            ["Cell cycle", "base-excision repair", "Base  Excision Repair.", "BASE EXCISION REPAIR", "Translation"],
            "base-excision repair",
        ),
        (["Z", "A", "M", "a", "z"], "Z"),  # of equally frequent names the earliest
        (["", "DNA repair", "", ""], "DNA repair"),
        (["", "?!", " "], ""),
    ],
)
def test_the_name_that_most_samples_give(names, name):
    assert most_frequent_name(names) == name


# groups


@pytest.mark.parametrize(
    ("texts", "groups"),
    [
        # The first and the last share four of five genes: .8, which is enough.
        (["vwxyz", "abcd", "mnop", "vwxyz", "abcde"], [1, 2, 3, 1, 2]),
        (["abcdefgh", "abcdefgi"], [1, 2]),  # seven of nine: .78
        # abcd and abcdef share four of six, but both share .8 and more with abcde.
        (["abcd", "abcdef", "xyz", "abcde"], [1, 1, 2, 1]),
        (["", "ab", "", "ab"], [1, 2, 3, 2]),
        ([], []),
    ],
)
def test_groups_are_of_sets_that_are_nearly_the_same(texts, groups):
    assert near_identical_groups([frozenset(text) for text in texts]) == groups
