"""The order of whole rankings: ties, infinite numbers, zeros, and several numbers for a gene."""

import math

import numpy as np
import pytest

from reasonome.apps.annotate.gsea import whole_ranking
from reasonome.apps.annotate.lists import ListedGene
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.orthologues import Orthologues

TABLE = GeneTable([Gene(f"GENE{number:03}") for number in range(100)])


def ranked(*pairs, seed: int = 0, orthologues: Orthologues | None = None):
    return whole_ranking([ListedGene(*pair) for pair in pairs], TABLE, orthologues, seed)


def test_of_several_numbers_of_a_gene_the_most_extreme_counts_and_that_is_told():
    found = ranked(("GENE001", 1.0), ("gene001", -3.0), ("NOBODY", 9.0), ("GENE002", 2.0), ("GENE002", 2.0))
    assert list(found.numbers.items()) == [("GENE002", 2.0), ("GENE001", -3.0)]
    assert "(GENE001)" in found.notes[0]


def test_ties_are_in_an_order_that_the_seed_draws_whatever_the_order_of_the_file():
    pairs = [(f"GENE{number:03}", 1.0 + (number < 20)) for number in range(100)]
    orders = {seed: list(ranked(*pairs, seed=seed).numbers) for seed in range(3)}
    assert list(ranked(*reversed(pairs)).numbers) == orders[0]
    assert len(set(map(tuple, orders.values()))) == 3
    for order in orders.values():
        assert set(order[:20]) == {f"GENE{number:03}" for number in range(20)}
        assert order[:20] != sorted(order[:20]) and order[20:] != sorted(order[20:])
    # A place says nothing of the alphabet: the mean place of the first ten of 80 tied genes is near that of all, 59.5.
    tied = [f"GENE{number:03}" for number in range(20, 30)]
    assert np.mean([order.index(gene) for order in orders.values() for gene in tied]) == pytest.approx(59.5, abs=12)


def test_the_share_of_ties_is_told():
    found = ranked(("GENE001", 1.0), ("GENE002", 1.0), ("GENE003", 2.0), ("GENE004", -2.0))
    assert "2 of 4 genes (50.0%)" in found.notes[0]
    assert ranked(("GENE001", 1.0), ("GENE002", -1.0)).notes == ()


def test_infinite_numbers_stand_beyond_all_others_and_weigh_as_the_largest_of_these():
    found = ranked(("GENE001", -math.inf), ("GENE002", 4.0), ("GENE003", -5.0), ("GENE004", math.inf))
    assert list(found.numbers) == ["GENE004", "GENE002", "GENE003", "GENE001"]
    assert found.weights() == {"GENE004": 5.0, "GENE002": 4.0, "GENE003": -5.0, "GENE001": -5.0}
    assert found.notes == ("2 infinite numbers stand at the ends, with the weight of the largest finite one",)


def test_a_number_of_zero_weighs_next_to_nothing_and_not_nothing():
    found = ranked(("GENE001", 3.0), ("GENE002", 0.0), ("GENE003", -1.0))
    assert found.weights() == {"GENE001": 3.0, "GENE002": 4 / 2**28, "GENE003": -1.0}
    assert found.weightless == {"GENE002"}


def test_numbers_of_one_sign_are_told():
    told = "the numbers have one sign: GSEA tells what gathers at the end of the strongest, and little else"
    assert told in ranked(("GENE001", 3.0), ("GENE002", 1.0)).notes
    assert told in ranked(("GENE001", -3.0), ("GENE002", -1.0)).notes
    assert told not in ranked(("GENE001", 3.0), ("GENE002", -1.0)).notes


@pytest.mark.parametrize("number", [0.0, 1.0, math.inf])
def test_equal_numbers_rank_nothing(number):
    assert ranked(("GENE001", number), ("GENE002", number)).is_flat
    assert not ranked(("GENE001", number), ("GENE002", -2.0)).is_flat
