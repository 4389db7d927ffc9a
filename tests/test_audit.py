"""Leaks: Jaccard by hand, each kind of leak planted, and facts about held-out terms."""

import numpy as np
import pandas as pd
import pytest

from reasonome import audit
from reasonome.audit import GeneSet


def gene_set(id, name, genes, subset="bp"):
    return GeneSet(id, subset, name, frozenset(genes.split()))


def test_jaccard_by_hand():
    first = [gene_set("1", "x", "A B C"), gene_set("2", "y", "D")]
    second = [gene_set("3", "z", "B C D"), gene_set("4", "u", "A B C"), gene_set("5", "v", "E F")]
    # {A,B,C} and {B,C,D} share 2 of 4; {D} and {B,C,D} share 1 of 3.
    assert np.allclose(audit.jaccard(first, second), [[2 / 4, 1, 0], [1 / 3, 0, 0]])


HELD_OUT = [gene_set("GO:1", "DNA repair", "A B C D"), gene_set("GO:2", "cell cycle", "E F G")]


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        (gene_set("GO:1", "another name", "X Y Z"), "same_term"),
        (gene_set("GO:1", "another name", "X Y Z", subset="mf"), "same_term"),
        (gene_set("GO:9", "DNA Repair", "X Y Z"), "same_name"),
        (gene_set("GO:9", "another name", "D C B A"), "identical_set"),
        (gene_set("GO:9", "another name", "A B"), "jaccard"),  # 2 of 4, exactly the threshold
        (gene_set("GO:9", "another name", "A B E"), ""),  # 2 of 5
        (gene_set("GO:9", "another name", "E F X"), "jaccard"),  # 2 of 4 with the second set
        (gene_set("GO:9", "another name", "X Y Z"), ""),
    ],
)
def test_a_leak_is_found_and_named(planted, reason):
    assert audit.leaks([planted], HELD_OUT, 0.5) == [reason]


@pytest.mark.parametrize(("shared", "union"), [(1, 3), (3, 10), (7, 10), (2, 3)])
def test_the_threshold_itself_leaks_whatever_its_fraction(shared, union):
    genes = [f"G{i}" for i in range(union)]
    pair = [gene_set("GO:1", "x", " ".join(genes)), gene_set("GO:2", "y", " ".join(genes[:shared]))]
    assert audit.leaks(pair[1:], pair[:1], shared / union) == ["jaccard"]
    assert audit.leaks(pair[1:], pair[:1], shared / union + 1e-6) == [""]


def test_nothing_leaks_into_nothing():
    assert audit.leaks(HELD_OUT, [], 0.5) == ["", ""]
    assert audit.leaks([], HELD_OUT, 0.5) == []


def test_facts_about_terms_by_id_or_name():
    facts = pd.DataFrame(
        {"object_id": ["GO:1", "R:1", "GO:2", "R:2"], "object_name": ["x", "DNA-Repair", "cell cycle", "DNA repair 2"]}
    )
    assert audit.facts_about(facts, [("GO:1", "DNA repair")]).tolist() == [True, True, False, False]
    assert audit.facts_about(facts, []).tolist() == [False] * 4
