"""Intervals and tests against values worked out by hand and against scipy."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reasonome.benchmarks.rows import in_mean
from reasonome.config import is_variant, variant_suffix
from reasonome.report.comparisons_table import exact_test
from reasonome.scoring.comparisons import (
    bootstrap_intervals,
    holm,
    percentile_bounds,
    resampled_means,
)


def test_the_mean_weighs_subsets_equally_whatever_their_size():
    # bp has mean 0.5, mf has mean 0.2: their mean is 0.35, the mean of all five would be 0.44.
    found = bootstrap_intervals([0.25, 0.75, 0.5, 0.5, 0.2], ["bp", "bp", "bp", "bp", "mf"])
    assert list(found) == ["mean", "bp", "mf"]
    assert found["mean"].value[0] == pytest.approx(0.35)
    assert found["bp"].value[0] == pytest.approx(0.5)
    assert (found["mean"].n, found["bp"].n, found["mf"].n) == (5, 4, 1)
    # A single example is always drawn, so its interval is itself.
    assert found["mf"].low[0] == found["mf"].high[0] == pytest.approx(0.2)


def test_resamples_stay_within_subsets():
    # Constant within subsets: had examples crossed over, the bounds would differ from the value.
    found = bootstrap_intervals([0.1] * 3 + [0.9] * 3, ["bp"] * 3 + ["mf"] * 3)["mean"]
    assert found.low[0] == pytest.approx(0.5) and found.high[0] == pytest.approx(0.5)


def test_a_seed_fixes_the_interval_and_chunks_do_not_change_its_meaning(monkeypatch):
    values, strata = np.random.default_rng(2).random((60, 2)), ["bp"] * 30 + ["mf"] * 30
    first = bootstrap_intervals(values, strata, seed=3)["mean"]
    again = bootstrap_intervals(values, strata, seed=3)["mean"]
    other = bootstrap_intervals(values, strata, seed=4)["mean"]
    assert np.array_equal(first.low, again.low) and not np.array_equal(first.low, other.low)
    monkeypatch.setattr("reasonome.scoring.comparisons._CELLS_AT_ONCE", 1000)
    chunked = bootstrap_intervals(values, strata, seed=3)["mean"]
    assert np.array_equal(first.low, chunked.low) and np.array_equal(first.high, chunked.high)


@pytest.mark.parametrize(
    ("values", "strata", "message"),
    [([], [], "no examples"), ([0.1, np.nan], ["bp", "bp"], "finite")],
)
def test_bad_scores_are_refused(values, strata, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_intervals(values, strata)


def test_holm_by_hand():
    # Sorted .01 .02 .04 times 3 2 1 gives .03 .04 .04; nan neither counts nor changes.
    assert holm([0.04, 0.01, np.nan, 0.02]) == pytest.approx([0.04, 0.03, np.nan, 0.04], nan_ok=True)
    assert holm([0.01, 0.011]) == pytest.approx([0.02, 0.02])  # never below a smaller p
    assert len(holm([])) == 0
    p = np.random.default_rng(12).random(25) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_contaminated_variants_stand_beside_the_mean():
    values = [0.0, 1.0, 1.0, 1.0, 0.25]
    found = bootstrap_intervals(np.array(values), ["bp", "bp", "cc", "cc", "bp-50"], resamples=200)
    # bp 0.5, cc 1: their mean is 0.75, over four examples.
    assert (found["mean"].value[0], found["mean"].n) == (0.75, 4)
    assert (found["bp-50"].value[0], found["bp-50"].n) == (0.25, 1)
    assert in_mean(["bp-50", "cc", "bp", "bp"]) == ["bp", "cc"]
    assert in_mean(["bp-50", "bp-100"]) == ["bp-100", "bp-50"]
    assert in_mean(["bp-own", "bp-nothing", "bp"]) == ["bp"]  # with less withheld
    # A hyphen alone makes no variant.
    assert in_mean(["bp-50", "all-of-it", "bp"]) == ["all-of-it", "bp"]
    assert is_variant("bp" + variant_suffix(0.05)) and not is_variant("bp") and not is_variant("-50")


# --- clusters ----------------------------------------------------------------------------------------


def test_examples_that_are_their_own_clusters_give_the_same_numbers():
    values, strata = np.random.default_rng(6).random((70, 3)), ["bp"] * 40 + ["mf"] * 30
    plain = bootstrap_intervals(values, strata)
    single = bootstrap_intervals(values, strata, [f"GO:{100 - i}" for i in range(70)])
    for subset in plain:
        assert np.array_equal(plain[subset].low, single[subset].low)
        assert np.array_equal(plain[subset].high, single[subset].high)


def test_a_cluster_is_drawn_whole():
    # Two clusters, three times 0 and once 1. Drawn twice: 0 (1/4), 1 (1/4), or both (1/2), which has mean 1/4.
    found = dict(resampled_means([0, 0, 0, 1], ["bp"] * 4, ["a", "a", "a", "b"], resamples=4000))["bp"]
    means, times = np.unique(found.means, return_counts=True)
    assert means.tolist() == [0, 0.25, 1]
    assert times / 4000 == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
    assert found.value[0] == 0.25


def test_a_cluster_of_two_subsets_is_drawn_in_each_by_itself():
    found = dict(resampled_means([0, 1, 0, 1], ["bp", "bp", "mf", "mf"], ["a", "b", "a", "b"], resamples=4000))
    # Drawn together, the subsets would be equal in every resample.
    assert np.mean(found["bp"].means == found["mf"].means) == pytest.approx(3 / 8, abs=0.04)


def test_a_metric_counts_where_it_is_known():
    values = np.array([[0.2, np.nan, np.nan], [0.4, 0.5, np.nan], [0.9, 0.1, np.nan], [0.5, np.nan, np.nan]])
    found = dict(resampled_means(values, ["bp", "bp", "bp", "mf"], resamples=500))
    assert found["bp"].value == pytest.approx([0.5, 0.3, np.nan], nan_ok=True)
    assert found["bp"].n.tolist() == [3, 2, 0]
    # The second metric is known in bp alone, and there in the resamples that drew an example that has it.
    assert found["mean"].value == pytest.approx([0.5, 0.3, np.nan], nan_ok=True)
    assert found["mean"].n.tolist() == [4, 2, 0]
    drawn = found["bp"].means[:, 1]
    assert np.isnan(drawn).mean() == pytest.approx(1 / 27, abs=0.03)
    assert percentile_bounds(found["bp"].means)[:, 1] == pytest.approx([0.1, 0.5])
    assert np.isnan(percentile_bounds(found["bp"].means)[:, 2]).all()


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


# --- exact intervals ---------------------------------------------------------------------------------


def _hits(values, strata=None, clusters=None, hits=(True,)):
    found = bootstrap_intervals(values, strata or ["bp"] * len(values), clusters, hits=list(hits))["mean"]
    return found.low.tolist() + found.high.tolist()


@pytest.mark.parametrize("right", [0, 1, 7, 20])
def test_the_interval_of_hits_is_that_of_clopper_and_pearson(right):
    expected = stats.binomtest(right, 20).proportion_ci(method="exact")
    assert _hits([1] * right + [0] * (20 - right)) == pytest.approx([*expected])


def test_none_of_twenty_may_still_be_a_sixth():
    # P(no hit of 20) = (1 - p)^20 = .025 at p = 1 - .025^(1/20).
    assert _hits([0] * 20) == pytest.approx([0, 0.16843], abs=1e-5)
    # Ten clusters of two alike are ten: 1 - .025^(1/10). So are ten of which five are right.
    pairs = [str(place // 2) for place in range(20)]
    assert _hits([0] * 20, None, pairs) == pytest.approx([0, 0.30850], abs=1e-5)
    half = [*stats.binomtest(5, 10).proportion_ci()]
    assert _hits([1] * 10 + [0] * 10, None, pairs) == pytest.approx(half)
    # So are ten of a right and a wrong one, which do not vary.
    assert _hits([1, 0] * 10, None, pairs) == pytest.approx(half)
    # Two strata of ten weigh as one of twenty; two of 5 and 45 as 4 / (1/5 + 1/45) = 18.
    assert _hits([0] * 20, ["bp"] * 10 + ["mf"] * 10) == pytest.approx([0, 0.16843], abs=1e-5)
    assert _hits([0] * 50, ["bp"] * 5 + ["mf"] * 45) == pytest.approx([0, 1 - 0.025 ** (1 / 18)])


def test_only_hits_of_0_and_1_have_an_exact_interval():
    assert _hits([1] * 20, hits=[False]) == [1, 1]  # every rank is 1
    low, high = _hits([0.5, 0, 1, 0])  # the mean of several answers
    assert [low, high] == pytest.approx(_hits([0.5, 0, 1, 0], hits=[False]))


def test_values_that_do_not_vary_get_a_note_and_an_interval_only_if_they_are_hits():
    found = dict(resampled_means(np.column_stack([[0] * 20, [0.3] * 20, [0, 1] * 10]), ["bp"] * 20))["bp"]
    low, high, notes = found.intervals([True, False, True])
    assert high[0] == pytest.approx(0.16843, abs=1e-5) and np.isnan([low[1], high[1]]).all()
    assert notes == [
        "the values do not vary between clusters: an exact interval, by the number of clusters",
        "the values do not vary between clusters: no interval",
        "",
    ]
