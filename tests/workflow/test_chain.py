"""The real chain on a tiny scale: what it leaves behind, and what a second run or a change reruns."""

import json
import zipfile

import pandas as pd
import pytest
import tiny_project
from tiny_project import ALIGNED, BACKBONE, PRETRAINED, REPORT, TAUGHT
from transformers import AutoModelForCausalLM, AutoTokenizer

pytestmark = pytest.mark.slow(minutes=1)


def test_the_chain_ends_in_tables_and_a_report(finished):
    metrics = pd.read_csv(finished / "results/experiments/demo/metrics.tsv", sep="\t", keep_default_na=False)
    arms = set(metrics.loc[metrics["kind"] == "model", "arm"])
    assert arms == {"base", "KW+RA", "KW+RA+TA"}
    baselines = set(metrics.loc[metrics["kind"] == "baseline", "arm"])
    assert baselines == {
        *("constant", "constant_term", "common_words", "random"),
        *("commonest_phrase", "commonest_words"),
        *("nearest_set", "nearest_prompt"),
        *("database_over_representation", "database_over_representation_own_term"),
    }
    assert set(metrics.loc[metrics["metric"] == "term_score", "subset"]) == {"bp", "mf", "cc", "mean"}
    own_term = metrics.query("arm == 'database_over_representation_own_term' and subset == 'mean'")
    assert float(own_term.set_index("metric").loc["term_score", "value"]) > 0.8
    assert "similarity_independent" not in set(metrics["metric"]), "the only encoder here was a reward"
    page = (finished / REPORT).read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "http-equiv" in page and "src=" not in page.split("<body>")[0]


def test_every_step_leaves_manifest_history_and_model(finished):
    folder = finished / "results/models" / BACKBONE
    parents = {PRETRAINED: "base", TAUGHT: PRETRAINED, ALIGNED: TAUGHT}
    for chain, parent in parents.items():
        manifest = json.loads((folder / chain / "manifest.json").read_text())
        assert manifest["recipe"] == json.loads((folder / chain / "recipe.json").read_text())
        assert "model.safetensors" in manifest["model"]
        assert (folder / parent / "manifest.json").is_file()
        assert (folder / chain / "history.jsonl").read_text().count("\n") >= 2
        assert not (folder / chain / "trainer").exists(), "checkpoints are pruned once the manifest is written"


def test_grpo_shows_what_it_earned_and_what_a_constant_would(finished):
    folder = finished / "results/models" / BACKBONE / ALIGNED
    validation = json.loads((folder / "validation.json").read_text())
    assert validation["n"] == 2
    low, high = validation["low"], validation["high"]  # none where every prompt gains the same
    assert low is high is None or low <= validation["difference"] <= high
    constant = json.loads((folder / "constant.json").read_text())
    assert constant["format"] == constant["reasoning"] == 1.0
    expected = 2 * constant["similarity"] + constant["rouge_l"] + 2
    assert constant["reward"] == pytest.approx(expected)


@pytest.mark.parametrize("ended", ["finished", pytest.param("finished_with_real_weights", marks=pytest.mark.full)])
def test_the_last_model_loads_and_its_template_gives_the_training_prompt(ended, request):
    folder = request.getfixturevalue(ended) / "results/models" / BACKBONE / ALIGNED
    model = AutoModelForCausalLM.from_pretrained(folder / "model")
    base = AutoModelForCausalLM.from_pretrained(folder.parent / "base/model")
    assert model.num_parameters() == base.num_parameters()
    example = json.loads((folder / "manifest.json").read_text())["prompt_example"]
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    rendered = tokenizer.apply_chat_template(example["messages"], tokenize=False, add_generation_prompt=True)
    assert rendered == example["rendered"]
    assert rendered.endswith("<|im_start|>assistant\n")


def test_a_finished_run_has_nothing_to_do(finished):
    assert tiny_project.planned_jobs(finished) == {}


def test_a_changed_value_reruns_its_step_and_what_follows(copy):
    tiny_project.edit(copy, "recipes/grpo.yaml", lambda c: c["variants"]["soft"].update(learning_rate=3e-6))
    expected = dict.fromkeys(["write_recipe", "grpo", "generate", "score", "summarise", "render_report"], 1)
    assert tiny_project.planned_jobs(copy) == expected


def without_the_model_that_teaches(copy):
    """Remove it, the recipes that it teaches, and the experiments with these."""
    tiny_project.edit(copy, "teachers.yaml", lambda c: c.pop("gpt-4o"))
    taught: list[str] = []

    def untaught(recipes):
        for variant, settings in list(recipes["variants"].items()):
            if settings.get("teacher") == "gpt-4o":
                del recipes["variants"][variant]
                taught.append(f"sft.{variant}")

    tiny_project.edit(copy, "recipes/sft.yaml", untaught)
    assert {"sft.gpt4o", "sft.cases"} <= set(taught)
    tiny_project.edit(copy, "preferences.yaml", lambda c: c.pop("gpt4o-tiers"))
    for stage in ("reward", "onlinedpo"):  # which learn from these preferences
        tiny_project.edit(copy, f"recipes/{stage}.yaml", lambda c: c["variants"].pop("gener1"))
        taught.append(f"{stage}.gener1")
    for experiment in (copy / "config/experiments").iterdir():
        if any(step in experiment.read_text(encoding="utf-8") for step in taught):
            experiment.unlink()


def test_comments_order_layout_a_licence_and_what_no_experiment_here_uses_rerun_nothing(copy):
    without_the_model_that_teaches(copy)
    tiny_project.edit(copy, "backbones.yaml", lambda c: c[BACKBONE]["weights"].update(licence="Apache 2"))
    for path in (copy / "config").rglob("*.yaml"):
        # safe_dump has dropped all comments already where a file was edited; here order and layout change.
        tiny_project.edit(copy, path.relative_to(copy / "config").as_posix(), lambda config: None)
        path.write_text("# another comment\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    reverse = "recipes/grpo.yaml"
    tiny_project.edit(copy, reverse, lambda c: c.update(defaults=dict(reversed(list(c.pop("defaults").items())))))
    assert tiny_project.planned_jobs(copy) == {}


def test_snakemake_makes_its_own_report(copy):
    tiny_project.snakemake(copy, "--report", "workflow.zip")
    with zipfile.ZipFile(copy / "workflow.zip") as archive:
        names = archive.namelist()
    assert any(name.endswith("report.html") for name in names)


def test_a_changed_seed_scores_again_and_generates_nothing(copy):
    tiny_project.edit(copy, "config.yaml", lambda c: c.update(seed=1))
    jobs = tiny_project.planned_jobs(copy)
    assert jobs["score"] == 3 and jobs["score_baselines"] == 1
    assert not {"generate", "grpo", "sft", "pretrain"} & jobs.keys()


def test_a_background_built_again_scores_again_and_teaches_nothing_and_changed_facts_do(copy):
    jobs = tiny_project.planned_jobs(copy, "--forcerun", "build_background", "--", tiny_project.REPORT)
    assert (jobs["build_background"], jobs["score"], jobs["score_baselines"]) == (1, 3, 1)
    learned_from = {"write_reasoning", "write_prompts", "sft", "grpo", "generate"}
    assert not learned_from & jobs.keys()
    (copy / "results/backgrounds/demo-go.parquet").unlink()
    assert not learned_from & tiny_project.planned_jobs(copy, tiny_project.REPORT).keys()
    jobs = tiny_project.planned_jobs(copy, "--forcerun", "build_facts", "--", tiny_project.REPORT)
    assert jobs["write_reasoning"] == jobs["sft"] == jobs["grpo"] == 1


def test_gene_r1_dry_runs_offline(finished):
    jobs = tiny_project.planned_jobs(finished, "results/experiments/gene-r1/report.html")
    assert jobs["fetch_backbone"] == 3
    assert jobs["build_benchmark"] == jobs["build_background"] == 2  # terms of GO, and pathways out of distribution
    assert jobs["grpo"] == 36  # four arms end in GRPO, on three backbones, with three seeds
