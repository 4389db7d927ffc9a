"""Intervals and tests against values worked out by hand and against scipy."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reasonome.report.comparisons_table import bootstrap_test, exact_test, paired_test
from reasonome.report.scored_arms import Bootstrap
from reasonome.scoring.comparisons import (
    holm,
    percentile_bounds,
    resampled_means,
    seed_weights,
)


def test_one_subset_is_the_paired_t_test():
    random = np.random.default_rng(5)
    a, b = random.random(40), random.random(40)
    found, expected = paired_test(a, b, ["bp"] * 40), stats.ttest_rel(a, b)
    assert found.t == pytest.approx(expected.statistic)
    assert found.df == pytest.approx(39)
    assert found.p == pytest.approx(expected.pvalue)
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


def test_identical_scores_are_no_difference():
    # 0.1 + 0.2 is not quite 0.3: rounding must not become a finding.
    found = paired_test([0.1 + 0.2, 0.5], [0.3, 0.5], ["bp", "bp"])
    assert (found.difference, found.t, found.p, found.effect_size, found.note) == (0, 0, 1, 0, "identical scores")


def test_a_constant_difference_is_not_tested_and_says_so():
    found = paired_test([0.3, 0.4, 0.5], [0.1, 0.2, 0.3], ["bp"] * 3)
    assert found.difference == pytest.approx(0.2)
    assert np.isnan([found.t, found.p, found.effect_size]).all()
    assert "same for every example" in found.note
    alone = paired_test([0.3, 0.6, 0.5], [0.1, 0.2, 0.3], ["bp", "bp", "mf"])
    assert np.isnan(alone.p) and "single example" in alone.note


def test_holm_by_hand():
    # Sorted .01 .02 .04 times 3 2 1 gives .03 .04 .04; nan neither counts nor changes.
    assert holm([0.04, 0.01, np.nan, 0.02]) == pytest.approx([0.04, 0.03, np.nan, 0.04], nan_ok=True)
    assert holm([0.01, 0.011]) == pytest.approx([0.02, 0.02])  # never below a smaller p
    assert len(holm([])) == 0
    p = np.random.default_rng(12).random(25) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


# --- clusters ----------------------------------------------------------------------------------------


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


# --- seeds -------------------------------------------------------------------------------------------


def test_three_seeds_are_drawn_with_replacement_and_fewer_are_not():
    assert seed_weights(1, np.random.default_rng(0), 5).tolist() == [[1.0]] * 5
    assert seed_weights(2, np.random.default_rng(0), 5).tolist() == [[0.5, 0.5]] * 5
    found = seed_weights(3, np.random.default_rng(0), 8000)
    # All three once in 6 of 27 draws, and then each weighs 1/3.
    assert np.mean(np.ptp(found, axis=1) < 1e-9) == pytest.approx(6 / 27, abs=0.02)
    assert found.sum(axis=1) == pytest.approx(np.ones(8000))


@pytest.mark.parametrize("scores", [[0.1, 0.2, 0.6], list(np.linspace(0, 1, 12))])
def test_seeds_alone_have_the_interval_of_students_t(scores):
    low, high = percentile_bounds(seed_weights(len(scores), np.random.default_rng(1), 40_000) @ np.c_[scores])[:, 0]
    expected = stats.t.interval(0.95, len(scores) - 1, np.mean(scores), stats.sem(scores))
    assert high - low == pytest.approx(expected[1] - expected[0], rel=0.15)


def two_recipes(trials: int, examples: int, seeds_a: int, seeds_b: int) -> tuple[float, float]:
    """How often two equally good recipes, whose seeds vary by .02, are said to differ: with seeds, and without."""
    random = np.random.default_rng(1)
    found, naive = 0, 0
    for trial in range(trials):
        difficulty = random.normal(0, 0.15, (examples, 1))
        a, b = (
            difficulty + random.normal(0, 0.02 if n > 1 else 0, n) + random.normal(0, 0.1, (examples, n))
            for n in (seeds_a, seeds_b)
        )
        _, resampled = next(resampled_means(np.hstack([a, b]), ["bp"] * examples, seed=trial, resamples=400))
        means = resampled.means[:, :seeds_a], resampled.means[:, seeds_a:]
        sides = [(m * seed_weights(m.shape[1], random, 400)).sum(axis=1) for m in means]
        found += bootstrap_test(a.mean() - b.mean(), sides[0] - sides[1]) < 0.05
        naive += paired_test(a.mean(axis=1), b.mean(axis=1), ["bp"] * examples).p < 0.05
    return found / trials, naive / trials


@pytest.mark.slow
@pytest.mark.parametrize(("examples", "seeds"), [(600, (3, 1)), (60, (3, 3))])
def test_seeds_that_differ_by_luck_are_rarely_a_finding(examples, seeds):
    found, naive = two_recipes(200, examples, *seeds)
    assert found <= 0.075  # .05, and what 200 trials may be off by
    assert naive > 0.1  # the t-test on examples knows nothing of seeds


# --- further tests -----------------------------------------------------------------------------------


def _exact(a, b, strata=None, clusters=None, expected=False):
    names = [str(place) for place in range(len(a))]
    return exact_test(a, b, strata or ["bp"] * len(a), clusters or names, expected, Bootstrap())


def test_mcnemar_by_hand_and_of_hits_only():
    # Three pairs differ, all for a: 2 · (1/2)³.
    assert _exact([1, 1, 1, 0], [0, 0, 0, 0]) == pytest.approx(0.25)
    assert _exact([0, 1], [0, 1]) == 1
    assert np.isnan(_exact([1, 0.5], [0, 0]))
    assert np.isnan(_exact([1, 0], [0.5, 0.5]))  # a mean of several answers is no chance


def test_clusters_are_flipped_whole_and_strata_weigh_alike():
    # Four pairs differ, all for a, but they are two clusters: 2 · (1/2)², not 2 · (1/2)⁴.
    assert _exact([1, 1, 1, 1, 0], [0, 0, 0, 0, 0], None, ["a", "a", "b", "b", "c"]) == pytest.approx(0.5)
    # The shares weigh 1/2, 1/2 and 1/4. For a: 1/2 + 1/2 - 1/4 = 3/4 or more has 4 of 8 ways of both signs.
    strata = ["bp", "bp", "mf", "mf", "mf", "mf"]
    assert _exact([1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], strata) == pytest.approx(0.5, abs=0.02)
    # The shares weigh 1/30 and 1/29. Six pairs differ, all for a: 2 of 2⁶ ways are as far from zero.
    a = [1] * 5 + [0] * 25 + [1] + [0] * 28
    assert _exact(a, [0] * 59, ["bp"] * 30 + ["mf"] * 29) == pytest.approx(2 / 64, abs=0.006)


def test_hits_against_chances_are_a_binomial_test():
    # 0.8^20 = .01153, and 9 or more of 20, each less likely, .00998 together.
    assert _exact([0] * 20, [0.2] * 20, expected=True) == pytest.approx(0.02151, abs=1e-5)
    # One hit of the chances 1/2 and 1/4: 0 has 3/8, 1 has 1/2, 2 has 1/8. Both: 1/8.
    assert _exact([1, 1], [0.5, 0.25], expected=True) == pytest.approx(1 / 8)
    assert _exact([1, 0], [0.5, 0.25], expected=True) == pytest.approx(1)
    # Chances of questions that hang together are not tested so.
    assert np.isnan(_exact([1, 1], [0.5, 0.25], None, ["a", "a"], expected=True))


# --- bootstraps --------------------------------------------------------------------------------------


def test_values_that_do_not_vary_get_a_note_and_an_interval_only_if_they_are_hits():
    found = dict(resampled_means(np.column_stack([[0] * 20, [0.3] * 20, [0, 1] * 10]), ["bp"] * 20))["bp"]
    low, high, notes = found.intervals([True, False, True])
    assert high[0] == pytest.approx(0.16843, abs=1e-5) and np.isnan([low[1], high[1]]).all()
    assert notes == [
        "the values do not vary between clusters: an exact interval, by the number of clusters",
        "the values do not vary between clusters: no interval",
        "",
    ]


def test_p_of_a_bootstrap_by_hand():
    # Around the difference .2 the resamples lie by -.2, -.1, 0, .1, .3: two are as far from 0 as .2.
    assert bootstrap_test(0.2, np.array([0.0, 0.1, 0.2, 0.3, 0.5])) == pytest.approx((1 + 2) / 6)


def test_p_of_a_bootstrap_agrees_with_the_t_test_in_a_large_sample():
    random = np.random.default_rng(11)
    for shift in (0.01, 0.02):
        difference = random.normal(shift, 0.15, 500)
        means = dict(resampled_means(difference, ["bp"] * 500))["bp"].means[:, 0]
        expected = paired_test(difference, np.zeros(500), ["bp"] * 500)
        assert bootstrap_test(difference.mean(), means) == pytest.approx(expected.p, abs=0.015)


def test_p_of_a_bootstrap_without_variation():
    assert bootstrap_test(0.0, np.zeros(9)) == 1
    assert np.isnan(bootstrap_test(0.1, np.full(9, 0.1)))


def test_resamples_that_know_nothing_do_not_count():
    # As by hand above: 2 of 5 known resamples, not of 9.
    resampled = np.array([0.0, np.nan, 0.1, 0.2, np.nan, 0.3, 0.5, np.nan, np.nan])
    assert bootstrap_test(0.2, resampled) == pytest.approx(3 / 6)
    assert bootstrap_test(0.0, np.array([0.0, np.nan, 0.0])) == 1
    assert np.isnan(bootstrap_test(0.2, np.full(3, np.nan)))
