"""The test of scores over clusters and seeds: two examples by hand, and beside two-way cluster-robust variances."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from reasonome.scoring.clustered import Estimate, difference, estimate, exact_interval, of_means, of_pooled

ALL = ["all"] * 4


def test_one_seed_is_a_t_test_over_clusters():
    """Clusters of two questions with the means .5, 1, 0 and .5: mean .5, variance of cluster means 1/6, error .2041."""
    values = np.array([1, 0, 1, 1, 0, 0, 0, 1.0])[:, None]
    found = estimate(of_means(values, ["all"] * 8, list("aabbccdd")))
    assert found.value == 0.5 and found.df == pytest.approx(3)
    assert found.error == pytest.approx(np.sqrt(1 / 6 / 4))
    assert found.bounds == pytest.approx([0.5 - 3.1824 * 0.20412, 0.5 + 3.1824 * 0.20412], abs=1e-4)  # t of 3 df


def test_what_clusters_and_seeds_both_hold_counts_once():
    """Four clusters, two seeds. Means of clusters 2, 3, 4, 7 (their mean 4, variance 14/3), of seeds 3 and 5.

    Residuals are ±1, 0, 0 and ±1: mean squares are 28/3 between clusters, 8 between seeds, and 4/3 within. So the
    variance is (28/3 + 8 − 4/3) / 8 = 2. Its parts are 7/6 with 3 df, and 1 with 1 df, of which 5/6 is beyond clusters:
    4 / ((7/6)² / 3 + 1 × 5/6 / 1) = 3.1077 degrees of freedom.
    """
    values = np.array([[2, 2], [2, 4], [3, 5], [5, 9.0]])
    found = estimate(of_means(values, ALL, list("abcd")))
    assert found.value == 4 and found.error == pytest.approx(np.sqrt(2))
    assert found.df == pytest.approx(4 / ((7 / 6) ** 2 / 3 + 5 / 6))


def test_strata_weigh_alike_and_their_clusters_vary_apart():
    """Stratum one: 0 and 1; stratum two: 1, 1, 1, 0. Means .5 and .75; variances of the halves 1/16 and 1/64."""
    values = np.array([0, 1, 1, 1, 1, 0.0])[:, None]
    found = estimate(of_means(values, ["one"] * 2 + ["two"] * 4, range(6)))
    assert found.value == 0.625 and found.error == pytest.approx(np.sqrt(1 / 16 + 1 / 64))


def test_strata_that_share_a_cluster_vary_together():
    """One: a 0, b 1. Two: b 1, c 0. Moves a −1/8, b 1/8 twice, c −1/8; the variance is 3/2 × (1 + 4 + 1) / 64 / 1."""
    values = np.array([0, 1, 1, 0.0])[:, None]
    found = estimate(of_means(values, ["one", "one", "two", "two"], list("abbc")))
    assert found.value == 0.5 and found.error == pytest.approx(np.sqrt(1.5 * 6 / 64)) and found.df == pytest.approx(2)


def test_a_paired_difference_is_of_each_seeds_own():
    a, b = np.array([[1, 1], [0, 1], [1, 1], [1, 0.0]]), np.array([[0, 1], [0, 0], [1, 0], [0, 1.0]])
    sides = [of_means(side, ALL, list("abcd")) for side in (a, b)]
    by_hand = estimate(of_means(a - b, ALL, list("abcd")))
    assert difference(*sides, paired=True) == by_hand and by_hand.value == 0.375


def test_without_variance_there_is_no_test_but_of_no_difference():
    nothing, all_of_it = (of_means(np.full((4, 2), value), ALL, list("abcd")) for value in (0.0, 1.0))
    assert difference(nothing, nothing, paired=True).p == 1
    assert np.isnan(difference(all_of_it, nothing, paired=True).p)
    assert np.isnan(estimate(of_means(np.ones((4, 1)), ALL, ["one"] * 4)).error), "one cluster has no variance"


def test_the_jackknife_of_a_mean_is_its_linear_variance():
    values, clusters = np.array([1, 0, 1, 1, 0, 0, 0, 1.0]), list("aabbccdd")
    pooled = estimate(of_pooled(lambda weights: np.array([weights @ values / weights.sum()]), ["all"] * 8, clusters))
    assert pooled.value == 0.5 and pooled.error == pytest.approx(np.sqrt(1 / 6 / 4))


def test_a_jackknife_over_strata_is_the_linear_variance_too():
    values, strata = np.array([0, 1, 1, 1, 1, 0.0]), np.array(["one"] * 2 + ["two"] * 4)

    def mean(weights):
        return np.array(
            [np.mean([np.average(values[mine], weights=weights[mine]) for mine in (strata == "one", strata == "two")])]
        )

    found = estimate(of_pooled(mean, strata, range(6)))
    assert found.value == 0.625 and found.error == pytest.approx(np.sqrt(1 / 16 + 1 / 64))


def test_many_clusters_are_left_out_in_groups():
    values = np.random.default_rng(2).normal(0, 1, 5000)
    found = estimate(
        of_pooled(lambda weights: np.array([weights @ values / weights.sum()]), ["all"] * 5000, range(5000))
    )
    assert found.error == pytest.approx(np.sqrt(1 / 5000), rel=0.15) and found.df == pytest.approx(199)


def test_it_agrees_with_two_way_cluster_robust_variances():
    """statsmodels adds the variances by cluster and by seed and takes away that of their crossing, as here."""
    rng, ratios = np.random.default_rng(1), []
    for _ in range(50):
        values = rng.normal(0, 1, (30, 1)) + rng.normal(0, 1, (1, 8)) + rng.normal(0, 0.5, (30, 8))
        ours = estimate(of_means(values, ["all"] * 30, range(30))).error
        clusters, seeds = (each.ravel() for each in np.indices(values.shape))
        fitted = sm.OLS(values.ravel(), np.ones(values.size)).fit()
        ratios.append(ours / np.sqrt(cov_cluster_2groups(fitted, clusters, seeds)[0][0, 0]))
    assert np.median(ratios) == pytest.approx(1, abs=0.05) and min(ratios) > 0.8 and max(ratios) < 1.25


def _exact(values, clusters):
    found = estimate(of_means(np.array(values, float)[:, None], ["all"] * len(values), clusters))
    return exact_interval(found, len(set(clusters)), len(values)).tolist()


@pytest.mark.parametrize("right", [0, 1, 7, 20])
def test_a_share_of_independent_answers_has_the_interval_of_clopper_and_pearson(right):
    expected = stats.binomtest(right, 20).proportion_ci(method="exact")
    assert _exact([1] * right + [0] * (20 - right), range(20)) == pytest.approx([*expected])


def test_answers_that_are_alike_count_as_one():
    """Ten pairs of equal answers are ten answers: of none right 1 − .025^(1/10) may be; so are ten that do not vary."""
    pairs = [place // 2 for place in range(20)]
    half = pytest.approx([*stats.binomtest(5, 10).proportion_ci()])
    assert _exact([0] * 20, pairs) == pytest.approx([0, 0.30850], abs=1e-5)
    assert _exact([1] * 10 + [0] * 10, pairs) == half and _exact([1, 0] * 10, pairs) == half


def test_shares_are_of_no_more_answers_than_there_are():
    """Two pairs of .25 and .75 with an error of .05 would be 1 + .1875 / .0025 = 76 answers."""
    few = Estimate(np.array([0.25, 0.75]), np.array([0.05, 0.05]), np.array([3.0, 3.0]))
    by_hand = np.array([[*stats.binomtest(right, 40).proportion_ci()] for right in (10, 30)]).T
    assert exact_interval(few, 4, 40) == pytest.approx(by_hand)
    assert exact_interval(few, 4, 100)[:, 0] == pytest.approx([*stats.binomtest(19, 76).proportion_ci()])
