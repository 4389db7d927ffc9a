"""Calibration of an experiment's arms, and what its models still know: tables by hand, figures and page."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tiny_project import edit

from reasonome.config.project import experiments
from reasonome.config.project.experiments import Asked
from reasonome.report import calibration_table, figures, forgetting, page
from reasonome.report.calibration_table import agreement, calibration_tables
from reasonome.report.forgetting import Measured
from reasonome.report.tables import read_table
from reasonome.tasks import TASKS, load_project
from reasonome.tasks.naming.questions import Example

ASKED = {"benchmark": "few-genes", "style": "names", "decoding": "greedy"}


def scores(**columns):
    table = pd.DataFrame(columns)
    known = {"subset": "kinase", "id": [str(i) for i in range(len(table))], "sample": 0, "order": 0}
    return table.assign(**{name: value for name, value in known.items() if name not in table})


def made(evaluations, baselines=None):
    plan = SimpleNamespace(metric_set=SimpleNamespace(right="verified"), arms=["SFT", "GRPO"])
    found = [(SimpleNamespace(**ASKED, backbone="small", arm=arm, seed=0), table) for arm, table in evaluations]
    evidence = SimpleNamespace(
        evaluations=found, baselines={} if baselines is None else {("few-genes", "names"): baselines}
    )
    return calibration_tables(plan, evidence)


def value(table, metric, arm="SFT", kind="stated"):
    [row] = table[(table["metric"] == metric) & (table["arm"] == arm) & (table["confidence_kind"] == kind)].itertuples()
    return row


def test_an_arm_by_hand():
    answers = scores(
        answer=["yes", "yes", "no", "no"],
        verified=[1.0, 0.0, 1.0, 1.0],
        confidence=[0.95, 0.95, 0.55, np.nan],
        confidence_kind=["stated", "stated", "stated", ""],
    )
    table, bins = made([("SFT", answers)])
    # (.9, 1]: .95 twice, half of them right; (.5, .6]: .55, right. The answer without a confidence does not count.
    assert value(table, "ece").value == pytest.approx((2 * 0.45 + 0.45) / 3)
    assert value(table, "ece").n == 3
    assert value(table, "ece").distinct_confidences == 2 and value(table, "ece").distinct_answers == 2
    constant = value(table, "brier", "SFT: base_rate")
    assert constant.value == pytest.approx(2 / 9)
    assert bins[["low", "n", "right"]].to_numpy().tolist() == [[0.5, 1, 1.0], [0.9, 2, 0.5]]


def test_each_subset_by_hand():
    answers = scores(
        subset=["up", "up", "down"],
        answer=["a", "b", "a"],
        verified=[1.0, 0.0, 1.0],
        confidence=[0.9, 0.9, 0.4],
        confidence_kind="stated",
    )
    table, _ = made([("SFT", answers)])
    of_subsets = table[(table["subset"] != "") & (table["metric"] == "ece")]
    assert of_subsets[["subset", "n"]].to_numpy().tolist() == [["up", 2], ["down", 1]]
    assert of_subsets["value"].tolist() == pytest.approx([0.4, 0.6])  # .9 against a half, .4 against 1


def test_each_subset_has_intervals_of_its_own_answers():
    """Up: 16 of 40 are right, at .4 each: calibrated. Down: 40 of 40."""
    answers = scores(
        subset=["up"] * 40 + ["down"] * 40,
        answer=["a"] * 80,
        verified=[1.0] * 16 + [0.0] * 24 + [1.0] * 40,
        confidence=[0.4] * 80,
        confidence_kind="stated",
    )
    table, _ = made([("SFT", answers)])
    found = {(row.subset, row.metric): row for row in table[table["arm"] == "SFT"].itertuples()}
    assert (found["up", "ece"].value, found["down", "ece"].value) == pytest.approx((0, 0.6))
    assert found["up", "accuracy"].value == 0.4
    assert found["up", "accuracy"].low == pytest.approx(stats.binomtest(16, 40).proportion_ci().low)
    assert found["up", "accuracy"].high == pytest.approx(stats.binomtest(16, 40).proportion_ci().high)
    assert (found["down", "accuracy"].low, found["down", "accuracy"].high) == (pytest.approx(0.025 ** (1 / 40)), 1)


def test_a_partly_right_answer_is_not_right():
    answers = scores(answer=["a", "b"], verified=[0.5, 1.0], confidence=[1.0, 1.0], confidence_kind="stated")
    assert value(made([("SFT", answers)])[0], "accuracy").value == 0.5


def test_agreement_by_hand():
    table = scores(
        id=["q", "q", "q", "q", "r", "r", "r", "r"],
        sample=[0, 1, 2, 3] * 2,
        answer=["a", "A", "a", "b", "", "c", "c", "d"],
    )
    found = agreement(table)
    assert found[:4].tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 0])
    assert np.isnan(found[4]) and found[5:].tolist() == pytest.approx([1 / 3, 1 / 3, 0])


def test_kinds_of_confidence_are_apart_and_baselines_have_theirs():
    answers = scores(
        id=["q", "q", "r", "r"],
        sample=[0, 1, 0, 1],
        answer=["yes", "yes", "no", "yes"],
        verified=[1.0, 1.0, 0.0, 1.0],
        confidence=[0.5, 0.6, 0.7, 0.8],
        confidence_kind=["stated", "logprob", "stated", "logprob"],
    )
    constant = scores(
        baseline="constant", answer=["yes", "yes"], verified=[1.0, 0.0], confidence=0.75, confidence_kind="stated"
    )
    table, _ = made([("SFT", answers)], constant)
    assert value(table, "ece", kind="stated").n == 2 and value(table, "ece", kind="logprob").n == 2
    assert value(table, "ece", kind="agreement").n == 4
    # The commonest answer of training, as sure as it was common there: .75 against .5.
    assert value(table, "ece", "constant").value == pytest.approx(0.25)


def test_without_a_stated_confidence_the_tokens_of_the_answer_tell():
    sure = {"confidence": [np.exp(-0.1), np.exp(-0.6), np.nan], "confidence_kind": ["logprob", "logprob", ""]}
    answers = scores(answer=["A", "B", "C"], verified=[1.0, 0.0, 1.0], **sure)
    table, _ = made([("SFT", answers)])
    assert value(table, "mean_confidence", kind="logprob").value == pytest.approx((np.exp(-0.1) + np.exp(-0.6)) / 2)
    assert value(table, "ece", kind="logprob").n == 2


def test_without_confidences_there_is_nothing():
    table, bins = made([("SFT", scores(answer=["a"], verified=[1.0]))])
    assert table.empty and bins.empty
    assert page.calibration_section(table, None) == []


def test_the_section_and_its_diagrams(tmp_path):
    random = np.random.default_rng(0)
    tables = []
    for arm in ("SFT", "GRPO"):
        sure = random.integers(0, 11, 60) / 10
        right = (random.random(60) < sure).astype(float)
        tables.append((arm, scores(answer=["<b>yes"] * 60, verified=right, confidence=sure, confidence_kind="stated")))
    table, bins = made(tables)
    for name, made_table in (("calibration", table), ("reliability", bins)):
        made_table.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False, lineterminator="\n")
    read = read_table(tmp_path / "calibration.tsv", calibration_table.COLUMNS, calibration_table.NUMBERS)
    again = read_table(tmp_path / "reliability.tsv", calibration_table.BIN_COLUMNS, calibration_table.NUMBERS)
    figure, data = figures._reliability(again, SimpleNamespace(arms=["SFT", "GRPO"]))
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["SFT", "GRPO"]
    assert sum(bar.get_height() for bar in figure.axes[2].patches) == 60
    drawn = tmp_path / "figures" / "calibration"
    drawn.mkdir(parents=True)
    (drawn / "small.few-genes.names.greedy.stated.svg").write_text("<svg/>")
    [section] = page.calibration_section(read, tmp_path / "figures")
    assert [arm for arm, *_ in section["rows"]] == ["SFT", "SFT: base_rate", "GRPO", "GRPO: base_rate"]
    _, _, scores_of = section["rows"][0]
    assert scores_of["ece"]["distinct_confidences"] == 11 and scores_of["brier"]["low"] < scores_of["brier"]["high"]


# --- what models still know --------------------------------------------------------------------------


def test_shares_by_hand():
    task = TASKS["gene_set_naming"]
    sets = [Example(id="GO:1", subset="bp", name="DNA repair", genes=[{"symbol": "G1"}])]
    texts = {"GO:1": ["Process: DNA repair", "Process: mitosis", "no name"], "GO:2": ["Process: x"]}
    asked = Asked("small", "base", "questions", "demo", "", Path())
    judged = forgetting.right(asked, task, None, sets, texts)
    assert [(one.metric, one.values) for one in judged] == [("right", [1, 0, 0]), ("named", [1, 1, 0])]
    assert all(one.questions == ["GO:1"] * 3 and np.isnan(one.exposures) for one in judged)


def test_recalled_facts_by_hand():
    asked = Asked("small", "pretrain.a-s0", "facts", "demo", "", Path())
    ranked = [("enables", 1), ("is_active_in\tlocated_in", 2), ("located_in", 1), ("enables", 20)]
    rows = [{"relation": relation, "rank": rank} for relation, rank in ranked]
    found = {one.relation: one for one in forgetting.recalled(asked, rows, 2.5)}
    assert {relation: one.values for relation, one in found.items()} == {
        "": [1, 0, 1, 0],
        "enables": [1, 0],
        "located_in": [0, 1],
    }
    assert {one.exposures for one in found.values()} == {2.5} and found[""].metric == "recalled"


def test_what_a_warm_up_recalled_under_way_by_hand():
    """Of 30 statements of 10 facts half were read at epoch .5: 1.5 of each fact."""
    asked = Asked("small", "pretrain.a-s0", forgetting.UNDER_WAY, "demo", "", Path())
    history = [
        {"step": 0, "epoch": 0, "recalled": 0.0, "recalled/enables": 0.0, "recalled/has_name": 0.0},
        {"step": 1, "epoch": 0.25, "loss": 2.0},
        {"step": 2, "epoch": 0.5, "recalled": 0.5, "recalled/enables": 1 / 3, "recalled/has_name": 1.0},
    ]
    found = list(forgetting.recalled_under_way(asked, history, {"enables": 3, "has_name": 1}, 10, 30))
    assert [(one.relation, one.exposures, sum(one.values), len(one.values)) for one in found] == [
        ("", 0, 0, 4),
        ("enables", 0, 0, 3),
        ("has_name", 0, 0, 1),
        ("", 1.5, 2, 4),
        ("enables", 1.5, 1, 3),
        ("has_name", 1.5, 1, 1),
    ]
    said = [("A", "x", "1"), ("A", "x", "1"), ("A\tB", "x", "1"), ("B", "x", "1")]
    assert forgetting.facts_said([dict(zip(("gene", "relation", "object_id"), row, strict=True)) for row in said]) == 2


def test_samples_of_one_question_are_one_cluster(tmp_path):
    asked = Asked("small", "base", "questions", "demo", "", tmp_path)
    samples = ("right", [1.0] * 20 + [0.0] * 20)
    hanging = Measured(asked, *samples, questions=[str(i // 10) for i in range(40)])
    together = forgetting.forgetting_table([hanging])
    apart = forgetting.forgetting_table([Measured(asked, *samples)])
    wide, narrow = (table["high"][0] - table["low"][0] for table in (together, apart))
    assert wide > 1.5 * narrow


def test_the_table(tmp_path):
    chains = ["base", "pretrain.a-s0", "pretrain.a-s0+sft.b-s0", "sft.b-s0", "sft.b-s1"]
    measured = [
        Measured(Asked("small", chain, "facts", "demo", "", tmp_path), "recalled", [1.0, 0.0, float(number % 2)])
        for number, chain in enumerate(chains)
    ]
    warm_up = Asked("small", "pretrain.a-s0", forgetting.UNDER_WAY, "demo", "", tmp_path)
    for exposures in (0, 1.5):
        for relation in ("", "has_name"):
            measured.append(Measured(warm_up, "recalled", [1.0, 0.0], None, relation, exposures))
    table = forgetting.forgetting_table(measured)
    assert table["steps"].tolist() == [0, 1, 2, 1, 1, *[1] * 4]
    assert table["value"].tolist()[:4] == pytest.approx([1 / 3, 2 / 3] * 2)
    table.to_csv(tmp_path / "forgetting.tsv", sep="\t", index=False, lineterminator="\n")
    again = read_table(tmp_path / "forgetting.tsv", forgetting.COLUMNS, forgetting.NUMBERS)
    assert again["value"].tolist() == pytest.approx(table["value"].tolist(), abs=1e-6)
    assert again["exposures"].tolist()[-4:] == [0, 0, 1.5, 1.5] and again["relation"].tolist()[-1] == "has_name"


ORDERS = """
backbones: [smollm2-135m]
arms:
  RA: [sft.names]
  cascade: [pretrain.demo, sft.names]
  merged: [sft.merged]
benchmarks: [demo-go]
styles: [names]
decodings: [greedy]
recall: 300
forgetting: {questions: 60, decoding: greedy}
"""


def test_what_models_are_asked_again(config):
    (config / "experiments" / "orders.yaml").write_text(ORDERS)
    project = load_project(config)
    asked = experiments.asked_again(project, "orders")
    assert {a.chain for a in asked} == {
        "base",
        "sft.names-s0",
        "pretrain.demo-s0",
        "pretrain.demo-s0+sft.names-s0",
        "sft.merged-s0",
    }
    assert {(a.kind, a.of) for a in asked} == {("questions", "demo-go"), ("facts", "demo")}
    assert len(asked) == 10
    runs = experiments.report_plan(project, "orders")["recalled"]
    runs = {(one["chain"], one["run"]) for one in runs}
    recall = "results/recall/smollm2-135m"
    assert len(runs) == 5 and ("base", f"{recall}/base/demo.300.run.json") in runs
    # Without being told to, an experiment with a warm-up asks facts, and one without asks nothing.
    assert {(a.kind, a.of) for a in experiments.asked_again(project, "demo")} == {("facts", "demo")}
    assert experiments.asked_again(project, "solubility") == []
    assert "recalled" not in experiments.report_plan(project, "solubility")


def test_facts_of_a_placebo_are_asked_of_models_that_read_it(project):
    asked = [(a.chain, a.of) for a in experiments.asked_again(project, "micro-world")]
    placebo, warm = "pretrain.microplacebo-s0", "pretrain.micro-s0"
    read_it = {placebo, *(f"{placebo}+sft.micro-s{seed}" for seed in range(3))}
    assert {chain for chain, of in asked if of == "micro-world-placebo"} == read_it
    assert {"base", warm, placebo, f"{warm}+sft.microfacts-s2"} <= {chain for chain, of in asked if of == "micro-world"}
    mixed = f"{warm}+sft.micromixed-s1"
    assert experiments.corpora_read(project.recipes, mixed) == {"micro-world": [warm, mixed]}
    assert experiments.corpora_read(project.recipes, "sft.micro-s0") == {}


def test_the_judges_steps_are_trained_and_audited(config):
    edit(
        config.parent,
        "experiments/demo.yaml",
        lambda file: file["arms"].update(judged=["sft.names", "onlinedpo.judged"]),
    )
    project = load_project(config)
    steps = [chain for _, chain in experiments.trained_steps(project, "demo")]
    assert steps.index("sft.names-s0+reward.tiers-s0") < steps.index("sft.names-s0+onlinedpo.judged-s0")
    assert "reward.tiers" in experiments.audit_plan(project, "demo").training["demo-go"]
