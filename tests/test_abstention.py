"""Confidence on real and contaminated sets: by hand, and against scikit-learn."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from reasonome.report import abstention
from reasonome.report.plan import Evaluation
from reasonome.tasks.naming.metric_set import METRICS

RESAMPLES = 200
abstention_table, curve = partial(abstention.abstention_table, METRICS), partial(abstention.curve, METRICS)


def scores(rows, **changes):
    """Rows of (contaminated, confidence, term_score, same_term, abstained); a question and cluster each."""
    table = pd.DataFrame(rows, columns=["contaminated", "confidence", "term_score", "same_term", "abstained"])
    table = table.astype(float).assign(
        id=[f"GO:{i:03}" for i in range(len(table))], subset="bp", sample=0, order=0, confidence_kind="logprob"
    )
    return table.assign(cluster=table["id"]).assign(**changes)


def value(table, measure, against="random sets", coverage=None):
    chosen = table[(table["measure"] == measure) & (table["against"] == against)]
    if coverage is not None:
        chosen = chosen[chosen["coverage"] == coverage]
    assert len(chosen) == 1
    return chosen.iloc[0]


# Confidence .9: right. .8: two that tie, one of them right. .4 and .2: random sets, abstained on and named.
FIVE = [
    (0, 0.9, 1.0, 1, 0),
    (0, 0.8, 0.6, 0, 0),
    (0, 0.8, 1.0, 1, 0),
    (1, 0.4, 0.7, 0, 1),
    (1, 0.85, 0.3, 0, 0),
]


def test_auroc_by_hand():
    # Real .9 .8 .8 against random .85 and an abstention: .9 beats both, .8 the abstention, twice: 4 of 6 pairs.
    table = abstention_table(scores(FIVE), 0, RESAMPLES)
    assert value(table, "auroc").value == pytest.approx(4 / 6)
    # No abstention on 3 real sets, one on 2 random ones: one half of the pairs won, the other tied.
    assert value(table, "auroc_abstaining").value == 0.75
    constant = value(table, "auroc_constant")
    assert constant.value == 0.5 and np.isnan([constant.low, constant.high]).all()  # no resample differs


def test_a_sure_abstention_is_no_sure_name():
    # Sure of abstaining, and right: by the bare confidence all random sets would come first.
    perfect = abstention_table(scores([(0, 0.6, 1, 1, 0)] * 3 + [(1, 0.99, 0, 0, 1)] * 3), 0, RESAMPLES)
    found = value(perfect, "auroc")
    assert found.value == 1 and np.isnan([found.low, found.high]).all()
    # One real set abstained on, one random set named: .6 beats both, .1 the abstention alone, and two abstentions tie.
    mixed = [(0, 0.6, 1, 1, 0), (0, 0.1, 0, 0, 0), (0, 0.9, 0, 0, 1), (1, 0.99, 0, 0, 1), (1, 0.3, 0, 0, 0)]
    assert value(abstention_table(scores(mixed), 0, RESAMPLES), "auroc").value == pytest.approx((2 + 1 + 0.5) / 6)
    # Coverage is by the confidence as it is: first .99 (a right abstention), then .9 (a wrong one).
    over = "real and random sets"
    assert value(abstention_table(scores(mixed), 0, RESAMPLES), "right_area", over).value == pytest.approx(
        (1 + 1 / 2 + 2 / 3 + 2 / 4 + 2 / 5) / 5
    )
    # Two samples: 0.6 and an abstention (one below the least possible confidence, 0) make -.2, an abstention less.
    twice = pd.concat([scores(mixed), scores(mixed).assign(sample=1)])
    twice.loc[(twice["sample"] == 1) & (twice["id"] == "GO:000"), "abstained"] = 1.0
    assert value(abstention_table(twice, 0, RESAMPLES), "auroc").value == pytest.approx((1 + 1 + 0.5) / 6)


def test_auroc_with_abstentions_is_scikit_learns():
    chance = np.random.default_rng(2)
    for _ in range(20):
        size = 40
        table = pd.DataFrame(
            {"contaminated": chance.integers(0, 2, size), "confidence": chance.integers(0, 9, size) / 8}
        )
        table = table.assign(term_score=0.0, same_term=0.0, abstained=chance.integers(0, 2, size))
        transformed = table["confidence"].where(table["abstained"] == 0, -1.0)
        found = value(abstention_table(scores(table.to_numpy().tolist()), 0, 10), "auroc").value
        assert found == pytest.approx(roc_auc_score(table["contaminated"] == 0, transformed))


def test_accuracy_at_coverage_by_hand():
    # By falling confidence: .9 (right), .85 (random, named: 0), .8 and .8 (one right), .4 (random, abstained: 1).
    table = abstention_table(scores(FIVE), 0, RESAMPLES)
    over = "real and random sets"
    # 1.25 rows: the first, and a quarter of a wrong one.
    assert value(table, "right", over, 0.25).value == pytest.approx(1 / 1.25)
    # 2.5 rows: 1 + 0 + half a row of the two tied ones, which are right by one half.
    assert value(table, "right", over, 0.5).value == pytest.approx(1.25 / 2.5)
    assert value(table, "right", over, 0.75).value == pytest.approx((1 + 1.75 * 0.5) / 3.75)
    assert value(table, "right", over, 1.0).value == pytest.approx(3 / 5)
    # k = 1 … 5: 1, 1/2, 1.5/3, 2/4, 3/5.
    assert value(table, "right_area", over).value == pytest.approx((1 + 0.5 + 0.5 + 0.5 + 0.6) / 5)
    assert value(table, "right_constant", over).value == pytest.approx(3 / 5)
    # term_score of a random set is whether it was abstained on: 1, 0, (.6 + 1), 1.
    assert value(table, "term_score", over, 1.0).value == pytest.approx(3.6 / 5)
    assert value(table, "term_score_area", over).value == pytest.approx((1 + 1 / 2 + 1.8 / 3 + 2.6 / 4 + 3.6 / 5) / 5)
    assert value(table, "term_score", "real sets", 1.0).value == pytest.approx(2.6 / 3)
    assert value(table, "right_area", "real sets").value == pytest.approx((1 + 1.5 / 2 + 2 / 3) / 3)


def test_a_constant_confidence_is_the_baseline_at_every_coverage():
    flat = scores(FIVE).assign(confidence=0.3)
    table = abstention_table(flat, 0, RESAMPLES)
    for coverage in (0.25, 0.5, 0.75, 1.0):
        assert value(table, "right", "real and random sets", coverage).value == pytest.approx(0.6)
    area, baseline = (value(table, f"right_{what}", "real and random sets") for what in ("area", "constant"))
    assert (area.value, area.low, area.high) == pytest.approx((baseline.value, baseline.low, baseline.high))
    drawn = curve(flat)
    assert np.allclose(drawn["accuracy"], drawn["baseline"])
    assert set(drawn["over"]) == {"real sets", "real and random sets"} and len(drawn) == 400
    right = curve(scores(FIVE)).query("measure == 'right' and over == 'real and random sets'")
    assert right["accuracy"].iloc[[0, 49, 99]].tolist() == pytest.approx([1.0, 0.5, 0.6])


def test_partly_contaminated_sets_are_apart():
    half = [(0.5, 0.95, 0.2, 0, 0), (0.5, 0.8, 0.2, 0, 0)]
    table = abstention_table(scores(FIVE + half), 0, RESAMPLES)
    against = "sets with 50% of genes replaced"
    # .95 beats all three; .8 loses to .9 and ties with two: (1 + 2 / 2) of 6.
    assert value(table, "auroc", against).value == pytest.approx(2 / 6)
    assert value(table, "auroc").value == pytest.approx(4 / 6)
    assert value(table, "right", "real and random sets", 1.0).n == 5


def test_samples_and_orders_of_a_question_are_averaged_first():
    table = scores(FIVE)
    other = table.assign(sample=1, confidence=table["confidence"] - [0.2, 0, 0, 0, 0], same_term=0.0)
    both = abstention_table(pd.concat([table, other]), 0, RESAMPLES)
    assert value(both, "right", "real sets", 1.0).value == pytest.approx(1 / 3)
    assert value(both, "right", "real sets", 1.0).n == 3
    # The first question's .9 and .7 make .8: three tie, .5 right in two of them.
    assert value(both, "right", "real sets", 0.25).value == pytest.approx(1 / 3)


def test_an_answer_without_a_confidence_is_the_least_sure_one():
    table = scores(FIVE)
    table.loc[[0, 3], "confidence"] = np.nan
    table.loc[[0, 3], "confidence_kind"] = ""
    table.loc[3, "contaminated"] = 1.0
    found = abstention_table(table, 0, RESAMPLES)
    # Real: none, .8, .8; random: abstained, .85. All three beat the abstention and lose to .85.
    assert value(found, "auroc").value == pytest.approx(3 / 6)
    # Had the random one been named, the first would tie with it.
    named = abstention_table(table.assign(abstained=0.0), 0, RESAMPLES)
    assert value(named, "auroc").value == pytest.approx((0.5 + 1 + 1) / 6)
    assert value(found, "auroc").note == "2 without a confidence count as least sure"
    assert value(found, "auroc_constant").note == ""


def test_confidences_of_the_rarer_kind_do_not_count():
    table = scores(FIVE).assign(confidence_kind=["stated", "stated", "stated", "stated", "logprob"])
    found = abstention_table(table, 0, RESAMPLES)
    assert set(found["confidence_kind"]) == {"stated"}
    assert value(found, "auroc").value == 1.0
    assert value(found, "auroc").note == "1 without a confidence count as least sure"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (FIVE[:3], "no contaminated sets"),
        (FIVE[3:], "no real sets"),
        ([(c, np.nan, *rest) for c, _, *rest in FIVE], "no answer has a confidence"),
    ],
)
def test_what_cannot_be_told_says_why(rows, reason):
    found = value(abstention_table(scores(rows), 0, RESAMPLES), "auroc")
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.note.startswith(reason)


def test_without_confidences_abstaining_is_still_measured():
    without = scores([(c, np.nan, *rest) for c, _, *rest in FIVE]).assign(confidence_kind="")
    found = abstention_table(without, 0, RESAMPLES)
    assert value(found, "auroc_abstaining").value == 0.75
    assert value(found, "right_constant", "real and random sets").value == pytest.approx(0.6)
    assert curve(without).empty


def test_intervals_resample_clusters():
    """Two clusters, all right in one and all wrong in the other: a resample has 0, 1/2 or 1."""
    rows = [(0, 0.5, 1, 1, 0)] * 20 + [(0, 0.5, 0, 0, 0)] * 20
    apart = abstention_table(scores(rows), 0, 1000)
    alone = value(apart, "right", "real sets", 1.0)
    together = abstention_table(scores(rows, cluster=["a"] * 20 + ["b"] * 20), 0, 1000)
    shared = value(together, "right", "real sets", 1.0)
    assert (shared.low, shared.value, shared.high) == (0, 0.5, 1)
    # A mean of 40 coins: sd .079.
    assert alone.low == pytest.approx(0.5 - 1.96 * 0.079, abs=0.03)
    assert alone.high == pytest.approx(0.5 + 1.96 * 0.079, abs=0.03)
    assert abstention_table(scores(rows), 0, 1000).equals(apart)


def test_the_interval_of_an_area_is_that_of_its_resamples():
    chance = np.random.default_rng(1)
    rows = [(c, chance.integers(0, 5) / 4, 0, chance.integers(0, 2), 0) for c in [0] * 30]
    table = scores(rows)
    found = value(abstention_table(table, 3, 50), "right_area", "real sets")
    random = np.random.default_rng(3)
    areas = []
    for draw in random.integers(0, 30, size=(50, 30)):
        drawn = table.iloc[draw].sort_values("confidence", ascending=False)
        expected = drawn.groupby("confidence")["same_term"].transform("mean")
        areas.append((expected.cumsum() / np.arange(1, 31)).mean())
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(areas, [0.025, 0.975])))


def test_only_stated_confidences_are_calibrated():
    table = abstention_table(scores(FIVE), 0, RESAMPLES)
    found = value(table, "calibration_error", "real sets")
    assert np.isnan(found.value) and found.note == "for stated confidences alone"
    stated = abstention_table(scores(FIVE, confidence_kind="stated"), 0, RESAMPLES)
    # .9 right (.1); .8 twice, half of them right (.3 each).
    assert value(stated, "calibration_error", "real sets").value == pytest.approx((0.1 + 0.3 + 0.3) / 3)
    # Beside them .4, a right abstention (.6), and .85, a named random set (.85).
    both = value(stated, "calibration_error", "real and random sets")
    assert both.value == pytest.approx((0.1 + 0.3 + 0.3 + 0.6 + 0.85) / 5) and both.n == 5


def with_confidence(confidence: list[float], right: list[float]) -> pd.DataFrame:
    """A table of scores of real sets, whose true term was found where `right` is 1."""
    frame = pd.DataFrame({"confidence": confidence, "same_term": right, "term_score": right})
    ids = [str(i) for i in range(len(frame))]
    labels = {"subset": "bp", "id": ids, "cluster": ids, "contaminated": 0.0, "abstained": 0.0}
    return frame.assign(confidence_kind=np.where(frame["confidence"].isna(), "", "logprob"), **labels)


def test_a_confidence_that_tells_right_from_wrong_gives_a_falling_curve():
    sure = with_confidence([4, 3, 2, 1], [1, 1, 0, 0])
    figure, data = abstention.coverage(
        METRICS, [(evaluation("a|b"), sure), (evaluation("none"), sure.assign(confidence=np.nan))]
    )
    assert data["arm"].unique().tolist() == ["a|b"] and data["over"].unique().tolist() == ["real sets"]
    curve = data[data["measure"] == "right"].set_index("coverage")
    # The two surest of four are right: all of the first half, and 2 of 3 at three quarters.
    assert curve.loc[[0.25, 0.5, 0.75, 1.0], "accuracy"].tolist() == pytest.approx([1, 1, 2 / 3, 0.5])
    assert curve["baseline"].unique().tolist() == [0.5]
    assert [axes.get_ylabel() for axes in figure.axes] == ["term score", "share of right answers"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a|b", "constant confidence"]
    plt.close(figure)


def test_where_no_confidence_was_recorded_the_files_say_so():
    scores = with_confidence([np.nan] * 4, [1, 0, 0, 0])
    figure, data = abstention.coverage(METRICS, [(evaluation("base"), scores)])
    assert [text.get_text() for text in figure.axes[0].texts] == [abstention.NO_CONFIDENCE]
    assert data.empty and list(data.columns) == abstention.CURVE_COLUMNS
    plt.close(figure)
    found = abstention.abstentions(METRICS, [(evaluation("base"), scores)], seed=0, resamples=20)
    notes = found.loc[found["measure"].isin(["term_score", "right"]) & (found["against"] == "real sets"), "note"]
    assert set(notes) == {"no answer has a confidence"}
    scored_before = scores.drop(columns=["confidence", "confidence_kind"])
    assert abstention.abstentions(METRICS, [(evaluation("base"), scored_before)], seed=0, resamples=20).empty


def test_every_evaluation_has_its_abstention_measures():
    evaluations = [(evaluation("KW", seed), with_confidence([4, 3, 2, 1], [1, 1, 0, seed])) for seed in (0, 1)]
    found = abstention.abstentions(METRICS, evaluations, seed=0, resamples=20)
    half = found.query("measure == 'right' and coverage == 1 and against == 'real sets'")
    assert half[["backbone", "arm", "seed", "benchmark", "value"]].to_numpy().tolist() == [
        ["small", "KW", 0, "in", 0.5],
        ["small", "KW", 1, "in", 0.75],
    ]


def evaluation(arm: str, seed: int = 0) -> Evaluation:
    cell = {"benchmark": "in", "style": "names", "decoding": "greedy", "scores": "s.parquet", "run": "run.json"}
    return Evaluation.model_validate(cell | {"backbone": "small", "arm": arm, "chain": "base", "seed": seed})
