"""What bad input gets from the workflow: one clear error, a non-zero exit, and nothing half-written."""

import shutil

import pytest
import tiny_project
import yaml
from tiny_project import BACKBONE, PRETRAINED, TAUGHT

from reasonome.core.manifest import file_sha256
from reasonome.training.gpus import has_driver

pytestmark = pytest.mark.slow(minutes=1)


@pytest.fixture
def fresh(tmp_path, backbone_model, encoder_model):
    return tiny_project.make(tmp_path, backbone_model, encoder_model)


def refused(folder, *arguments) -> str:
    done = tiny_project.snakemake(folder, *arguments, check=False)
    assert done.returncode != 0
    return done.stdout


def test_a_typo_in_a_recipe_is_named_before_anything_runs(fresh):
    path = fresh / "config/recipes/grpo.yaml"
    path.write_text(path.read_text().replace("learning_rate", "lerning_rate", 1))
    output = refused(fresh)
    assert "config/recipes/grpo.yaml:" in output
    assert "unknown key 'lerning_rate': did you mean 'learning_rate'?" in output
    assert "Traceback" not in output
    assert not (fresh / "results").exists()


def test_an_unknown_variant_on_the_command_line_names_the_nearest(fresh):
    output = refused(fresh, "--dry-run", f"results/models/{BACKBONE}/sft.nams-s0/manifest.json")
    assert "unknown variant of sft 'nams'" in output and "did you mean 'names'?" in output


def test_a_misspelt_target_names_the_nearest_and_steps_in_a_wrong_order_are_refused(fresh):
    output = refused(fresh, "--dry-run", "results/experiments/dmeo/report.html")
    assert "unknown experiment 'dmeo'" in output and "did you mean 'demo'?" in output
    output = refused(fresh, "--dry-run", f"results/models/{BACKBONE}/grpo.soft-s0+pretrain.demo-s0/manifest.json")
    assert "'pretrain.demo' comes after a later stage" in output and "pretrain → sft" in output


def test_a_dry_run_shows_the_settings_that_changed_and_the_cpus_of_the_cluster(fresh):
    target = f"results/models/{BACKBONE}/{PRETRAINED}/recipe.json"
    tiny_project.snakemake(fresh, target)
    tiny_project.edit(fresh, "recipes/pretrain.yaml", lambda c: c["variants"]["demo"].update(learning_rate=3e-4))
    output = tiny_project.snakemake(fresh, "--dry-run", target).stdout
    [reason] = [line for line in output.splitlines() if "Params have changed since last execution" in line]
    before, now = reason.split(" now: ")
    assert '"learning_rate":0.0005' in before and '"learning_rate":0.0003' in now
    model = f"results/models/{BACKBONE}/{PRETRAINED}/manifest.json"
    output = tiny_project.snakemake(
        fresh, "--dry-run", "--profile", str(tiny_project.ROOT / "profiles/slurm"), model
    ).stdout
    asked = output.split("rule pretrain:")[1].split("resources:")[1].split("\n")[0]
    assert "cpus=16" in asked, "as config/resources.yaml says, however few this machine has"


def test_a_damaged_annotation_file_stops_before_training(fresh):
    (fresh / "resources").unlink()
    shutil.copytree(tiny_project.ROOT / "resources", fresh / "resources")
    file = fresh / "resources/demo/goa_human.gaf.gz"
    file.write_bytes(file.read_bytes()[:-2000])
    output = refused(fresh, "results/facts/demo/facts.parquet")
    assert "goa_human.gaf.gz" in output
    assert "Traceback" not in output
    assert not (fresh / "results/facts/demo/facts.parquet").exists()


def test_weights_with_a_wrong_checksum_are_refused(fresh):
    tiny_project.edit(fresh, "backbones.yaml", lambda c: c[BACKBONE]["weights"].update(sha256="0" * 64))
    output = refused(fresh, f"results/models/{BACKBONE}/base/manifest.json")
    assert "checksum" in output and f"expected {'0' * 64}" in output
    assert not (fresh / f"results/models/{BACKBONE}/base/model").exists()


def test_a_missing_parent_is_named_by_the_program(copy):
    import subprocess
    import sys

    parent = copy / "results/models" / BACKBONE / "pretrain.demo-s0/manifest.json"
    parent.unlink()
    folder = f"results/models/{BACKBONE}/{TAUGHT}"
    command = [sys.executable, tiny_project.ROOT / "scripts/train.py", f"{folder}/manifest.job.json"]
    done = subprocess.run(list(map(str, command)), cwd=copy, capture_output=True, text=True)
    assert done.returncode == 2
    assert "this model is missing or was not finished" in done.stderr
    assert f"snakemake results/models/{BACKBONE}/pretrain.demo-s0/manifest.json" in done.stderr


def test_an_edited_source_lists_the_facts_and_waits_for_its_pin(fresh):
    sets = fresh / "my_sets.gmt"
    sets.write_text("SET_A\t\tTP53\tBRCA1\tEGFR\n")
    entry = {"format": "gmt", "release": "mine", "licence": "mine", "files": {"gmt": {"path": sets.name}}}
    tiny_project.edit(fresh, "sources.yaml", lambda c: c.update({"my-sets": entry}))
    tiny_project.edit(fresh, "corpora.yaml", lambda c: c.update({"mine": {"sources": ["hgnc-demo", "my-sets"]}}))
    facts = "results/facts/mine/facts.parquet"
    tiny_project.snakemake(fresh, facts)
    pinned = {"sha256": file_sha256(sets), "size": sets.stat().st_size}
    tiny_project.edit(
        fresh, "sources.lock.yaml", lambda c: c.update({"my-sets": {"release": "mine", "files": {"gmt": pinned}}})
    )
    with open(sets, "a") as handle:
        handle.write("SET_B\t\tKRAS\tMYC\tBRCA2\n")
    assert tiny_project.planned_jobs(fresh, facts) == {"build_facts": 1}
    output = refused(fresh, facts)
    assert "my-sets.files.gmt" in output and "reasonome pin my-sets" in output


def test_a_tracker_that_is_not_installed_ends_the_dry_run_of_what_trains(fresh):
    tiny_project.edit(fresh, "config.yaml", lambda c: c.update(trackers=["mlflow"]))
    output = refused(fresh, "--dry-run")
    assert "'mlflow' is not installed in the environment that trains" in output and "pip install mlflow" in output
    benchmark = "results/benchmarks/demo-go/test.jsonl"
    assert "build_benchmark" in tiny_project.planned_jobs(fresh, benchmark)  # nothing is trained
    model = f"results/models/{BACKBONE}/pretrain.demo-s0/manifest.json"
    elsewhere = tiny_project.planned_jobs(fresh, "--config", "python=/other/python", "--", model)
    assert elsewhere["pretrain"] == 1  # what is installed there, its jobs say


def test_what_needs_a_gpu_is_planned_without_one_and_refused_before_anything_runs(fresh):
    tiny_project.edit(fresh, "recipes/grpo.yaml", lambda c: c["variants"]["soft"].update(rollouts="vllm-colocate"))
    assert tiny_project.planned_jobs(fresh)["grpo"] == 1
    if has_driver():
        pytest.skip("this machine has a GPU")
    assert "grpo.soft of smollm2-135m has `rollouts: vllm-colocate`, which needs a GPU" in refused(fresh)
    assert not (fresh / "results/models").exists()


def test_a_built_benchmark_has_a_card_and_its_timing(fresh):
    card = fresh / "results/benchmarks/few-studies/README.md"
    tiny_project.snakemake(fresh, card.relative_to(fresh).as_posix())
    head = yaml.safe_load(card.read_text(encoding="utf-8").split("---\n")[1])
    sizes = {
        split: len((card.parent / f"{split}.jsonl").read_text().splitlines()) for split in ("train", "valid", "test")
    }
    assert sizes["test"] > 100 and head["size_categories"] == ["n<1K"]
    assert head["configs"][0]["data_files"] == [{"split": split, "path": f"{split}.jsonl"} for split in sizes]
    assert "".join(f"| {split} | {size} |\n" for split, size in sizes.items()) in card.read_text(encoding="utf-8")
    timing = (fresh / "results/timings/build_benchmark/few-studies.tsv").read_text().splitlines()
    assert timing[0].startswith("s\th:m:s\tmax_rss") and float(timing[1].split("\t")[0]) > 0


def test_a_reward_model_is_neither_asked_nor_trained_on(small):
    model = "llama-3.1-8b/sft.gpt4obp-s0+reward.gener1-s0"
    for path in (
        f"results/answers/{model}/go-bp.symbols/greedy-1024.jsonl",
        f"results/samples/{model}/go-bp.symbols/greedy-1024.all.jsonl",
        f"results/recall/{model}/human.10.jsonl",
        f"results/models/{model}+grpo.gener1exact-s0/manifest.json",
    ):
        assert "a reward model answers no questions" in refused(small, "--dry-run", path)
