"""Tables from tiny score files whose numbers can be checked by hand."""

import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
from checkout import ROOT
from refusals import refused
from scipy import stats
from synthetic_experiment import write_experiment

from reasonome.config.project.experiments import report_plan
from reasonome.core.errors import InputError
from reasonome.report import tables
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.evidence import read_evidence
from reasonome.report.metrics_table import metrics_table
from reasonome.report.plan import read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.tasks import find_task

EXAMPLES = [("bp", "1"), ("bp", "2"), ("mf", "3"), ("mf", "4")]
SCRIPTS = ROOT / "scripts"


def answers(scores: list[float], names: list[str | None] | None = None, examples=EXAMPLES) -> pd.DataFrame:
    """Scored answers to the examples, each with a name of its own where no `names` are given."""
    frame = pd.DataFrame(examples, columns=["subset", "id"])
    names = list("abcdefghijkl")[: len(frame)] if names is None else names
    return frame.assign(sample=0, gold="truth", answer=names, rouge_l=scores, length=10.0)


class Experiment:
    """A plan with one benchmark and the files it names, written on demand."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.plan = {
            "experiment": "tiny",
            "task": "gene_set_naming",
            "arms": ["base", "trained"],
            "evaluations": [],
            "baselines": [{"benchmark": "demo", "style": "names", "path": str(folder / "baselines.parquet")}],
        }
        self.baselines({"constant": ("none", [0.1, 0.3, 0.2, 0.4])})

    def baselines(self, scores: dict[str, tuple[str, list[float]]], examples=EXAMPLES) -> None:
        frames = [
            answers(values, ["x"] * len(examples), examples).assign(baseline=name, information=information)
            for name, (information, values) in scores.items()
        ]
        pd.concat(frames).drop(columns=["sample", "length"]).to_parquet(self.folder / "baselines.parquet")

    def arm(
        self,
        arm: str,
        frame: pd.DataFrame,
        seed: int = 0,
        chain: str | None = None,
        style: str = "names",
        backbone: str = "small",
    ) -> None:
        path = self.folder / f"{backbone}.{style}.{arm}{seed}.parquet"
        frame.to_parquet(path)
        model = {"backbone": backbone, "arm": arm, "seed": seed}
        model |= {"chain": chain or ("base" if arm == "base" else f"sft.names-s{seed}")}
        asked = {"benchmark": "demo", "style": style, "decoding": "greedy", "scores": str(path), "run": "run.json"}
        self.plan["evaluations"].append(model | asked)

    def read(self):
        (self.folder / "plan.json").write_text(json.dumps(self.plan))
        plan = read_plan(self.folder / "plan.json", find_task)
        return plan, collect_scores(plan, read_evidence(plan))

    def metrics(self) -> pd.DataFrame:
        return metrics_table(*self.read())

    def comparisons(self) -> pd.DataFrame:
        return comparisons_table(*self.read(), {})


@pytest.fixture
def experiment(tmp_path):
    return Experiment(tmp_path)


def value(metrics: pd.DataFrame, arm: str, metric: str, subset: str = "mean", seed: str = "0", kind="model"):
    found = metrics.query("arm == @arm and metric == @metric and subset == @subset and kind == @kind")
    found = found[found["seed"] == seed]
    assert len(found) == 1
    return found.iloc[0]


def test_an_answer_without_a_usable_name_is_wrong_and_is_counted(experiment):
    experiment.arm("base", answers([0.8, 0.6, 0.4, 0.9], ["a", "a", " A ", None]))
    metrics = experiment.metrics()
    # mf is (0.4 + 0) / 2: the 0.9 of an answer without a name does not count.
    assert value(metrics, "base", "rouge_l", "bp").value == pytest.approx(0.7)
    assert value(metrics, "base", "rouge_l", "mf").value == pytest.approx(0.2)
    assert value(metrics, "base", "rouge_l").value == pytest.approx(0.45)
    assert value(metrics, "base", "no_name", "mf").value == pytest.approx(0.5)
    comparison = experiment.comparisons().query("b == 'constant' and subset == 'mean'").iloc[0]
    # Something was answered to every example: none is missing.
    assert (comparison.missing_a, comparison.missing_b, comparison.n) == (0, 0, 4)
    assert comparison.difference == pytest.approx(0.45 - 0.25)


def test_answers_that_are_not_there_are_counted_apart_from_those_without_a_name(experiment):
    names, problems = ["a", None, None, "d"], ["", "no_process", "missing_answer", ""]
    experiment.arm("base", answers([0.8, 0.6, 0.4, 0.9], names).assign(problems=problems))
    metrics = experiment.metrics()
    assert "missing" not in set(metrics["metric"]) and value(metrics, "base", "no_name").value == pytest.approx(0.5)
    compared = experiment.comparisons().query("b == 'constant'").set_index("subset")["missing_a"]
    assert compared.to_dict() == {"mean": 1, "bp": 0, "mf": 1}


def test_a_row_that_is_not_there_is_a_missing_answer(experiment):
    experiment.arm("base", answers([0.8, 0.6, 0.4], examples=EXAMPLES[:3]))
    metrics = experiment.metrics()
    assert value(metrics, "base", "rouge_l", "mf").value == pytest.approx(0.2)
    assert value(metrics, "base", "no_name", "mf").value == pytest.approx(0.5)
    assert experiment.comparisons().query("b == 'constant' and subset == 'mean'")["missing_a"].tolist() == [1]
    # What is not a score is not made up: the length of an answer that is not there is unknown.
    assert (value(metrics, "base", "length", "mf").value, value(metrics, "base", "length", "mf").n) == (10, 1)


def test_distinct_names_ignore_case_and_spacing(experiment):
    experiment.arm("base", answers([0, 0, 0, 0], ["DNA repair", "dna  repair", "x", "y"]))
    metrics = experiment.metrics()
    assert value(metrics, "base", "distinct_names", "bp").value == pytest.approx(0.5)
    assert value(metrics, "base", "distinct_names", "mf").value == pytest.approx(1)
    mean = value(metrics, "base", "distinct_names")
    assert mean.value == pytest.approx(0.75) and pd.isna(mean.low)


@pytest.mark.parametrize("several", ["sample", "order"])
def test_samples_and_orders_of_an_example_are_averaged_before_anything_else(experiment, several):
    second = answers([0.4, 0, 0, 0])
    both = [answers([0.2, 0, 0, 0]).assign(**{several: 0}), second.assign(**{several: 1})]
    experiment.arm("base", pd.concat(both))
    found = value(experiment.metrics(), "base", "rouge_l", "bp")
    assert found.value == pytest.approx(0.15) and found.n == 2


def test_comparisons_follow_the_order_of_the_arms(experiment):
    shuffled = {"shuffled_rouge_l": [0.1, 0.0, 0.2, 0.1]}
    experiment.arm("trained", answers([0.5, 0.9, 0.7, 0.4]).assign(**shuffled))
    experiment.arm("base", answers([0.1, 0.2, 0.1, 0.3]))
    found = experiment.comparisons().query("subset == 'mean'")
    assert list(zip(found["a"], found["b"], found["kind"], strict=True)) == [
        ("base", "constant", "baseline"),
        ("trained", "base", "parent arm"),
        ("trained", "constant", "baseline"),
        ("trained", "trained (shuffled)", "shuffled"),
    ]
    # (0.4 + 0.7) / 2 = 0.55 on bp, (0.6 + 0.1) / 2 = 0.35 on mf.
    assert found.iloc[1].difference == pytest.approx(0.45)
    by_subset = experiment.comparisons().query("b == 'base'").set_index("subset")["difference"]
    assert by_subset.to_dict() == pytest.approx({"mean": 0.45, "bp": 0.55, "mf": 0.35})


def test_an_arm_is_compared_with_the_arm_that_it_continues(experiment):
    chains = {
        "KW": "pretrain.demo-s0",
        "RA": "sft.names-s1",
        "KW+RA": "pretrain.demo-s0+sft.names-s1",
        "KW+RA2": "pretrain.demo-s0+sft.other-s1",
        "KW+RA+TA": "pretrain.demo-s0+sft.names-s0+grpo.soft-s1",
        "RA+TA": "sft.names-s0+grpo.soft-s1",
        "KW2+RA": "pretrain.other-s0+sft.names-s1",
        "base": "base",
    }
    experiment.plan["arms"] = list(chains)
    for arm, chain in chains.items():
        experiment.arm(arm, answers([0.1, 0.2, 0.1, 0.3]), chain=chain)
    found = experiment.comparisons().query("kind == 'parent arm' and subset == 'mean'")
    # The seed of an earlier step does not matter, its variant does; without a nearer arm it is the untrained one.
    assert dict(zip(found["a"], found["b"], strict=True)) == {
        "KW": "base",
        "RA": "base",
        "KW+RA": "KW",
        "KW+RA2": "KW",
        "KW+RA+TA": "KW+RA",
        "RA+TA": "RA",
        "KW2+RA": "base",
    }

    shorter = experiment.comparisons().query("kind == 'without a step' and subset == 'mean'")
    # The last step's is the parent arm, and another variant is another step.
    assert set(zip(shorter["a"], shorter["b"], strict=True)) == {
        ("KW+RA", "RA"),
        ("KW2+RA", "RA"),
        ("KW+RA+TA", "RA+TA"),
    }


def hypothesis(better: list[str], **more) -> dict:
    setting = {"backbone": "small", "benchmark": "demo", "style": "names", "decoding": "greedy"}
    return setting | {"better": better, "subset": "mean", "metric": "rouge_l"} | more


def test_hypotheses_alone_are_adjusted_and_every_pair_is_compared_once(experiment):
    """GRPO is above more SFT by .1, .4, .2 and .01: all four the same way have 2 of 2⁴ ways to flip their signs."""
    experiment.plan |= {"arms": ["base", "GRPO", "more SFT"]}
    experiment.plan["hypotheses"] = [hypothesis(["more SFT", "GRPO"]), hypothesis(["GRPO", "base"], subset="bp")]
    experiment.arm("base", answers([0.1, 0.25, 0.1, 0.3]))
    experiment.arm("GRPO", answers([0.5, 0.9, 0.7, 0.41]), chain="grpo.a-s0")
    experiment.arm("more SFT", answers([0.4, 0.5, 0.5, 0.40]), chain="sft.a-s0")
    found = experiment.comparisons().set_index(["a", "b", "subset"])
    kinds = {("GRPO", "base"): "hypothesis", ("more SFT", "GRPO"): "hypothesis", ("more SFT", "base"): "parent arm"}
    assert found.xs("mean", level="subset").query("kind != 'baseline'")["kind"].to_dict() == kinds
    first, second = found.loc[("more SFT", "GRPO", "mean")], found.loc[("GRPO", "base", "bp")]
    # bp (.1 + .4) / 2, mf (.2 + .01) / 2: their mean is .1775. Of bp two questions have 2 of 2² ways: p = .5.
    assert first[["difference", "p", "p_holm"]].tolist() == pytest.approx([-0.1775, 0.125, 0.25])
    assert second[["p", "p_holm"]].tolist() == pytest.approx([0.5, 0.5])
    assert (first["hypothesis"], second["hypothesis"]) == ("1", "2")
    assert found["p_holm"].notna().sum() == (found["hypothesis"] != "").sum() == 2
    experiment.plan["hypotheses"] = [hypothesis(["GRPO", "base"], subset="pb")]
    with pytest.raises(InputError, match="hypothesis 1 is about the subset 'pb'"):
        experiment.comparisons()


def two_styles(experiment) -> None:
    experiment.plan["arms"] = ["base", "RA", "RA symbols"]
    symbols = experiment.folder / "symbols.parquet"
    experiment.plan["baselines"].append({"benchmark": "demo", "style": "symbols", "path": str(symbols)})
    pd.read_parquet(experiment.folder / "baselines.parquet").iloc[::-1].to_parquet(symbols)
    experiment.arm("base", answers([0.0] * 4))
    experiment.arm("RA", answers([0.5, 0.9, 0.7, 0.4]), chain="sft.names-s0")
    mirrored = answers([0.2, 0.1, 0.3, 0.1], examples=EXAMPLES[::-1])  # mf: 0.1, 0.2; bp: 0.3, 0.1 backwards
    experiment.arm("RA symbols", mirrored, chain="sft.symbols-s0", style="symbols")


def test_arms_of_the_same_stages_are_compared_across_styles_once(experiment):
    two_styles(experiment)
    found = experiment.comparisons().query("kind == 'other style'").set_index("subset")
    assert set(zip(found["a"], found["style"], found["b"], strict=True)) == {("RA", "names", "RA symbols [symbols]")}
    # By example: bp 0.5 - 0.1 and 0.9 - 0.3, mf 0.7 - 0.1 and 0.4 - 0.2.
    assert found["difference"].to_dict() == pytest.approx({"mean": 0.45, "bp": 0.5, "mf": 0.4})
    assert found["n"].to_dict() == {"mean": 4, "bp": 2, "mf": 2}
    experiment.plan["evaluations"][-1]["decoding"] = "sample8"
    assert "other style" not in set(experiment.comparisons()["kind"])


def test_answers_that_are_read_in_different_tracks_are_never_compared(experiment):
    two_styles(experiment)
    tracks = {"names": "strict", "symbols": "as-published"}
    for evaluation in experiment.plan["evaluations"]:
        evaluation["track"] = tracks[evaluation["style"]]
    assert "other style" not in set(experiment.comparisons()["kind"])
    experiment.plan["evaluations"][-1]["track"] = "strict"
    assert "other style" in set(experiment.comparisons()["kind"])


def test_an_arm_whose_parent_is_not_asked_the_same_has_no_test_against_an_earlier_one(experiment):
    two_styles(experiment)
    experiment.plan["arms"].append("RA symbols+TA")
    experiment.arm("RA symbols+TA", answers([0.6] * 4), chain="sft.symbols-s0+grpo.soft-s0")
    found = experiment.comparisons().query("kind == 'parent arm' and subset == 'mean'")
    assert list(zip(found["a"], found["b"], strict=True)) == [("RA", "base")]


def test_of_two_parents_with_the_same_steps_the_one_that_is_asked_the_same_is_compared(experiment):
    two_styles(experiment)
    experiment.plan["arms"].insert(1, "base symbols")
    experiment.arm("base symbols", answers([0.05] * 4), chain="base", style="symbols")
    found = experiment.comparisons().query("kind == 'parent arm' and subset == 'mean'")
    assert list(zip(found["a"], found["b"], strict=True)) == [("RA", "base"), ("RA symbols", "base symbols")]
    # mf 0.1 and 0.2, bp 0.3 and 0.1: a mean of 0.175.
    assert found["difference"].iloc[1] == pytest.approx(0.175 - 0.05)


def test_arms_of_two_backbones_are_compared_by_name_and_all_with_untrained_ones(experiment):
    experiment.plan["arms"] = ["base", "RA", "RA+TA"]
    chains = {"base": "base", "RA": "sft.names-s0", "RA+TA": "sft.names-s0+grpo.soft-s0"}
    levels = {"small": 0.1, "large": 0.3, "api": 0.5, "recorded": 0.6}
    for backbone, arms in {"small": chains, "large": chains, "api": ["base"], "recorded": ["base"]}.items():
        for arm in arms:
            scores = [levels[backbone] + 0.01 * number for number in (1, 2, 2, 1)]
            frame = answers(scores).assign(shuffled_rouge_l=0.0)
            experiment.arm(arm, frame, chain=chains[arm], backbone=backbone)
    found = experiment.comparisons().query("kind == 'other backbone' and subset == 'mean'")
    untrained = [f"base [{backbone}]" for backbone in ("api", "recorded")]
    expected = [("small", arm, b) for arm in chains for b in (f"{arm} [large]", *untrained)]
    expected += [("large", arm, b) for arm in chains for b in untrained]
    expected += [("api", "base", "base [recorded]")]
    assert list(zip(found["backbone"], found["a"], found["b"], strict=True)) == expected
    differences = found.set_index(["backbone", "a", "b"])["difference"]
    assert differences["small", "RA", "RA [large]"] == pytest.approx(-0.2)
    assert differences["api", "base", "base [recorded]"] == pytest.approx(-0.1)
    assert found["p_holm"].isna().all()


def twelve(scores: list[float], shift: float = 0.0) -> pd.DataFrame:
    """Answers to twelve questions of one subset, which have these scores in turn, shifted."""
    examples = [("bp", f"{number:02d}") for number in range(12)]
    return answers([score + shift for score in scores] * (12 // len(scores)), examples=examples)


def against(experiment, *, base=(0.2,), **shifts: tuple[float, ...]) -> pd.DataFrame:
    """The comparisons of an untrained arm, and of arms with a seed for each shift of what it scores."""
    experiment.baselines({"constant": ("none", [0.1] * 12)}, [("bp", f"{number:02d}") for number in range(12)])
    experiment.plan["arms"] = ["base", *shifts]
    experiment.arm("base", twelve(list(base)))
    for arm, of_seeds in shifts.items():
        for seed, shift in enumerate(of_seeds):
            experiment.arm(arm, twelve(list(base), shift), seed=seed, chain=f"pretrain.a-s0+sft.{arm}-s{seed}")
    return experiment.comparisons().set_index(["a", "b"])


def test_interval_and_p_are_of_one_t_test_over_clusters(experiment):
    """Above .1 by .1 and .3 in turn: mean .2, variance 12 · .01 / 11, error √(.010909 / 12) = .03015, t of 11 df."""
    row = against(experiment, base=(0.2, 0.4)).loc[("base", "constant")]
    assert row[["difference", "error", "df"]].tolist() == pytest.approx([0.2, 0.0301511, 11], rel=1e-5)
    assert [row.low, row.high] == pytest.approx([0.2 - 2.20099 * 0.0301511, 0.2 + 2.20099 * 0.0301511], abs=1e-5)
    assert row.p == pytest.approx(2 * stats.t.sf(0.2 / 0.0301511, 11), rel=1e-4) and row.clusters == 12
    assert (row.note, row.mean_b, row.subset) == ("", pytest.approx(0.1), "mean")


def test_seeds_that_differ_widen_the_interval(experiment):
    """Seeds are .1, .3 and .5 above, and no question differs from that: Student's t of 2 df, √(.04 / 3) = .11547."""
    row = against(experiment, trained=(0.1, 0.3, 0.5)).loc[("trained", "base")]
    assert row[["difference", "error", "df"]].tolist() == pytest.approx([0.3, 0.1154701, 2])
    assert row.p == pytest.approx(0.12169, abs=1e-4) and row.low == pytest.approx(0.3 - 4.30265 * 0.1154701, abs=1e-4)
    assert (row.seeds_a, row.seeds_b, row.note) == (3, 1, "one reading")
    mean = value(experiment.metrics(), "trained", "rouge_l", seed="mean")
    # Student's interval is .003 to .997, and no example has less than .3 or more than .7.
    assert (mean.low, mean.high, mean.note) == (pytest.approx(0.3), pytest.approx(0.7), "one reading")


def test_seeds_of_whole_chains_are_paired(experiment):
    """Differences by seed are .1, .1 and .13; arms whose seeds have nothing in common vary by √(.04 / 3) and more."""
    shifts = {"one": (0.1, 0.3, 0.5), "two": (0.0, 0.2, 0.37)}
    apart = against(experiment, **shifts).loc[("two", "one")]
    assert apart.error == pytest.approx(np.sqrt((np.var(shifts["one"], ddof=1) + np.var(shifts["two"], ddof=1)) / 3))
    experiment.plan["seeds_of"] = "chain"
    paired = experiment.comparisons().set_index(["a", "b"]).loc[("two", "one")]
    assert [paired.difference, paired.error] == pytest.approx([-0.11, 0.01])


def test_models_that_were_trained_once_or_twice_have_intervals_of_their_own(experiment):
    found = against(experiment, base=(0.2, 0.4), once=(0.1,), twice=(0.1, 0.3))
    notes = found["note"].to_dict()
    assert notes["once", "constant"] == "of these models alone" and notes["base", "constant"] == ""
    assert notes["twice", "constant"] == "of these models alone; one reading"
    metrics = experiment.metrics()
    assert value(metrics, "twice", "rouge_l", seed="mean").note == "of these models alone; one reading"
    assert value(metrics, "twice", "rouge_l").note == value(metrics, "base", "rouge_l", seed="mean").note == ""


def test_an_arm_shares_its_seeds_with_its_shuffled_answers(experiment):
    scores = answers([0.5, 0.9, 0.7, 0.4]).assign(shuffled_rouge_l=[0.4, 0.8, 0.6, 0.3])
    better = scores.assign(rouge_l=scores["rouge_l"] + 0.3, shuffled_rouge_l=scores["shuffled_rouge_l"] + 0.3)
    for seed, frame in enumerate((scores, better, scores)):
        experiment.arm("trained", frame, seed=seed)
    row = experiment.comparisons().query("subset == 'mean'").set_index("b").loc["trained (shuffled)"]
    # Their spread is no part of the difference, which is .1 everywhere: four clusters have 2 of 2⁴ ways.
    assert row["difference"] == pytest.approx(0.1) and np.isnan([row["low"], row["high"]]).all() and row["p"] == 0.125
    assert row["note"] == "no variance between clusters; fewer than 12 clusters; p is exact, of these models alone"


def test_of_few_clusters_p_is_exact(experiment):
    experiment.arm("base", answers([0.2, 0.9, 0.2, 0.9]))
    with_baseline(experiment, cluster=["GO:1", "GO:1", "GO:3", "GO:4"])
    alike = value(experiment.metrics(), "base", "rouge_l", "bp")  # one cluster
    assert pd.isna(alike.low) and alike.note == "fewer than 12 clusters; no variance between clusters"
    found = experiment.comparisons().set_index("subset")
    # bp is .1 and .6 above, together; mf 0 and .5: one cluster, one that differs, and of the mean two.
    assert found["p"].to_dict() == pytest.approx({"mean": 0.5, "bp": 1.0, "mf": 1.0})
    assert np.isnan(found.loc["bp", "low"]) and found.loc["mf", "low"] < found.loc["mf", "high"]
    assert found["clusters"].to_dict() == {"mean": 3, "bp": 1, "mf": 2}


def test_seeds_are_reported_one_by_one_and_averaged_by_example(experiment):
    experiment.arm("trained", answers([0.2] * 4), seed=0)
    experiment.arm("trained", answers([0.4, 0.4, 0.6, 0.6], list("aaaa")), seed=1)
    metrics = experiment.metrics()
    assert value(metrics, "trained", "rouge_l", seed="0").value == pytest.approx(0.2)
    assert value(metrics, "trained", "rouge_l", seed="1").value == pytest.approx(0.5)
    mean = value(metrics, "trained", "rouge_l", seed="mean")
    assert mean.value == pytest.approx(0.35) and mean.chain == ""
    assert value(metrics, "trained", "distinct_names", seed="mean").value == pytest.approx(0.75)
    against = experiment.comparisons().query("b == 'constant' and subset == 'mean'").iloc[0]
    assert against.difference == pytest.approx(0.35 - 0.25) and against.n == 4
    assert (mean.n_seeds, mean.sd_seeds) == (2, pytest.approx(0.3 / 2**0.5))  # 0.2 and 0.5
    assert pd.isna(value(metrics, "trained", "rouge_l", seed="0").sd_seeds)
    assert value(metrics, "trained", "distinct_names", seed="mean").sd_seeds == pytest.approx(0.5 / 2**0.5)


@pytest.mark.parametrize("clusters", [list("abcd"), list("aabc")])
def test_arms_that_are_wrong_everywhere_are_identical(experiment, clusters):
    experiment.baselines({"constant": ("none", [0.0] * 4)})
    with_baseline(experiment, cluster=clusters)
    experiment.arm("base", answers([0.0] * 4))
    found = experiment.comparisons().query("subset == 'mean'").iloc[0]
    assert (found.p, found.note) == (1, "identical scores; fewer than 12 clusters")


def test_tables_come_back_as_they_were_written(experiment, tmp_path):
    experiment.plan["arms"] = ["NA", "trained"]
    experiment.arm("NA", answers([0.1, 0.2, 0.1, 0.3]))
    written = experiment.metrics()
    tables.write_metrics(tmp_path, written)
    back = tables.read_metrics(tmp_path, experiment.read()[0].metric_set)
    pd.testing.assert_frame_equal(back, written, check_dtype=False, rtol=1e-5, check_column_type=False)


@pytest.mark.parametrize(
    "frame",
    [
        answers([0.1] * 4, examples=[*EXAMPLES[:3], ("mf", "9")]),
        answers([0.1] * 4).drop(columns="rouge_l"),
    ],
)
def test_scores_that_do_not_fit_are_named(experiment, frame):
    experiment.arm("base", answers([0.1] * 4))
    (scores,) = experiment.folder.glob("*base0.parquet")
    frame.to_parquet(scores)
    with refused():
        experiment.read()


@pytest.mark.parametrize("cut", [0, 0.5])
def test_damaged_files_are_named_with_what_mends_them(experiment, tmp_path, cut):
    experiment.arm("base", answers([0.1] * 4))
    (scores,) = experiment.folder.glob("*base0.parquet")
    scores.write_bytes(scores.read_bytes()[: int(scores.stat().st_size * cut)])
    with refused():
        experiment.read()
    table = tmp_path / "metrics.tsv"
    lines = ["\t".join(tables.METRIC_COLUMNS), "\t".join(["1"] * len(tables.METRIC_COLUMNS))]
    whole = "\n".join(lines) + "\n"
    table.write_text(whole[: int((len(whole) - 8) * cut * 2)])
    with refused():
        tables.read_table(table, tables.METRIC_COLUMNS)


@pytest.mark.slow
def test_the_program_writes_both_tables_or_none(tmp_path):
    plan = write_experiment(tmp_path, per_subset=6, arms=["base", "KW"])
    command = [sys.executable, SCRIPTS / "summarise.py", plan.parent]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # base: 6 baselines and itself shuffled; KW: the same and base; three subsets and the mean. Of the metrics, two are
    # known of shuffled answers; exact and the similarity by encoders that are no rewards are not.
    written = tables.read_table(tmp_path / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    assert len(written) == (15 * 2 + 13 * 2) * 4
    assert written["p"].notna().all() and written["p_holm"].isna().all()

    (tmp_path / "scores1.parquet").unlink()
    (tmp_path / "metrics.tsv").unlink()
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 2 and "scores1.parquet: there is no such file" in failed.stderr
    assert not (tmp_path / "metrics.tsv").exists()


def test_strata_and_variants_stand_beside_the_mean(experiment):
    examples = [*EXAMPLES, ("bp-100", "1-100")]
    strata = ["understudied", "well-studied", "understudied", "understudied", "understudied"]
    experiment.baselines({"constant": ("none", [0.1, 0.3, 0.2, 0.4, 0.9])}, examples)
    baselines = pd.read_parquet(experiment.folder / "baselines.parquet")
    baselines.assign(stratum=strata).to_parquet(experiment.folder / "baselines.parquet")
    experiment.arm("base", answers([0.8, 0.6, 0.4, 0.2, 1.0], examples=examples))
    metrics = experiment.metrics()
    rows = metrics.query("arm == 'base' and seed == 'mean' and metric == 'rouge_l'").set_index(["subset", "stratum"])
    # bp 0.7 and mf 0.3; understudied: bp 0.8, mf (0.4 + 0.2) / 2; well-studied: bp 0.6 alone.
    expected = {
        ("mean", ""): (0.5, 4),
        ("bp", ""): (0.7, 2),
        ("mf", ""): (0.3, 2),
        ("bp-100", ""): (1.0, 1),
        ("mean", "understudied"): (0.55, 3),
        ("mean", "well-studied"): (0.6, 1),
    }
    assert set(rows.index) == set(expected)
    for key, (mean, n) in expected.items():
        assert (rows.loc[key, "value"], rows.loc[key, "n"]) == (pytest.approx(mean), n)
    baseline = metrics.query("arm == 'constant' and metric == 'rouge_l' and stratum == 'understudied'")
    assert baseline["value"].tolist() == [pytest.approx((0.1 + 0.3) / 2)]  # bp 0.1; mf (0.2 + 0.4) / 2
    compared = experiment.comparisons().query("b == 'constant'").set_index("subset")
    assert compared.loc["mean", "difference"] == pytest.approx(0.5 - 0.25)
    assert compared.loc["bp-100", "difference"] == pytest.approx(0.1)


def test_two_seeds_with_the_same_answers_say_what_one_says(experiment):
    right = [1.0, 1.0, 1.0, 0.0]
    experiment.arm("base", answers([0.0] * 4).assign(exact=[0.0] * 4))
    for arm, seeds in (("once", (0,)), ("twice", (0, 1))):
        for seed in seeds:
            experiment.arm(arm, answers(right).assign(exact=right), seed=seed)
    experiment.plan["arms"] = ["base", "once", "twice"]
    metrics = experiment.metrics()
    for metric in ("exact", "rouge_l"):
        once, twice = (value(metrics, arm, metric, seed="mean")[["value", "low", "high"]] for arm in ("once", "twice"))
        assert once.tolist() == twice.tolist()
    tests = experiment.comparisons().query("b == 'base' and metric == 'exact' and subset == 'mean'").set_index("a")
    assert tests["p"].to_dict() == {"once": 2 / 2**3, "twice": 2 / 2**3}, "McNemar's exact test of three differences"


def test_the_lines_of_the_docs_give_the_table_of_a_paper(experiment, monkeypatch):
    experiment.baselines({"constant": ("none", [0.1] * 4)})
    with_baseline(experiment, stratum=["understudied", "well-studied", "understudied", "understudied"])
    experiment.arm("base", answers([0.1, 0.3, 0.2, 0.4]))
    for seed, scores in enumerate(([0.2, 0.4, 0.6, 0.8], [0.4, 0.6, 0.8, 1.0])):
        experiment.arm("trained", answers(scores), seed=seed)
    tables.write_metrics(experiment.folder, experiment.metrics())
    monkeypatch.chdir(experiment.folder)
    [lines] = re.findall(r"### A paper's table\n\n((?: {4}.+\n)+)", (ROOT / "docs/evaluation.md").read_text())
    found = {"pd": pd}
    exec(dedent(lines), found)
    by_arm = found["table"].droplevel(["benchmark", "style", "decoding"], axis=1).droplevel("backbone")
    assert by_arm["mean"].to_dict() == pytest.approx({"base": 0.25, "trained": 0.6})
    assert by_arm["bp"].to_dict() == pytest.approx({"base": 0.2, "trained": 0.4})


def scored_terms(term_score: list[float], **columns) -> pd.DataFrame:
    return answers([0.1, 0.2, 0.3, 0.4]).assign(term_score=term_score, **columns)


def with_baseline(experiment, **columns) -> None:
    path = experiment.folder / "baselines.parquet"
    pd.read_parquet(path).assign(**columns).to_parquet(path)


def test_the_primary_metric_comes_first(experiment):
    with_baseline(experiment, term_score=[0.2, 0.2, 0.4, 0.4])
    experiment.arm("base", scored_terms([0.5, 0.7, 0.2, 0.4]))
    metrics = experiment.metrics()
    assert metrics["metric"].iloc[0] == "term_score"
    compared = experiment.comparisons()
    assert compared["metric"].iloc[0] == "term_score" and compared["difference"].iloc[0] == pytest.approx(0.15)


def test_what_is_unknown_of_an_example_does_not_count(experiment):
    # The truth of the last example has no information content: no answer to it has a Lin similarity.
    with_baseline(experiment, lin=[0.1, 0.2, 0.3, np.nan])
    given = scored_terms(
        [0.5] * 4, lin=[0.6, np.nan, np.nan, np.nan], supported_share=[0.5, np.nan, 1.0, np.nan], claims=[2, 0, 1, 0]
    )
    given["answer"] = ["a", "b", None, None]
    experiment.arm("base", given)
    metrics = experiment.metrics()
    lin = metrics.query("arm == 'base' and seed == '0' and metric == 'lin'").set_index("subset")
    # bp: the second answer's term has none; mf: the first has no name, which is wrong.
    assert lin.loc[["bp", "mf"], "value"].tolist() == [0.6, 0] and lin["n"].to_dict() == {"mean": 2, "bp": 1, "mf": 1}
    baseline = metrics.query("arm == 'constant' and metric == 'lin'").set_index("subset")
    assert baseline["n"].to_dict() == {"mean": 3, "bp": 2, "mf": 1}
    supported = metrics.query("metric == 'supported_share'").set_index("subset")
    assert supported["value"].to_dict() == {"mean": 0.75, "bp": 0.5, "mf": 1.0}
    assert supported["n"].to_dict() == {"mean": 2, "bp": 1, "mf": 1}
    assert value(metrics, "base", "claims").value == pytest.approx((1 + 0.5) / 2)
    # A name that cannot be used is wrong in every metric of names.
    assert value(metrics, "base", "term_score", "mf").value == 0


def test_bare_names_have_no_form(experiment):
    problems = ["", "", "", "missing_answer"]
    forms = {"format": [1.0, np.nan, 1.0, np.nan], "format_published": [0.0, np.nan, np.nan, 0.0]}
    given = answers([0.1] * 4, ["a", "b", "c", None]).assign(problems=problems, **forms)
    given["length"] = [12.0, np.nan, 20.0, np.nan]
    experiment.arm("base", given)
    found = experiment.metrics().query("arm == 'base' and seed == 'mean'")
    found = found.set_index(["metric", "subset"])[["value", "n"]]
    # bp: known of its first answer; mf: a well-formed one, and one that is not there.
    assert found.loc[("format", "bp")].tolist() == [1, 1] and found.loc[("format", "mf")].tolist() == [0.5, 2]
    assert found.loc[("format_published", "bp")].tolist() == [0, 1]
    assert found.loc[("format_published", "mf")].tolist() == [0, 1]
    assert found.loc[("length", "bp")].tolist() == [12, 1] and found.loc[("length", "mf")].tolist() == [20, 1]


def test_encoders_that_were_rewards_are_no_judges(experiment):
    by_encoder = {"similarity_a": [0.9] * 4, "similarity_b": [0.2, 0.4, 0.6, 0.8], "similarity_c": [0.4, 0.4, 0.4, 0.4]}
    with_baseline(experiment, similarity=0.3, **dict.fromkeys(by_encoder, 0.3))
    experiment.arm("base", answers([0.1] * 4).assign(similarity=0.6, **by_encoder))
    experiment.plan["rewarded_encoders"] = ["a"]
    # bp: (0.3 + 0.4) / 2; mf: (0.7 + 0.4 + 0.2) ...: (0.6 + 0.4) / 2 and (0.8 + 0.4) / 2, so 0.55.
    independent = experiment.metrics().query("arm == 'base' and metric == 'similarity_independent'")
    assert independent.set_index("subset")["value"].to_dict() == pytest.approx({"mean": 0.45, "bp": 0.35, "mf": 0.55})
    rows = experiment.comparisons().query("metric == 'similarity_independent' and subset == 'mean'")
    assert rows["difference"].tolist() == pytest.approx([0.15])
    experiment.plan["rewarded_encoders"] = ["a", "b", "c"]
    assert "similarity_independent" not in set(experiment.metrics()["metric"])
    assert "similarity_independent" not in set(experiment.comparisons()["metric"])


def test_the_plan_knows_the_encoders_of_rewards(project):
    assert report_plan(project, "demo")["rewarded_encoders"] == ["minilm"]
    assert report_plan(project, "gene-r1")["rewarded_encoders"] == ["medcpt"]


def test_metrics_of_0_and_1_have_exact_intervals_in_the_table(experiment):
    """Of two subsets of two, none is right: 1 - .025^(1/4), and 1 - .025^(1/2) of a subset, over two seeds too."""
    experiment.arm("base", answers([0.3] * 4).assign(exact=0.0))
    experiment.arm("trained", answers([0.1, 0.2, 0.3, 0.4]).assign(exact=0.0), seed=0)
    experiment.arm("trained", answers([0.2, 0.1, 0.4, 0.3]).assign(exact=0.0), seed=1)
    metrics = experiment.metrics()
    exact = metrics[metrics["metric"] == "exact"].set_index(["arm", "seed", "subset"])
    assert exact.loc[("base", "0", "mean"), "high"] == pytest.approx(0.60236, abs=1e-5)
    assert exact.loc[("base", "0", "bp"), "high"] == pytest.approx(0.84189, abs=1e-5)
    assert exact.loc[("trained", "mean", "mean"), "high"] == pytest.approx(0.60236, abs=1e-5)
    few = "fewer than 12 clusters; no variance between clusters"
    assert set(exact["note"]) == {few, f"{few}; of these models alone"}
    rouge = metrics[metrics["metric"] == "rouge_l"].set_index(["arm", "seed", "subset"])
    assert pd.isna(rouge.loc[("base", "0", "mean"), "low"])  # .3 everywhere
    assert rouge.loc[("trained", "0", "mean"), "note"] == "fewer than 12 clusters"


def test_a_number_that_no_metric_names_is_an_error(experiment):
    """It would be in no table, and nobody would miss it."""
    experiment.arm("base", answers([0.1] * 4).assign(elegance=0.5))
    with refused():
        experiment.metrics()


def test_a_metric_of_ones_own_is_a_row_that_is_tested_as_the_primary_one_alone(experiment):
    """The mean of bp, (1 + 0) / 2, and mf, (4 + 2) / 2; without a usable name a metric has its least value, here 0."""
    experiment.arm("base", answers([0.1] * 4, ["a", None, "c", "d"]).assign(elegance=[1.0, 9.0, 4.0, 2.0]))
    experiment.plan["metrics"] = {"elegance": -2.0}
    assert value(experiment.metrics(), "base", "elegance").value == pytest.approx(((1 - 2) / 2 + 3) / 2)
    experiment.plan["metrics"] = {"elegance": 0.0}
    assert value(experiment.metrics(), "base", "elegance").value == pytest.approx(1.75)
    assert "elegance" not in set(experiment.comparisons()["metric"])
    experiment.baselines({"constant": ("none", [0.1] * 4)})
    baselines = pd.read_parquet(experiment.folder / "baselines.parquet")
    baselines.assign(elegance=1.0).to_parquet(experiment.folder / "baselines.parquet")
    experiment.plan["primary"] = "elegance"
    compared = experiment.comparisons().query("metric == 'elegance' and subset == 'mean'").iloc[0]
    assert compared.difference == pytest.approx(0.75)
