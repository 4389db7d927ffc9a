"""Intervals and tests against values worked out by hand and against scipy."""

import numpy as np
import pytest
from scipy import stats

from reasonome.comparisons import bootstrap_intervals, holm, in_mean, paired_test
from reasonome.config import is_variant, variant_of_subset


def test_the_mean_weighs_subsets_equally_whatever_their_size():
    # bp has mean 0.5, mf has mean 0.2: their mean is 0.35, the mean of all five would be 0.44.
    found = bootstrap_intervals([0.25, 0.75, 0.5, 0.5, 0.2], ["bp", "bp", "bp", "bp", "mf"])
    assert list(found) == ["mean", "bp", "mf"]
    assert found["mean"].value[0] == pytest.approx(0.35)
    assert found["bp"].value[0] == pytest.approx(0.5)
    assert (found["mean"].n, found["bp"].n, found["mf"].n) == (5, 4, 1)
    # A single example is always drawn, so its interval is itself.
    assert found["mf"].low[0] == found["mf"].high[0] == pytest.approx(0.2)


def test_bounds_are_percentiles_of_the_resampled_mean():
    # Two examples 0 and 1: a resample's mean is 0, 1/2 or 1 with chances 1/4, 1/2, 1/4.
    wide = bootstrap_intervals([0, 1], ["bp", "bp"])["mean"]
    assert (wide.low[0], wide.high[0]) == (0, 1)
    narrow = bootstrap_intervals([0, 1], ["bp", "bp"], confidence=0.4)["mean"]  # 30th and 70th percentile
    assert (narrow.low[0], narrow.high[0]) == (0.5, 0.5)


def test_interval_agrees_with_the_normal_approximation_in_a_large_sample():
    values = np.random.default_rng(1).normal(0.4, 0.1, 900)
    found = bootstrap_intervals(values, ["bp"] * 900)["bp"]
    half = 1.96 * values.std(ddof=1) / 30
    assert found.low[0] == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high[0] == pytest.approx(values.mean() + half, abs=0.1 * half)


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
    monkeypatch.setattr("reasonome.comparisons._CELLS_AT_ONCE", 1000)
    chunked = bootstrap_intervals(values, strata, seed=3)["mean"]
    assert np.array_equal(first.low, chunked.low) and np.array_equal(first.high, chunked.high)


@pytest.mark.parametrize(
    ("values", "strata", "message"),
    [
        ([], [], "no examples"),
        ([0.1, np.nan], ["bp", "bp"], "finite"),
        ([0.1, 0.2], ["bp"], "2 values but 1 strata"),
    ],
)
def test_bad_scores_are_refused(values, strata, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_intervals(values, strata)


def test_one_subset_is_the_paired_t_test():
    random = np.random.default_rng(5)
    a, b = random.random(40), random.random(40)
    found, expected = paired_test(a, b, ["bp"] * 40), stats.ttest_rel(a, b)
    assert found.t == pytest.approx(expected.statistic)
    assert found.df == pytest.approx(39)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.p_wilcoxon == pytest.approx(stats.wilcoxon(a, b).pvalue)
    assert found.effect_size == pytest.approx((a - b).mean() / (a - b).std(ddof=1))


def test_two_subsets_by_hand():
    # bp: differences 0, 2: mean 1, variance 2, of the mean 1. mf: 1, 2, 3: mean 2, variance 1, of the mean 1/3.
    found = paired_test([0, 2, 1, 2, 3], [0, 0, 0, 0, 0], ["bp", "bp", "mf", "mf", "mf"])
    assert found.difference == pytest.approx(1.5)
    assert found.t == pytest.approx(1.5 / (np.sqrt(4 / 3) / 2))
    assert found.df == pytest.approx((4 / 3) ** 2 / (1**2 / 1 + (1 / 3) ** 2 / 2))
    assert found.p == pytest.approx(2 * stats.t.sf(found.t, found.df))
    assert found.effect_size == pytest.approx(1.5 / np.sqrt(1.5))
    assert found.n == 5


def test_swapping_the_sides_turns_the_sign_and_nothing_else():
    a, b, strata = [0.1, 0.5, 0.3, 0.9], [0.2, 0.1, 0.2, 0.3], ["bp", "bp", "mf", "mf"]
    there, back = paired_test(a, b, strata), paired_test(b, a, strata)
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == pytest.approx(back.p) and there.p_wilcoxon == pytest.approx(back.p_wilcoxon)


def test_identical_scores_are_no_difference():
    # 0.1 + 0.2 is not quite 0.3: rounding must not become a finding.
    found = paired_test([0.1 + 0.2, 0.5], [0.3, 0.5], ["bp", "bp"])
    assert (found.difference, found.t, found.p, found.p_wilcoxon, found.effect_size) == (0, 0, 1, 1, 0)
    assert found.note == "identical scores"


def test_a_constant_difference_is_not_tested_and_says_so():
    found = paired_test([0.3, 0.4, 0.5], [0.1, 0.2, 0.3], ["bp"] * 3)
    assert found.difference == pytest.approx(0.2)
    assert np.isnan([found.t, found.p, found.effect_size]).all()
    assert "same for every example" in found.note


def test_a_subset_of_one_is_not_tested_and_says_so():
    found = paired_test([0.3, 0.6, 0.5], [0.1, 0.2, 0.3], ["bp", "bp", "mf"])
    assert np.isnan(found.p) and "single example" in found.note


def test_scores_of_different_examples_are_not_paired():
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        paired_test([0.1, 0.2], [0.1, 0.2, 0.3], ["bp", "bp"])


def test_holm_by_hand():
    # Sorted .01 .02 .04 times 3 2 1 gives .03 .04 .04; nan neither counts nor changes.
    assert holm([0.04, 0.01, np.nan, 0.02]) == pytest.approx([0.04, 0.03, np.nan, 0.04], nan_ok=True)
    assert holm([0.6, 0.7]) == pytest.approx([1, 1])
    assert holm([0.01, 0.011]) == pytest.approx([0.02, 0.02])  # never below a smaller p
    assert len(holm([])) == 0


def test_contaminated_variants_stand_beside_the_mean():
    values = [0.0, 1.0, 1.0, 1.0, 0.25]
    found = bootstrap_intervals(np.array(values), ["bp", "bp", "cc", "cc", "bp-50"], resamples=200)
    # bp 0.5, cc 1: their mean is 0.75, over four examples.
    assert (found["mean"].value[0], found["mean"].n) == (0.75, 4)
    assert (found["bp-50"].value[0], found["bp-50"].n) == (0.25, 1)
    assert in_mean(["bp-50", "cc", "bp", "bp"]) == ["bp", "cc"]
    assert in_mean(["bp-50", "bp-100"]) == ["bp-100", "bp-50"]
    # A hyphen alone makes no variant.
    assert in_mean(["bp-50", "all-of-it", "bp"]) == ["all-of-it", "bp"]
    assert is_variant(variant_of_subset("bp", 0.05)) and not is_variant("bp") and not is_variant("-50")
