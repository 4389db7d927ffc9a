"""Scores of tables with their intervals, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reasonome.benchmarks.rows import in_mean
from reasonome.config import is_variant, variant_suffix
from reasonome.scoring.comparisons import ALIKE, ALIKE_HITS
from reasonome.scoring.table_scores import ALONE, ALONE_HITS, intervals, score_of


def found(values, strata, clusters=None, **given):
    return {
        subset: own.get("m")
        for subset, own in intervals(pd.DataFrame({"m": values}), strata, clusters, **given).items()
    }


def bounds(values, strata=None, clusters=None):
    score = score_of(values, strata or ["bp"] * len(values), clusters, hits=True)
    return [score.low, score.high]


def test_the_mean_weighs_subsets_equally_and_variants_stand_beside():
    """bp has mean .5 and variance .5 of two; cc 1, without variance; the mean of both .75, with an error of .25."""
    scores = found([0.0, 1.0, 1.0, 1.0, 0.25], ["bp", "bp", "cc", "cc", "bp-50"], errors=True)
    assert list(scores) == ["bp", "bp-50", "cc", "mean"]
    assert (scores["mean"].value, scores["mean"].n, scores["mean"].se) == (0.75, 4, 0.25)
    reach = stats.t.ppf(0.975, 1) * 0.25
    assert (scores["mean"].low, scores["mean"].high) == pytest.approx((0.75 - reach, 0.75 + reach))
    assert (scores["bp-50"].value, scores["bp-50"].low, scores["bp-50"].note) == (0.25, None, ALONE)
    assert (scores["cc"].low, scores["cc"].note, scores["cc"].se) == (None, ALIKE, 0)
    assert in_mean(["bp-50", "cc", "bp", "bp"]) == ["bp", "cc"]
    assert in_mean(["bp-50", "bp-100"]) == ["bp-100", "bp-50"]
    assert in_mean(["bp-own", "bp-nothing", "bp"]) == ["bp"]  # with less withheld
    # A hyphen alone makes no variant.
    assert in_mean(["bp-50", "all-of-it", "bp"]) == ["all-of-it", "bp"]
    assert is_variant("bp" + variant_suffix(0.05)) and not is_variant("bp") and not is_variant("-50")


def test_a_metric_counts_where_it_is_known():
    scores = found([np.nan, 0.5, 0.1, np.nan], ["bp", "bp", "bp", "mf"], errors=True)
    assert (scores["bp"].value, scores["bp"].n, scores["bp"].se) == pytest.approx((0.3, 2, 0.2))
    assert scores["mean"] == scores["bp"] and scores["mf"] is None
    with pytest.raises(ValueError, match="finite"):
        score_of([0.1, np.inf], ["bp", "bp"])


def test_hits_have_the_interval_of_clopper_and_pearson():
    half = pytest.approx([*stats.binomtest(5, 10).proportion_ci()])
    pairs = [place // 2 for place in range(20)]
    assert bounds([1] * 10 + [0] * 10, None, pairs) == half and bounds([1, 0] * 10, None, pairs) == half
    # Two strata of ten weigh as one of twenty; two of 5 and 45 as 4 / (1/5 + 1/45) = 18.
    assert bounds([0] * 20, ["bp"] * 10 + ["mf"] * 10) == pytest.approx([0, 1 - 0.025 ** (1 / 20)])
    assert bounds([0] * 50, ["bp"] * 5 + ["mf"] * 45) == pytest.approx([0, 1 - 0.025 ** (1 / 18)])
    # The mean of several answers is no hit.
    low, high = bounds([0.5, 0, 1, 0])
    assert [low, high] == pytest.approx([*stats.t.interval(0.95, 3, 0.375, stats.sem([0.5, 0, 1, 0]))])


def test_values_that_do_not_vary_are_told_of():
    none = score_of([0] * 20, ["bp"] * 20, hits=True)
    assert (none.low, none.high, none.note) == (0, pytest.approx(0.16843, abs=1e-5), ALIKE_HITS)
    assert score_of([0.3] * 20, ["bp"] * 20).note == ALIKE
    assert score_of([0, 1], ["bp"] * 2, ["a", "a"], hits=True).note == ALONE_HITS


def test_metrics_of_all_rows_together_are_left_out_by_clusters():
    """The share of a whole stratum, which the second has not: the jackknife of a mean is its standard error."""
    values = np.array([1, 0, 0, 1, 1.0])

    def share(places):
        return None if len(places) < 2 else lambda weights: weights @ values[places] / weights.sum(axis=1)

    scores = found([np.nan] * 5, ["bp"] * 4 + ["mf"], pooled={"m": share}, errors=True)
    assert (scores["mean"].value, scores["mean"].n) == (0.5, 4) and scores["mf"] is None
    assert scores["mean"].se == pytest.approx(stats.sem(values[:4]))
