"""A third task, added by a module, a prompt and configuration alone, from its table to its report."""

import json
import shutil

import own_task
import pandas as pd
import pytest
import tiny_project
from refusals import refused

from reasonome.tasks import load_project


@pytest.mark.slow(minutes=1)
def test_a_task_of_ones_own_ends_in_a_report_and_reruns_nothing_of_others(copy):
    own_task.add(copy, tiny_project.edit)
    learnt_beside_another_task(copy)
    assert tiny_project.planned_jobs(copy) == {}, "the experiments of other tasks are as they were"
    folder = copy / f"results/experiments/{own_task.EXPERIMENT}"
    tiny_project.snakemake(copy, f"results/experiments/{own_task.EXPERIMENT}/report.html")
    audit = json.loads((copy / f"results/benchmarks/{own_task.BENCHMARK}/audit.json").read_text())
    assert audit["questions"] == 60 and audit["sizes"]["test"]["all"] >= 12
    metrics = pd.read_csv(folder / "metrics.tsv", sep="\t", keep_default_na=False)
    metrics = metrics.query("subset == 'mean' and metric == 'verified' and seed in ('mean', '') and kind != 'shuffled'")
    mean = metrics[metrics["backbone"] != tiny_project.BACKBONE].set_index("arm")["value"]
    assert set(mean.index) >= {"base", "majority", "random"}
    test = (copy / f"results/benchmarks/{own_task.BENCHMARK}/test.jsonl").read_text().splitlines()
    test = [json.loads(line) for line in test]
    given = pd.read_csv(copy / "mine/answers.tsv", sep="\t", dtype=str).set_index("id")["answer"]
    right = sum(given[row["id"]] == row["answer"] for row in test) / len(test)
    assert float(mean["base"]) == pytest.approx(right, abs=1e-6)
    model = copy / f"results/models/{tiny_project.BACKBONE}/sft.both-s0"
    assert json.loads((model / "manifest.json").read_text())["examples"] == 8
    leaks = json.loads((folder / "audit.json").read_text())
    assert leaks["not_compared"] == {"demo-go": ["sft.both"]} and leaks["findings"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "what the task's verifier says" in page and "Not compared" in page


@pytest.mark.slow
def test_changed_building_code_of_a_task_of_ones_own_builds_its_benchmark_again(config):
    folder = config.parent
    own_task.add(folder, tiny_project.edit)
    target = f"results/benchmarks/{own_task.BENCHMARK}/test.jsonl"
    tiny_project.snakemake(folder, target)
    assert tiny_project.planned_jobs(folder, target) == {}
    task = folder / "mine/chromosome.py"
    tiny_project.change(task, ".casefold().removeprefix", ".lower().removeprefix")
    assert tiny_project.planned_jobs(folder, target) == {}, "answers alone are verified otherwise"
    with task.open("a") as file:
        file.write("\n    def kind(self, question):\n        return question.answer.lower()\n")
    assert tiny_project.planned_jobs(folder, target) == {"build_benchmark": 1}


@pytest.mark.slow
def test_an_audit_tells_of_a_further_step_that_learns_from_the_same_questions(config):
    folder, file = config.parent, f"experiments/{own_task.EXPERIMENT}.yaml"
    own_task.add(folder, tiny_project.edit)
    taught = {"benchmark": own_task.BENCHMARK, "style": "plain", "teacher": "none"}
    recipes = {"once": taught, "twice": taught | {"epochs": 2}}
    tiny_project.edit(folder, "recipes/sft.yaml", lambda c: c["variants"].update(recipes))
    asked = {"backbones": ["other", tiny_project.BACKBONE], "arms": {"base": [], "RA": ["sft.once"]}}
    tiny_project.edit(folder, file, lambda c: c.update(asked))
    audit = f"results/experiments/{own_task.EXPERIMENT}/audit.json"
    tiny_project.snakemake(folder, audit)
    tiny_project.edit(folder, file, lambda c: c["arms"].update({"RA twice": ["sft.twice"]}))
    assert tiny_project.planned_jobs(folder, audit) == {"audit_leaks": 1}
    tiny_project.snakemake(folder, audit)
    findings = json.loads((folder / audit).read_text())["findings"]
    assert {row["used_by"] for row in findings if row["training"] == own_task.BENCHMARK} == {"sft.once, sft.twice"}


def learnt_beside_another_task(project):
    """Let a model learn it beside another task, in the experiment of the task."""
    prompts = project / "config/prompts"
    shutil.copy2(prompts / "gene_set_naming.demo-names.txt", prompts / "gene_set_naming.plain.txt")
    mixture = {"mixture": {"demo-go": 1, own_task.BENCHMARK: 1}, "style": "plain", "teacher": "none", "max_examples": 8}
    tiny_project.edit(project, "recipes/sft.yaml", lambda c: c["variants"].update(both=mixture))
    more = {"backbones": ["other", tiny_project.BACKBONE], "arms": {"base": [], "RA": ["sft.both"]}}
    tiny_project.edit(project, f"experiments/{own_task.EXPERIMENT}.yaml", lambda c: c.update(more))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("chromosome_of_gene", "mine/nowhere.py:ChromosomeOfGene"),
        ("chromosome_of_gene", "mine/chromosome.py:ChromosomeOfGen"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(config, monkeypatch, name, place):
    monkeypatch.chdir(config.parent)
    own_task.add(config.parent, tiny_project.edit)
    tiny_project.edit(config.parent, "config.yaml", lambda c: c.update(tasks={name: place}))
    with refused(config / "config.yaml", field="tasks.chromosome_of_gene"):
        load_project(config)
