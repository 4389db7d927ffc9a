"""Intervals and tests against values worked out by hand and against scipy."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from reasonome.report.comparisons_table import exact_test
from reasonome.scoring.comparisons import holm


def test_holm_by_hand():
    # Sorted .01 .02 .04 times 3 2 1 gives .03 .04 .04; nan neither counts nor changes.
    assert holm([0.04, 0.01, np.nan, 0.02]) == pytest.approx([0.04, 0.03, np.nan, 0.04], nan_ok=True)
    assert holm([0.01, 0.011]) == pytest.approx([0.02, 0.02])  # never below a smaller p
    assert len(holm([])) == 0
    p = np.random.default_rng(12).random(25) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


# --- exact tests -------------------------------------------------------------------------------------


def _exact(a, b, strata=None, clusters=None, expected=False):
    names, one = [str(place) for place in range(len(a))], ["bp"] * len(a)
    return exact_test(*(np.array(each) for each in (a, b, strata or one, clusters or names)), expected)


def test_mcnemar_by_hand_and_of_hits_only():
    # Three pairs differ, all for a: 2 · (1/2)³.
    assert _exact([1, 1, 1, 0], [0, 0, 0, 0]) == pytest.approx(0.25)
    assert _exact([0, 1], [0, 1]) == 1
    # Means of several answers: 1 and .5 for a have 2 of 4 ways; 1.5 and more of 1, .5 and .5 against it, 4 of 8.
    assert _exact([1, 0.5], [0, 0]) == pytest.approx(0.5) and _exact([1, 0, 0], [0, 0.5, 0.5]) == pytest.approx(1)


def test_clusters_are_flipped_whole_and_strata_weigh_alike():
    # Four pairs differ, all for a, but they are two clusters: 2 · (1/2)², not 2 · (1/2)⁴.
    assert _exact([1, 1, 1, 1, 0], [0, 0, 0, 0, 0], None, ["a", "a", "b", "b", "c"]) == pytest.approx(0.5)
    # The shares weigh 1/2, 1/2 and 1/4. For a: 1/2 + 1/2 - 1/4 = 3/4 or more has 4 of 8 ways of both signs.
    strata = ["bp", "bp", "mf", "mf", "mf", "mf"]
    assert _exact([1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], strata) == pytest.approx(0.5)
    # The shares weigh 1/30 and 1/29. Six pairs differ, all for a: 2 of 2⁶ ways are as far from zero.
    a = [1] * 5 + [0] * 25 + [1] + [0] * 28
    assert _exact(a, [0] * 59, ["bp"] * 30 + ["mf"] * 29) == pytest.approx(2 / 64)


def test_hits_against_chances_are_a_binomial_test():
    # 0.8^20 = .01153, and 9 or more of 20, each less likely, .00998 together.
    assert _exact([0] * 20, [0.2] * 20, expected=True) == pytest.approx(0.02151, abs=1e-5)
    # One hit of the chances 1/2 and 1/4: 0 has 3/8, 1 has 1/2, 2 has 1/8. Both: 1/8.
    assert _exact([1, 1], [0.5, 0.25], expected=True) == pytest.approx(1 / 8)
    assert _exact([1, 0], [0.5, 0.25], expected=True) == pytest.approx(1)
    # Chances of questions that hang together are not tested so.
    assert np.isnan(_exact([1, 1], [0.5, 0.25], None, ["a", "a"], expected=True))


def test_flips_that_are_too_many_to_count_give_no_p():
    differences = np.arange(1, 31.0)  # of thirty sizes: a thousand million ways
    assert np.isnan(_exact(differences, np.zeros(30)))
