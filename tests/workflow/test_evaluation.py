"""Evaluation through Snakemake: what rescoring reruns, answers that somebody recorded."""

import csv
import json
import shutil

import pandas as pd
import pytest
import tiny_project
import yaml
from tiny_project import ALIGNED, BACKBONE, ROOT

pytestmark = pytest.mark.slow


def test_an_added_metric_scores_again_and_generates_nothing(copy, tmp_path):
    edited = tmp_path / "checkout"
    edited.mkdir()
    for part in ("scripts", "workflow", "profiles", "envs"):
        shutil.copytree(ROOT / part, edited / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "Snakefile", edited)
    assert tiny_project.planned_jobs(copy, root=edited) == {}
    metrics = edited / "scripts/reasonome/tasks/naming/metrics.py"
    text = metrics.read_text(encoding="utf-8")
    line = "    for encoder, similarity in encoders.items():\n"
    assert line in text
    words = '    scores["words"] = np.array([len(name.split()) for name in names], dtype=float)\n'
    metrics.write_text(text.replace(line, words + line), encoding="utf-8")
    jobs = tiny_project.planned_jobs(copy, root=edited)
    assert jobs["score"] == 3 and jobs["score_baselines"] == 1
    assert not {"generate", "grpo", "sft", "pretrain"} & jobs.keys()
    scored = f"results/scores/{BACKBONE}/{ALIGNED}/demo-go.demo-names/greedy.parquet"
    tiny_project.snakemake(copy, scored, root=edited)
    table = pd.read_parquet(copy / scored)
    assert (table["words"] == table["answer"].str.split().str.len()).all()


def test_the_sealed_part_is_scored_for_a_final_table_alone(copy):
    tiny_project.edit(copy, "benchmarks.yaml", lambda c: c["demo-go"].update(sealed=0.5))
    scored = f"results/scores/{BACKBONE}/base/demo-go.demo-names/greedy.parquet"
    assert tiny_project.planned_jobs(copy, scored) == {"score": 1}
    tiny_project.snakemake(copy, scored)
    opened = set(pd.read_parquet(copy / scored)["id"])
    assert 0 < len(opened) < 12
    tiny_project.edit(copy, "config.yaml", lambda c: c.update(final=True))
    assert tiny_project.planned_jobs(copy, scored) == {"score": 1}
    tiny_project.snakemake(copy, scored)
    assert opened < set(pd.read_parquet(copy / scored)["id"])


def test_recorded_answers_are_scored_by_the_same_code(copy):
    test = [json.loads(line) for line in (copy / "results/benchmarks/demo-go/test.jsonl").open(encoding="utf-8")]
    right, completed, empty, twice, *missing = test
    rows = [
        (right["id"], right["name"]),
        (completed["id"], f"Process: {completed['name']}\nReasoning:\n<think>a step</think>"),
        (empty["id"], ""),
        (twice["id"], twice["name"]),
        (twice["id"], "something else"),
        ("GO:9999999", "not asked"),
    ]
    (copy / "mine").mkdir()
    with open(copy / "mine/answers.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "answer"), *rows])
    recorded = {"theirs": {"recorded": {"files": {"demo-go": "mine/answers.csv"}}}}
    tiny_project.edit(copy, "backbones.yaml", lambda c: c.update(recorded))
    experiment = {
        "backbones": ["theirs", BACKBONE],
        "arms": {"base": []},
        "benchmarks": ["demo-go"],
        "styles": ["demo-names"],
        "decodings": ["greedy"],
    }
    (copy / "config/experiments/others.yaml").write_text(yaml.safe_dump(experiment))
    report = "results/experiments/others/report.html"
    assert "generate" not in tiny_project.planned_jobs(copy, report)
    done = tiny_project.snakemake(copy, report)
    assert "GO:9999999" in done.stdout
    answers = copy / "results/answers/theirs/base/demo-go.demo-names"
    run = json.loads((answers / "greedy.run.json").read_text())["recorded"]
    assert [run[key] for key in ("rows", "unknown", "empty", "conflicts", "missing")] == [6, 1, 1, 1, len(missing)]
    table = pd.read_parquet(copy / "results/scores/theirs/base/demo-go.demo-names/greedy.parquet").set_index("id")
    assert len(table) == len(test)
    assert table.loc[[right["id"], completed["id"], twice["id"]], "exact"].tolist() == [1, 1, 1]
    assert table.loc[[empty["id"], *(row["id"] for row in missing)], "exact"].sum() == 0
    metrics = pd.read_csv(copy / "results/experiments/others/metrics.tsv", sep="\t")
    exact = metrics.query("backbone == 'theirs' and metric == 'exact' and subset == 'mean' and kind == 'model'")
    exact = exact[exact["stratum"].isna()]
    assert exact["value"].item() == pytest.approx(3 / 12)  # three right of twelve, four in each subset
