"""The contrasts of the protocol's family and the verdict in two texts, against tables made by hand."""

import numpy as np
import pandas as pd
import pytest
from synthetic_experiment import write_experiment

from reasonome.config.experiments import parents_first
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.contrasts import contrasts
from reasonome.report.evidence import read_evidence
from reasonome.report.family import verdicts, with_adjusted_p
from reasonome.report.plan import Plan, read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.report.verdict import verdict
from reasonome.tasks import TASKS, find_task
from reasonome.tasks.naming.metric_set import METRICS

STEPS = {
    "GRPO": "sft.a-s0+grpo.a",
    "base": "base",
    "SFT": "sft.a",
    "more SFT": "sft.a-s0+sft.b",
    "RS": "sft.a-s0+sft.c",
}


def make_plan(arms=("GRPO", "base", "SFT", "more SFT"), seeds=(0,), benchmarks=("go",), **more) -> Plan:
    evaluations = [
        {"backbone": "b", "arm": arm, "chain": STEPS[arm] + f"-s{seed}" * (arm != "base"), "seed": seed}
        | {"benchmark": benchmark, "style": "names", "decoding": "greedy", "scores": "x", "run": "x"}
        for arm in arms
        for seed in (seeds if arm != "base" else (0,))
        for benchmark in benchmarks
    ]
    naming = TASKS["gene_set_naming"]
    more |= {"arms": list(arms), "evaluations": evaluations, "baselines": []}
    return Plan(experiment="e", task=naming.name, **more).with_task(naming)


def compared(*rows: tuple, benchmark="go", metric="term_score") -> pd.DataFrame:
    """Tests of (a, kind, b, information, difference, p), in the family, with what follows from them."""
    table = pd.DataFrame(rows, columns=["a", "kind", "b", "information", "difference", "p_family"])
    table = table.assign(benchmark=benchmark, metric=metric, backbone="b", style="names", decoding="greedy", n=90)
    table = table.assign(family="protocol")
    table = with_adjusted_p(table.assign(low=table["difference"] - 0.01, high=table["difference"] + 0.01))
    return table.assign(verdict=verdicts(table))


TESTS = (
    ("GRPO", "baseline", "nearest_set", "training data", 0.02, 0.2),
    ("GRPO", "baseline", "nearest_prompt", "training data", 0.05, 0.0001),
    ("GRPO", "baseline", "random", "none", 0.3, 0.0001),
    ("GRPO", "baseline", "constant", "none", 0.2, 0.0002),
    ("GRPO", "parent arm", "SFT", "", 0.06, 0.001),
    ("GRPO", "declared control", "more SFT", "", 0.04, 0.02),
    ("SFT", "baseline", "constant", "none", 0.1, 0.0003),
    ("SFT", "baseline", "nearest_set", "training data", -0.05, 0.001),
    ("SFT", "baseline", "nearest_prompt", "training data", -0.06, 0.3),
    ("SFT", "parent arm", "base", "", 0.1, np.nan),
)


def test_a_group_of_baselines_is_one_contrast_with_its_best_and_arms_stand_behind_their_parents():
    found = contrasts(make_plan(), compared(*TESTS))
    columns = ["a", "kind", "b", "difference", "low", "outcome"]
    # Seven hypotheses, one of them untested: of the six p .0002 × 6, .0003 × 5, .001 × 4 and .02 × 3 are adjusted.
    assert found[columns].to_numpy().tolist() == [
        ["SFT", "parent arm", "base", 0.1, pytest.approx(0.09), "not tested"],
        ["SFT", "baseline", "constant", 0.1, pytest.approx(0.09), "shown"],
        ["SFT", "baseline", "nearest_set", -0.05, pytest.approx(-0.06), "worse"],
        ["GRPO", "parent arm", "SFT", 0.06, pytest.approx(0.05), "shown"],
        ["GRPO", "declared control", "more SFT", 0.04, pytest.approx(0.03), "not shown"],
        ["GRPO", "baseline", "constant", 0.2, pytest.approx(0.19), "shown"],
        ["GRPO", "baseline", "nearest_set", 0.02, pytest.approx(0.01), "not shown"],
    ]
    # That a baseline is better goes by its own p; the group's is 1, and the group of .2 is adjusted with one after it.
    assert found["p"].tolist() == pytest.approx([np.nan, 0.0015, 0.001, 0.004, 0.06, 0.0012, 0.4], nan_ok=True)
    assert found["p_raw"].tolist() == pytest.approx([np.nan, 0.0003, 0.001, 0.001, 0.02, 0.0002, 0.2], nan_ok=True)
    assert found["tests"].tolist() == [6] * 7


def test_the_verdict_says_what_was_shown_and_what_was_not(snapshot):
    told = verdict(make_plan(), compared(*TESTS))
    assert told.shown == snapshot
    assert told.not_shown == snapshot


def test_arms_with_a_single_run_are_counted():
    tests = compared(("GRPO", "parent arm", "SFT", "", 0.06, 0.001), ("SFT", "parent arm", "base", "", 0.06, 0.001))
    several = make_plan(seeds=(0, 1, 2))
    found = "2 of 2 contrasts were shown. SFT over base: +0.060 [+0.050, +0.070], shown (p 0.001, adjusted 0.002)."
    assert verdict(several, tests).shown.startswith(f"By term score, {found} GRPO over SFT:")
    assert verdict(several, tests).not_shown == "Nothing that was tested is left unshown."
    once = [e for e in several.evaluations if e.arm != "GRPO" or e.seed == 0]
    told = verdict(several.model_copy(update={"evaluations": once}), tests)
    assert told.shown.startswith(f"By term score (one training run of 1 of 2 arms), {found}")


def test_where_nothing_was_shown_it_is_said_plainly():
    told = verdict(make_plan(seeds=(0, 1)), compared(("SFT", "parent arm", "base", "", 0.01, 0.06)))
    assert told.shown == "By term score, 0 of 1 contrasts were shown."
    assert (
        told.not_shown
        == "Not shown: 1 of 1. SFT over base: +0.010 [+0.000, +0.020], not shown (p 0.060, adjusted 0.060)."
    )


def test_where_nothing_was_tested_it_is_said_why():
    exploratory = "What the tables say is exploratory, and no claim rests on it."
    others = compared(("SFT", "parent arm", "base", "", 0.1, 0.001), metric="rouge_l")
    why = "the tables have no test of a trained arm by the primary metric, term score"
    assert verdict(make_plan(), others) == (f"Nothing was tested: {why}.", exploratory)
    told = verdict(make_plan(arms=["base"]), others.iloc[:0])
    assert told == ("Nothing was tested: no arm of this experiment was trained.", exploratory)


def test_a_first_look_has_intervals_and_no_verdict(tmp_path):
    plan = read_plan(write_experiment(tmp_path, per_subset=6, arms=["base", "KW"]), find_task)
    for exploratory in (False, True):
        own = plan.model_copy(update={"exploratory": exploratory}).with_task(find_task(plan.task))
        tests = comparisons_table(own, collect_scores(own, read_evidence(own)), resamples=200)
        assert tests["low"].notna().any() and tests["p_family"].notna().any()
        assert (tests["family"] != "").any() != exploratory and tests["p_holm"].isna().all() == exploratory
        assert (tests["verdict"] == "").all() == exploratory
        assert verdict(own, tests).shown.startswith("A first look") == exploratory


def test_the_metric_that_the_experiment_names_decides():
    both = pd.concat(
        [
            compared(("SFT", "parent arm", "base", "", 0.1, 0.001), metric="rouge_l"),
            compared(("SFT", "parent arm", "base", "", 0.1, 0.3)),
        ]
    )
    assert verdict(make_plan(), both).not_shown.startswith("Not shown: 1 of 1. SFT over base:")
    named = make_plan(primary="rouge_l")
    told = "By ROUGE-L (one training run), 1 of 1 contrasts were shown. SFT over base:"
    assert verdict(named, both).shown.startswith(told)
    assert named.metric_set.compared[:2] == ("rouge_l", "term_score") and METRICS.compared[0] == "term_score"
    assert list(named.metric_set.ablated) == ["rouge_l", "term_score"]
    assert named.metric_set.on("strata")[:2] == ("rouge_l", "term_score")
    assert make_plan(primary="same_term").metric_set.ablated["same_term"] == METRICS.name("same_term")


def test_of_several_benchmarks_the_primary_one_stands_first_and_sentences_name_theirs():
    plan = make_plan(benchmarks=("pathways", "own"), out_of_distribution=["pathways"])
    rows = [("SFT", "parent arm", "base", "", 0.1, 0.001), ("SFT", "baseline", "constant", "none", 0.1, 0.001)]
    tests = pd.concat([compared(*rows, benchmark=name) for name in ("pathways", "own")])
    assert contrasts(plan, tests)["benchmark"].unique().tolist() == ["own", "pathways"]
    told = verdict(plan, tests).shown
    assert told.index("SFT over base [own]: +0.100") < told.index("SFT over base [pathways]: +0.100")


LONG = "whose name tells how it was made and from which recipe"


def test_what_has_no_room_in_the_verdict_is_counted():
    arms = [f"arm {number}, {LONG}" for number in range(12)]
    plan = make_plan(seeds=(0, 1))
    sft = next(e for e in plan.evaluations if e.arm == "SFT")
    made = [sft.model_copy(update={"arm": arm, "seed": seed}) for arm in arms for seed in (0, 1)]
    plan = plan.model_copy(update={"arms": arms, "evaluations": made})
    parents = [(arm, "parent arm", "base", "", 0.1, 0.0001 if place < 8 else 0.5) for place, arm in enumerate(arms)]
    told = verdict(plan, compared(*parents))
    assert told.shown.startswith(f"By term score, 8 of 12 contrasts were shown. arm 0, {LONG} over base: +0.100")
    assert told.not_shown.startswith("Not shown: 4 of 12. arm 8,")
    for text, number in zip(told, (8, 4), strict=True):
        assert len(text) <= 400 and text.endswith(f" And {number - text.count(LONG)} more.")


def test_an_arm_stands_behind_the_arm_that_it_continues():
    steps = {
        "TA": ["sft.a", "grpo.a"],
        "base": [],
        "KW": ["pretrain.a"],
        "RA": ["sft.a"],
        "KW+RA": ["pretrain.a", "sft.a"],
    }
    assert parents_first(steps) == ["base", "RA", "TA", "KW", "KW+RA"]
