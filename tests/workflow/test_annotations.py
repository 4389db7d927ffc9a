"""The rule that annotates people's own sets: what it waits for, and what makes it run again."""

import subprocess
import sys

import pytest
import tiny_project
from peft import LoraConfig, get_peft_model
from tiny_project import BACKBONE
from transformers import AutoModelForCausalLM

pytestmark = pytest.mark.slow
FOLDER = f"results/annotations/{BACKBONE}/base/mine"
TARGET = f"{FOLDER}/annotations.html"
# What the rule waits for, as the demo's rules write it.
WAITED_FOR = [
    "results/backgrounds/demo-go.parquet",
    f"results/models/{BACKBONE}/base/manifest.json",
    f"results/models/{BACKBONE}/base/model/config.json",
]
WRITTEN = [
    TARGET,
    *(f"{FOLDER}/annotations.{ending}" for ending in ("tsv", "jsonl")),
    *(f"{FOLDER}/{name}" for name in ("enrichment.tsv", "identifiers.tsv", "manifest.json")),
]


@pytest.fixture
def fresh(tmp_path):
    """A project with a file of sets in which nothing was made; dry-runs look at no weights."""
    weights = tmp_path / "weights"
    weights.mkdir()
    folder = tiny_project.make(tmp_path / "project", weights, weights)
    (folder / "mine.gmt").write_text("repair\tna\tBRCA1\tBRCA2\tRAD51\tATM\n")
    tiny_project.edit(folder, "annotations.yaml", lambda c: c.update({"mine": {"sets": ["mine.gmt"], "top": 3}}))
    return folder


def test_annotation_waits_for_terms_and_model_and_for_nothing_else(fresh):
    expected = ("annotate", "build_background", "build_facts", "fetch_backbone")
    assert tiny_project.planned_jobs(fresh, TARGET) == dict.fromkeys(expected, 1)


def test_a_changed_setting_annotates_again_and_a_comment_does_not(fresh):
    for name in [*WAITED_FOR, *WRITTEN]:
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).touch()
    tiny_project.snakemake(fresh, "--touch", "--forceall", TARGET)  # as made by these rules, with these parameters
    path = fresh / "config/annotations.yaml"
    path.write_text(f"# mine\n{path.read_text()}# top: 9\n")
    assert tiny_project.planned_jobs(fresh, TARGET) == {}
    tiny_project.edit(fresh, "annotations.yaml", lambda c: c["mine"].update(top=4))
    assert tiny_project.planned_jobs(fresh, TARGET) == {"annotate": 1}


def add_adapter(folder) -> None:
    """Let the project have a backbone with an adapter."""
    weights = {"source": "adapter", "backbone": BACKBONE, "path": "resources-of-mine/namer", "licence": "Apache-2.0"}
    tiny_project.edit(folder, "backbones.yaml", lambda c: c.update({"namer": {"weights": weights}}))


@pytest.mark.full
def test_the_first_annotation_makes_all_that_it_needs_and_the_second_nothing(tmp_path, tiny_backbone, encoder_model):
    folder = tiny_project.make(tmp_path / "project", tiny_backbone, encoder_model)
    add_adapter(folder)
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_backbone), LoraConfig(target_modules=["q_proj"]))
    adapted.save_pretrained(folder / "resources-of-mine/namer")
    (folder / "mine.gmt").write_text("repair\tna\tBRCA1\tBRCA2\tRAD51\tATM\n")

    def annotate() -> str:
        words = ["mine.gmt", "--model", "namer", "--out", "out"]
        command = [sys.executable, "-m", "reasonome.cli", "annotate", *words]
        environment = tiny_project.environment() | {"PYTHONPATH": str(tiny_project.ROOT / "scripts")}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    told = annotate()
    assert "made now, once; later runs need no network: " in told and "steps (100%) done" in told
    assert "results/models/namer/base/manifest.json" in told
    assert (folder / "out/annotations.html").is_file()
    assert "made now" not in annotate()
