"""The hypergeometric test: by hand, against Fisher's exact test, and at the edges of universe, list and sets."""

import random

import numpy as np
import pytest
from scipy.stats import fisher_exact

from reasonome.enrichment.over_representation import GeneSetTests, upper_tail


def test_the_upper_tail_by_hand():
    # Four of ten are drawn, in 210 ways: all of a set of three in 7; of a set of four two or more in 6·15 + 4·6 + 1.
    found = upper_tail(np.array([3, 2, 3, 0]), np.array([3, 4, 3, 5]), 4, 10)
    assert found == pytest.approx([7 / 210, 115 / 210, 7 / 210, 1], rel=1e-12)
    # One gene of a set of two, of five: one drawn, 2/5; two drawn, 1 - 3/10.
    assert upper_tail(np.array([1, 1]), np.array([2, 2]), np.array([1, 2]), 5) == pytest.approx([0.4, 0.7], rel=1e-12)


def test_positions_shared_genes_and_p():
    tests = GeneSetTests(["ABC", "XYZ", "ABEF", "HIJ"], "ABCDEFGHIJ")
    found = tests.test("ABCD")
    assert found.positions.tolist() == [0, 2]  # of XYZ none is in the universe, and of HIJ none in the list
    assert found.shared.tolist() == [3, 2]
    assert found.p == pytest.approx([7 / 210, 115 / 210], rel=1e-12)
    assert tests.sizes.tolist() == [3, 0, 4, 3]
    assert tests.sets[1] == frozenset()


def test_repeated_genes_and_those_outside_the_universe_do_not_count():
    # X and Y are in list and set: two of four are drawn, both of the set of two.
    found = GeneSetTests([["A", "A", "B", "X", "Y"]], "ABCD").test(["A", "X", "B", "A", "Y"])
    assert (found.shared.tolist(), found.p.tolist()) == ([2], [pytest.approx(1 / 6)])


@pytest.mark.parametrize("genes", ["", "XYZ", "D"])
def test_a_list_that_shares_no_gene_has_no_tests(genes):
    found = GeneSetTests(["ABC", "AB"], "ABCD").test(genes)
    assert [len(column) for column in found] == [0, 0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_p_is_that_of_a_one_sided_fisher_test(seed):
    rng = random.Random(seed)
    universe = [f"GENE{i}" for i in range(100)]
    sets = [frozenset(rng.sample(universe, rng.randint(1, 40))) for _ in range(50)]
    chosen = set(rng.sample(universe, 20))
    found = GeneSetTests(sets, universe).test(chosen)
    assert found.positions.tolist() == [position for position, one in enumerate(sets) if one & chosen]
    for position, p in zip(found.positions, found.p, strict=True):
        both, only_set, only_list = (
            len(one) for one in (sets[position] & chosen, sets[position] - chosen, chosen - sets[position])
        )
        table = [[both, only_set], [only_list, 100 - both - only_set - only_list]]
        assert p == pytest.approx(fisher_exact(table, alternative="greater").pvalue, rel=1e-9)
