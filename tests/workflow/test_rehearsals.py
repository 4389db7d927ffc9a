"""Every experiment that ships is rehearsed to its report, and one of a user's own with a mistake."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
import yaml
from checkout import ROOT

from reasonome.answering.rows import read_answers
from reasonome.benchmarks.rows import read_rows
from reasonome.tasks import load_project
from reasonome.tasks.ranking.questions import CaseExample
from reasonome.tasks.ranking.ranked_list import parse_ranking

CONFIG = ROOT / "config"
# Of this task the experiment whose recipes pack texts beside an adapter; of others the one that trains most stages.
PACKED = "rare-disease"


def chosen() -> set[str]:
    """An experiment of each task: what it trains shows most, in few answers."""
    project, of_task = load_project(CONFIG), defaultdict(list)
    for name, experiment in project.experiments.items():
        stages = {step.partition(".")[0] for step in experiment.steps}
        asked = len(experiment.arms) * len(experiment.asked_styles) * len(experiment.benchmarks)
        if stages:
            of_task[project.task(experiment.benchmarks[0]).name].append((name != PACKED, -len(stages), asked, name))
    return {min(known)[-1] for known in of_task.values()}


FEW = chosen()
EXPERIMENTS = [
    pytest.param(path.stem, marks=[] if path.stem in FEW else pytest.mark.full)
    for path in sorted((CONFIG / "experiments").glob("*.yaml"))
]


@pytest.fixture
def rehearse(tmp_path, backbone_model):
    """`rehearse(experiment, config)`: the finished command, in a folder that has the default backbone."""
    fetched = tmp_path / "results/models/smollm2-135m/base"
    fetched.mkdir(parents=True)
    (fetched / "model").symlink_to(backbone_model)

    def rehearse(experiment: str, config: Path = CONFIG) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "reasonome.cli", "rehearse", experiment, "--config", str(config)]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return rehearse


@pytest.mark.slow(minutes=2)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_it_is_rehearsed_to_its_report(tmp_path, rehearse, experiment):
    done = rehearse(experiment)
    assert done.returncode == 0, done.stdout + done.stderr
    report = tmp_path / f"results/rehearsal/{experiment}/experiments/{experiment}/report.html"
    assert report.is_file() and str(report.relative_to(tmp_path)) in done.stdout
    ended = [line for line in done.stdout.partition("was rehearsed")[0].splitlines() if ": " in line]
    arms = yaml.safe_load((CONFIG / f"experiments/{experiment}.yaml").read_text(encoding="utf-8"))["arms"]
    assert {line.partition("  ")[2] for line in ended} == {f"{arm}: ok" for arm in arms}


@pytest.mark.slow(minutes=2)
def test_a_mistake_that_only_training_shows_is_found_and_mended(tmp_path, rehearse):
    own = tmp_path / "config"
    (own / "experiments").mkdir(parents=True)
    (own / "recipes").mkdir()
    experiment = {"backbones": ["smollm2-135m"], "arms": {"base": [], "short": ["sft.short"]}}
    asked = {"benchmarks": ["closed-book"], "styles": ["symbols"], "decodings": ["greedy-short"], "recall": 0}
    (own / "experiments/mine.yaml").write_text(yaml.safe_dump(experiment | asked))
    recipe = {"benchmark": "closed-book", "style": "symbols", "teacher": "none", "max_length": 32}
    (own / "recipes/sft.yaml").write_text(yaml.safe_dump({"variants": {"short": recipe}}))
    done = rehearse("mine", own)
    assert done.returncode == 1 and "smollm2-135m  base: ok" in done.stdout, done.stdout + done.stderr
    [failed] = [
        line for line in done.stdout.splitlines() if line.startswith("smollm2-135m  short: failed: sft sft.short")
    ]
    assert "max_length" in failed and "results/rehearsal/mine/logs/sft/" in failed
    (own / "recipes/sft.yaml").write_text(yaml.safe_dump({"variants": {"short": recipe | {"max_length": 256}}}))
    done = rehearse("mine", own)
    assert done.returncode == 0 and "smollm2-135m  short: ok" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow(minutes=2)
def test_candidates_are_ranked_and_a_parent_is_matched_in_a_rehearsal(tmp_path, rehearse):
    """A parent is sampled at two temperatures, and each list has the candidates of its question."""
    own = tmp_path / "config"
    (own / "experiments").mkdir(parents=True)
    chain = ["pretrain.closedranking", "sft.closedranking"]
    arms = {"read": chain, "rewarded": [*chain, "grpo.closedranking"]}
    warm = {"samples": 2, "temperature": 1.0, "max_new_tokens": 16}
    experiment = {"backbones": ["smollm2-135m"], "arms": arms, "matched": ["cool"], "recall": 0}
    experiment |= {"benchmarks": ["closed-ranking"], "styles": ["three"]}
    experiment["decodings"] = ["greedy-list", "warm", "candidates"]
    (own / "experiments/mine.yaml").write_text(yaml.safe_dump(experiment))
    (own / "decodings.yaml").write_text(yaml.safe_dump({"warm": warm, "cool": warm | {"temperature": 0.5}}))
    done = rehearse("mine", own)
    assert done.returncode == 0, done.stdout + done.stderr
    results = tmp_path / "results/rehearsal/mine"
    [row] = pd.read_csv(results / "experiments/mine/sharpening.tsv", sep="\t").to_dict("records")
    assert (row["arm"], row["parent"], row["decoding"], row["temperature"]) == ("rewarded", "read", "warm", 0.5)
    asked = {row.id: row for row in read_rows(results / "benchmarks/closed-ranking/test.jsonl", CaseExample)}
    [lists] = results.glob("answers/*/*grpo*/*/candidates.jsonl")
    for answer in read_answers(lists):
        genes = [gene.symbol for gene in asked[answer.id].candidates]
        assert sorted(parse_ranking(answer.text).genes) == sorted(genes) and len(genes) > 2
