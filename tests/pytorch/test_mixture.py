"""Recipes that learn from several benchmarks by weight."""

import json
import shutil
from pathlib import Path

import pytest
import tiny_project
import tiny_training
from ranking_questions import TASK as RANKING
from ranking_questions import question
from refusals import refused

from reasonome.config.project import Project, experiments
from reasonome.core import atomic
from reasonome.stages import STAGES
from reasonome.tasks import TASKS, load_project
from reasonome.tasks.ranking.settings import RankingStyle
from reasonome.training.job import TrainingJob, mixed
from reasonome.training.sft import sft

NAMING = TASKS["gene_set_naming"]
BOTH = "  both:\n    mixture: {demo-loci: 1, demo-go: 3}\n    style: answer\n    teacher: none\n    max_examples: 40\n"
GO = "  both:\n    mixture: {demo-go: 1, enriched: 1}\n"


@pytest.fixture
def config(tmp_path) -> Path:
    """The shipped configuration, with a style of one name for two tasks."""
    folder = tiny_project.copied_config(tmp_path)
    shutil.copy2(folder / "prompts/gene_set_naming.demo-names.txt", folder / "prompts/gene_set_naming.answer.txt")
    return folder


def with_variant(config: Path, stage: str, text: str) -> Project:
    """The project with one more variant of a recipe, the last of its file."""
    file = config / f"recipes/{stage}.yaml"
    file.write_text(file.read_text(encoding="utf-8").rstrip() + "\n" + text, encoding="utf-8")
    return load_project(config)


def test_every_beginning_has_rows_by_weight_until_one_benchmark_ends():
    rows = {"a": "ABCDEFGH", "b": "xyz"}
    assert "".join(mixed(rows, {"a": 3, "b": 1})) == "ABxCDEyFGHz"
    assert "".join(mixed({"a": "ABCD", "b": "xyz"}, {"a": 1, "b": 1})) == "AxByCz"
    assert "".join(mixed({"b": "xyz"}, {"b": 0.1})) == "xyz", "one benchmark is as it is"
    assert mixed({"a": "ABC", "b": ""}, {"a": 1, "b": 1}) == ["A", "B", "C"], "a benchmark may have no valid rows"


def test_every_benchmark_of_a_mixture_is_trained_on():
    rows = {"a": "A" * 500, "b": "b" * 500}
    assert "".join(mixed(rows, {"a": 1, "b": 4}, 10, "max_examples")) == "bbAbbbbAbb"
    with refused():
        mixed(rows, {"a": 1, "b": 50}, 20, "max_examples")
    with refused():
        mixed({"b": ""}, {"b": 1}, None, "prompts")


def test_a_mixture_takes_the_place_of_the_default_benchmark(config):
    project = with_variant(config, "sft", BOTH)
    recipe = project.recipes["sft"]["both"]
    assert recipe.questions == [("demo-go", "answer"), ("demo-loci", "answer")], "by name"
    assert [part.benchmark for part in recipe.parts] == ["demo-go", "demo-loci"]
    written = recipe.model_dump(mode="json")
    assert written["mixture"] == {"demo-go": 3, "demo-loci": 1} and "benchmark" not in written
    assert "mixture" not in project.recipes["sft"]["names"].model_dump(mode="json"), "as before there were mixtures"
    assert STAGES["sft"].model_validate(written) == recipe


@pytest.mark.parametrize(
    ("stage", "variant", "key"),
    [
        ("sft", BOTH.replace("demo-loci", "demo-locy"), "mixture.demo-locy"),
        ("sft", BOTH.replace("style: answer", "style: demo-names"), "style"),
        ("sft", BOTH + "    benchmark: demo-go\n", None),
        ("grpo", BOTH.replace("    teacher: none\n    max_examples: 40\n", ""), "mixture"),
    ],
)
def test_mistakes_in_a_mixture_are_told_where_they_stand(config, stage, variant, key):
    with refused(config / f"recipes/{stage}.yaml") as error:
        with_variant(config, stage, variant)
    assert error.value.field == f"variants.both.{key}" if key else True


def test_a_part_of_a_mixture_that_would_leak_is_refused(config):
    file = config / "experiments/demo.yaml"
    file.write_text(file.read_text().replace("sft.names]", "sft.both]"), encoding="utf-8")
    with refused():
        with_variant(config, "sft", GO)


def test_plans_and_audits_know_every_benchmark_of_a_mixture(config, tmp_path, monkeypatch):
    file = config / "experiments/demo.yaml"
    file.write_text(file.read_text().replace("sft.names]", "sft.both]"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    project = with_variant(config, "sft", BOTH)
    plan = experiments.report_plan(project, "demo")
    learned = [{"benchmark": "demo-go", "style": "answer"}, {"benchmark": "demo-loci", "style": "answer"}]
    assert plan["trained_on"]["KW+RA"] == learned
    files = project.recipes["sft"]["both"].files(project.results, project.preferences, ("smollm2-135m", "base"))
    assert {name: str(path) for name, path in files.items()} == {
        "examples of demo-go": "results/prompts/demo-go.answer/train.jsonl",
        "examples of demo-loci": "results/prompts/demo-loci.answer/train.jsonl",
    }
    audit = experiments.audit_plan(project, "demo")
    assert audit.training["demo-go"][0] == "sft.both" and audit.not_compared == {"demo-loci": ("sft.both",)}


def two_files(folder: Path) -> dict[str, Path]:
    """Rows of two benchmarks: sets to name as tiny_training makes them, and six loci."""
    rows = [question(id=f"q{i}", right="ABCDEF"[i]).model_dump(mode="json") for i in range(6)]
    atomic.write_jsonl(folder / "loci.jsonl", rows)
    return {"examples of demo-go": folder / "examples.jsonl", "examples of demo-loci": folder / "loci.jsonl"}


@pytest.mark.slow
def test_sft_on_two_tasks(tiny_backbone, tmp_path, capsys):
    models = tiny_training.make(tmp_path, tiny_backbone)
    texts = {"system": "Rank the genes.", "user": "Trait: {trait}\nGenes: {genes}"}
    ranking = RankingStyle(gene="{symbol}", separator=", ", budget_tokens=200, reasoning="none", **texts)
    styles = {"demo-go": tiny_training.STYLE, "demo-loci": ranking}
    settings = {"mixture": {"demo-go": 1, "demo-loci": 1}, "style": "x", "teacher": "none", "max_length": 256}
    recipe = STAGES["sft"].model_validate({"stage": "sft", **tiny_training.FEW_STEPS, **settings, "max_examples": 8})
    atomic.write_json(models / "sft.both-s0/recipe.json", recipe.model_dump(mode="json"))
    job = TrainingJob(
        tiny_training.read_recipe(models / "sft.both-s0"), models / "sft.both-s0", two_files(tmp_path), styles
    )
    assert set(job.identity["styles"]) == {"demo-go", "demo-loci"} and "style" not in job.identity
    sft(job, {"demo-go": NAMING, "demo-loci": RANKING})
    assert "8 examples of 18; left out: 0 without reasoning" in capsys.readouterr().out
    manifest = json.loads((models / "sft.both-s0/manifest.json").read_text())
    assert manifest["examples"] == 8 and set(manifest["data"]) == {"examples of demo-go", "examples of demo-loci"}
