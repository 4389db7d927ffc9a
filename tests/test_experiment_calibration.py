"""Calibration of an experiment's arms, and what its models still know: tables by hand, figures and page."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reasonome.config.project import Project, experiments
from reasonome.config.project.experiments import Asked
from reasonome.core.errors import InputError
from reasonome.report import calibration_section, calibration_table, figures, forgetting, page
from reasonome.report.calibration_table import agreement, calibration_tables
from reasonome.tasks.naming.task import Example
from reasonome.tasks.registry import TASKS

ASKED = {"benchmark": "demo-genes", "style": "names", "decoding": "greedy"}


def scores(**columns):
    table = pd.DataFrame(columns)
    known = {"subset": "kinase", "id": [str(i) for i in range(len(table))], "sample": 0, "order": 0}
    return table.assign(**{name: value for name, value in known.items() if name not in table})


def made(evaluations, baselines=None):
    plan = SimpleNamespace(metric_set=SimpleNamespace(right="verified"), arms=["SFT", "GRPO"])
    found = [(SimpleNamespace(**ASKED, backbone="small", arm=arm, seed=0), table) for arm, table in evaluations]
    evidence = SimpleNamespace(
        evaluations=found, baselines={} if baselines is None else {("demo-genes", "names"): baselines}
    )
    return calibration_tables(plan, evidence, 0, 200)


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


def test_each_subset_by_hand(monkeypatch):
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
    monkeypatch.setattr(calibration_section, "drawing", lambda folder, name: "")
    [section] = calibration_section.calibration_section(table, Path())
    assert section["subsets"] == ["up", "down"]
    assert section["rows"][0]["subsets"]["up", "accuracy"].value == 0.5


def test_confidences_on_an_edge_are_counted_and_those_that_tie_are_one(monkeypatch):
    answers = scores(
        subset=["up", "up", "up", "down"],
        answer=["a", "b", "a", "a"],
        verified=[1.0, 0.0, 1.0, 0.0],
        confidence=[0.3, 0.1 + 0.2, 0.95, 1.0],  # two on the edge at .3, which are one confidence
        confidence_kind="stated",
    )
    table, _ = made([("SFT", answers)])
    of_all = value(table[table["subset"] == ""], "ece")
    assert (of_all.on_edge, of_all.distinct_confidences) == (2, 3)
    assert value(table, "ece", "SFT: base_rate").on_edge == 4  # two of four are right, and .5 is an edge
    within = table[(table["subset"] != "") & (table["metric"] == "ece")]
    assert within[["subset", "on_edge", "distinct_confidences"]].to_numpy().tolist() == [["up", 2, 2], ["down", 0, 1]]
    monkeypatch.setattr(calibration_section, "drawing", lambda folder, name: "")
    [section] = calibration_section.calibration_section(table, Path())
    assert section["rows"][0]["on_edge"] == 2


def test_each_subset_has_intervals_of_its_own_answers():
    """Up: 16 of 40 are right, at .4 each; calibrated, so ECE is what chance gives. Down: 40 of 40."""
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
    # The standard error of a share of 40 is about (.4 × .6 / 40) ** .5 = .077.
    assert found["up", "accuracy"].low == pytest.approx(0.4 - 1.96 * 0.077, abs=0.04)
    assert found["up", "accuracy"].high == pytest.approx(0.4 + 1.96 * 0.077, abs=0.04)
    assert found["down", "accuracy"].low == found["down", "accuracy"].high == 1
    assert 0 <= found["up", "ece_if_calibrated"].low < found["up", "ece_if_calibrated"].high < 0.3


def test_a_partly_right_answer_is_not_right():
    answers = scores(answer=["a", "b"], verified=[0.5, 1.0], confidence=[1.0, 1.0], confidence_kind="stated")
    assert value(made([("SFT", answers)])[0], "accuracy").value == 0.5


def test_agreement_by_hand():
    table = scores(
        id=["q", "q", "q", "q", "r", "r", "r", "r"],
        sample=[0, 1, 2, 3] * 2,
        answer=["a", "a", "a", "b", "", "c", "c", "d"],
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
    assert calibration_section.calibration_section(table, None) == []


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
    read = calibration_table.read(tmp_path / "calibration.tsv", calibration_table.COLUMNS)
    again = calibration_table.read(tmp_path / "reliability.tsv", calibration_table.BIN_COLUMNS)
    figure, data = figures._reliability(again, SimpleNamespace(arms=["SFT", "GRPO"]))
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["SFT", "GRPO"]
    assert sum(bar.get_height() for bar in figure.axes[2].patches) == 60
    drawn = tmp_path / "figures" / "calibration"
    drawn.mkdir(parents=True)
    (drawn / "small.demo-genes.names.greedy.stated.svg").write_text("<svg/>")
    [section] = calibration_section.calibration_section(read, tmp_path / "figures")
    assert [row["arm"] for row in section["rows"]] == ["SFT", "SFT: base_rate", "GRPO", "GRPO: base_rate"]
    assert section["rows"][0]["confidences"] == 11 and section["rows"][0]["answers"] == 1
    assert section["rows"][0]["scores"]["brier"].low < section["rows"][0]["scores"]["brier"].high


# --- what models still know --------------------------------------------------------------------------


def test_shares_by_hand():
    task = TASKS["gene_set_naming"]
    sets = [Example(id="GO:1", subset="bp", name="DNA repair", genes=[{"symbol": "G1"}])]
    texts = {"GO:1": ["Process: DNA repair", "Process: mitosis", "no name"], "GO:2": ["Process: x"]}
    shares, questions = forgetting.right(task, None, sets, texts)
    assert shares == {"right": [1, 0, 0], "named": [1, 1, 0]} and questions == ["GO:1"] * 3
    assert forgetting.known([{"margin": 0.5}, {"margin": 0.0}, {"margin": -1}]) == ({"known": [1, 0, 0]}, None)


def test_samples_of_one_question_are_resampled_together(tmp_path):
    asked = Asked("small", "base", "questions", "demo", "", tmp_path)
    samples = {"right": [1.0] * 20 + [0.0] * 20}
    together = forgetting.forgetting_table([(asked, samples, [str(i // 10) for i in range(40)])], 0, 1000)
    apart = forgetting.forgetting_table([(asked, samples, None)], 0, 1000)
    wide, narrow = (table["high"][0] - table["low"][0] for table in (together, apart))
    assert wide > 1.5 * narrow


def test_the_table_and_its_curve(tmp_path):
    chains = ["base", "pretrain.a-s0", "pretrain.a-s0+sft.b-s0", "sft.b-s0"]
    measured = [
        (Asked("small", chain, "facts", "demo", "", tmp_path), {"known": [1.0, 0.0, float(number % 2)]}, None)
        for number, chain in enumerate(chains)
    ]
    table = forgetting.forgetting_table(measured, 0, 200)
    assert table["steps"].tolist() == [0, 1, 2, 1] and table["value"].tolist() == pytest.approx([1 / 3, 2 / 3] * 2)
    table.to_csv(tmp_path / "forgetting.tsv", sep="\t", index=False, lineterminator="\n")
    again = forgetting.read(tmp_path / "forgetting.tsv")
    figure, _ = figures._forgetting(again)
    [axes] = figure.axes
    # A line for each chain that none continues, from the untouched backbone on; and chance.
    assert {line.get_label() for line in axes.get_lines()} >= {"chance"}
    assert [container.get_label() for container in axes.containers] == ["pretrain.a-s0+sft.b-s0", "sft.b-s0"]
    (tmp_path / "forgetting").mkdir()
    (tmp_path / "forgetting" / "small.svg").write_text("<svg/>")
    [(drawing, rows)] = page.forgetting_section(again, tmp_path)
    assert drawing == "<svg/>" and len(rows) == 4
    assert page.forgetting_section(None, tmp_path) == []


def test_what_models_are_asked_again(project):
    asked = experiments.asked_again(project, "demo-strategy-ablation")
    assert {a.chain for a in asked} == {
        "base",
        "sft.terms-s0",
        "pretrain.demotransfer-s0",
        "pretrain.demotransfer-s0+sft.terms-s0",
        "sft.merged-s0",
    }
    assert {(a.kind, a.of) for a in asked} == {("questions", "demo-terms"), ("facts", "demo-transfer")}
    assert len(asked) == 10
    assert experiments.asked_again(project, "demo") == []
    runs = {(one["chain"], one["run"]) for one in experiments.report_plan(project, "demo-strategy-ablation")["known"]}
    known = "results/known/smollm2-135m"
    assert len(runs) == 5 and ("base", f"{known}/base/demo-transfer.300.run.json") in runs
    assert "known" not in experiments.report_plan(project, "demo")


# --- configuration -----------------------------------------------------------------------------------


def changed(config, file, old, new):
    path = config / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return config


@pytest.mark.parametrize(
    ("file", "old", "new", "said", "fix"),
    [
        (
            "experiments/demo-reward-ablation.yaml",
            "[sft.bp, onlinedpo.demobp]",
            "[sft.bp, reward.demobp]",
            "a reward model answers no questions",
            "`judge` of a recipe of onlinedpo",
        ),
        (
            "recipes/onlinedpo.yaml",
            "judge: [sft.bp, reward.demobp]",
            "judge: [sft.bp]",
            "these steps do not make a reward model",
            "let one step of stage reward be the last",
        ),
        (
            "recipes/onlinedpo.yaml",
            "judge: [sft.bp, reward.demobp]",
            "judge: [sft.bp, reward.demopb]",
            "unknown variant of reward 'demopb'",
            "demobp",
        ),
        (
            "recipes/dpo.yaml",
            "preferences: demo-tiers",
            "preferences: demo-teirs",
            "unknown name 'demo-teirs'",
            "demo-tiers",
        ),
        ("preferences.yaml", "teacher: knowledge-given", "teacher: knowledge-givn", "unknown name", "knowledge-given"),
        (
            "preferences.yaml",
            "decoding: sample8-96",
            "decoding: greedy",
            "gives one sample, and two are compared",
            "samples: 2",
        ),
        ("preferences.yaml", "rewards: {rouge_l: 1.0", "rewards: {rogue_l: 1.0", "unknown name 'rogue_l'", "rouge_l"),
        (
            "experiments/demo-reward-ablation.yaml",
            "- [GRPO soft, GRPO exact]",
            "- [GRPO soft, GRPO exakt]",
            "unknown arm 'GRPO exakt'",
            "GRPO exact",
        ),
        (
            "recipes/sft.yaml",
            "statements: {corpus: demo-transfer, max_tokens: 32800}",
            "statements: {corpus: demo, max_tokens: 32800}",
            "statements of corpus 'demo' may tell the test terms of 'demo-terms'",
            "add demo-terms to leave_out of demo",
        ),
    ],
)
def test_a_mistake_has_its_place_and_a_fix(config, file, old, new, said, fix):
    with pytest.raises(InputError, match=said) as caught:
        Project(changed(config, file, old, new))
    assert caught.value.line and fix in caught.value.fix


def test_the_judges_steps_are_trained_and_audited(project):
    steps = [chain for _, chain in experiments.trained_steps(project, "demo-reward-ablation")]
    assert "sft.bp-s0+reward.demobp-s0" in steps
    assert steps.index("sft.bp-s0+reward.demobp-s0") < steps.index("sft.bp-s0+onlinedpo.demobp-s0")
    assert "reward.demobp" in experiments.audit_plan(project, "demo-reward-ablation").training["demo-bp"]
