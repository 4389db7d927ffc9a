"""Costs: a row per job, a total, and the highest peak of memory; and how a terminal shows them with the headline."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from reasonome.core import atomic
from reasonome.report.evidence import costs_table
from reasonome.report.hypotheses import EXPLORATORY
from reasonome.report.plan import Plan
from reasonome.report.tables import COMPARISON_COLUMNS, metric_columns, write_metrics
from reasonome.tasks.ranking.metric_set import METRICS as RANKINGS

PROGRAM = Path(__file__).resolve().parent.parent / "scripts/show_results.py"


def plan(folder, task: str = "gene_set_naming") -> Plan:
    cell = {"backbone": "b", "arm": "A", "seed": 0, "benchmark": "g", "style": "names", "decoding": "greedy"}
    cell |= {"chain": "sft.x-s0", "scores": str(folder / "s.parquet"), "run": str(folder / "greedy.run.json")}
    baselines = [{"benchmark": "g", "style": "names", "path": "f.parquet"}]
    steps = [{"backbone": "b", "chain": "sft.x-s0", "folder": str(folder)}]
    labels = {"experiment": "e", "task": task, "arms": ["A"]}
    return Plan.model_validate(labels | {"evaluations": [cell], "baselines": baselines, "steps": steps})


def test_costs_are_added_up_and_memory_is_not(tmp_path):
    train = {"seconds": 30.0, "backward_tokens": 900, "generated_tokens": 0, "peak_memory_gb": 7.5}
    train |= {"precision": "bf16"}
    answer = {"seconds": 10.0, "backward_tokens": 0, "generated_tokens": 250, "peak_memory_gb": 2.0}
    (tmp_path / "run.json").write_text(json.dumps(train))
    (tmp_path / "greedy.run.json").write_text(json.dumps(answer))
    drawn = tmp_path / "samples/b/base/g.names/sample8.6.run.json"
    atomic.write_json(drawn, answer | {"seconds": 20.0, "generated_tokens": 100})
    sampled = {"samples": [{"backbone": "b", "chain": "base", "run": drawn}]}
    table = costs_table(Plan.model_validate(plan(tmp_path).model_dump() | sampled))
    jobs = ["train sft.x-s0", "sample g.names sample8.6", "answer g.names greedy", "total"]
    assert table["job"].tolist() == jobs and table["chain"].tolist() == ["sft.x-s0", "base", "sft.x-s0", ""]
    assert table["share_of_time"].tolist() == ["50%", "33%", "17%", "100%"]
    assert table["tokens_per_second"].tolist()[:3] == [30.0, 5.0, 25.0]
    assert table["precision"].tolist() == ["bf16", "", "", ""]
    total = table.iloc[-1]
    assert (total["seconds"], total["backward_tokens"], total["generated_tokens"]) == (60.0, 900, 350)
    assert total["peak_memory_gb"] == 7.5


def test_tokens_of_an_arm_are_those_of_every_job_that_made_its_model(tmp_path):
    """More fine-tuning, rejection sampling and GRPO: 900 tokens more, for equal tokens."""
    spent = {  # through a backward pass, read to sample, generated
        "sft.x-s0": (1000, 0, 0),
        "sft.x-s0+sft.more-s0": (900, 0, 0),
        "sft.x-s0+sft.best-s0": (200, 0, 0),
        "sft.x-s0+grpo.y-s0": (500, 300, 100),
        "samples": (0, 550, 150),
    }
    files = {name: tmp_path / name / "run.json" for name in spent}
    for name, tokens in spent.items():
        counts = dict(zip(("backward_tokens", "prompt_tokens", "generated_tokens"), tokens, strict=True))
        atomic.write_json(files[name], {"seconds": 10.0, "peak_memory_gb": float(len(name))} | counts)
    answer = {"seconds": 1.0, "backward_tokens": 0, "prompt_tokens": 70, "generated_tokens": 7, "peak_memory_gb": 1.0}
    atomic.write_json(tmp_path / "greedy.run.json", answer)
    base, samples = files["sft.x-s0"], files["samples"]
    steps = [{"backbone": "b", "chain": chain, "folder": files[chain].parent} for chain in list(spent)[:-1]]
    models = [
        {"backbone": "b", "arm": arm, "chain": chain, "runs": runs}
        for arm, chain, runs in (
            ("SFT", "sft.x-s0", [base]),
            ("more", "sft.x-s0+sft.more-s0", [base, files["sft.x-s0+sft.more-s0"]]),
            ("best", "sft.x-s0+sft.best-s0", [base, samples, files["sft.x-s0+sft.best-s0"]]),
            ("GRPO", "sft.x-s0+grpo.y-s0", [base, files["sft.x-s0+grpo.y-s0"]]),
        )
    ]
    made = {"steps": steps, "models": models, "samples": [{"backbone": "b", "chain": "sft.x-s0", "run": samples}]}
    table = costs_table(Plan.model_validate(plan(tmp_path).model_dump() | made)).set_index("job")
    tokens = table[["backward_tokens", "prompt_tokens", "generated_tokens"]]
    assert {job.removeprefix("arm "): tuple(row) for job, row in tokens.iterrows() if job.startswith("arm ")} == {
        "SFT": (1000, 0, 0),
        "more": (1900, 0, 0),
        "best": (1200, 550, 150),
        "GRPO": (1500, 300, 100),
    }
    assert set(tokens.filter(like="arm ", axis=0).drop("arm SFT").sum(axis=1)) == {1900}
    assert tuple(tokens.loc["total"]) == (2600, 920, 257), "with the answers, and each job once"
    assert table.loc["arm best", "seconds"] == 30.0 and table.loc["arm best", "peak_memory_gb"] == 20.0


def test_prompt_tokens_that_nobody_counted_are_not_zero(tmp_path):
    run = {"seconds": 30.0, "backward_tokens": 900, "generated_tokens": 60, "peak_memory_gb": 7.5}
    atomic.write_json(tmp_path / "run.json", run)
    atomic.write_json(tmp_path / "greedy.run.json", run | {"prompt_tokens": 8})
    table = costs_table(plan(tmp_path))
    assert table["prompt_tokens"].isna().tolist() == [True, False, True] and table["prompt_tokens"][1] == 8
    assert table["backward_tokens"].tolist() == [900, 900, 1800]


def test_facts_that_models_were_asked_have_a_row(tmp_path):
    run = {"seconds": 30.0, "backward_tokens": 0, "generated_tokens": 0, "peak_memory_gb": 1.5}
    for name in ("run.json", "greedy.run.json", "recall/b/base/demo.300.run.json"):
        atomic.write_json(tmp_path / name, run)
    asked = {"recalled": [{"backbone": "b", "chain": "base", "run": tmp_path / "recall/b/base/demo.300.run.json"}]}
    table = costs_table(Plan.model_validate(plan(tmp_path).model_dump() | asked))
    assert table["job"].tolist() == ["train sft.x-s0", "facts demo.300", "answer g.names greedy", "total"]
    assert (table["chain"][1], table["seconds"][1], table["tokens_per_second"][1]) == ("base", 30.0, 0.0)
    assert table["seconds"].tolist()[-1] == 90.0


@pytest.fixture
def folder(tmp_path) -> Path:
    """An experiment of rankings with its tables."""
    (tmp_path / "plan.json").write_text(plan(tmp_path, "causal_gene_ranking").model_dump_json())
    columns = metric_columns(RANKINGS)
    atomic.write_tsv(tmp_path / "comparisons.tsv", pd.DataFrame(columns=COMPARISON_COLUMNS))
    [evaluation] = plan(tmp_path).evaluations
    row = {name: getattr(evaluation, name) for name in ("benchmark", "style", "decoding", "backbone", "arm")}
    row |= {"subset": "mean", "kind": "model", "metric": "top_1", "value": 0.5, "low": 0.25, "high": 0.75, "se": 0.05}
    rows = [dict.fromkeys(columns, "") | row, dict.fromkeys(columns, "") | row | {"subset": "asked", "value": 0.75}]
    write_metrics(tmp_path, pd.DataFrame(rows, columns=columns))
    return tmp_path


def shown(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, PROGRAM, folder], capture_output=True, text=True)


@pytest.mark.slow
def test_scores_and_verdict_are_shown(folder):
    done = shown(folder)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    [evaluation] = plan(folder).evaluations
    assert [evaluation.arm, "0.50", "[0.25,", "0.75]", "█" * 15] in lines
    assert ["asked"] in lines and [evaluation.arm, "0.75"] in lines
    assert EXPLORATORY in " ".join(done.stdout.split())
    assert lines[-1][:2] == ["report:", f"{folder}/report.html"]
