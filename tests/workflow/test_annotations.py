"""The rule that annotates people's own sets: what it waits for, what makes it run again, and wrong names."""

import pytest
import tiny_project
from tiny_project import BACKBONE

pytestmark = pytest.mark.slow
FOLDER = f"results/annotations/{BACKBONE}/base/mine"
TARGET = f"{FOLDER}/annotations.html"
# What the rule waits for, as the demo's rules write it.
WAITED_FOR = [
    "results/facts/demo/facts.parquet",
    "results/facts/demo/denied.parquet",
    "results/facts/demo/unmapped.tsv",
    "results/facts/demo/statistics.tsv",
    "results/backgrounds/demo-go.parquet",
    "results/encoders/minilm/manifest.json",
    "results/encoders/minilm/model/config.json",
    f"results/models/{BACKBONE}/base/manifest.json",
    f"results/models/{BACKBONE}/base/model/config.json",
]
WRITTEN = [
    TARGET,
    *(f"{FOLDER}/{name}" for name in ("annotations.tsv", "annotations.jsonl", "enrichment.tsv", "manifest.json")),
]


@pytest.fixture
def fresh(tmp_path):
    """A project with a file of sets in which nothing was made; dry-runs look at no weights."""
    weights = tmp_path / "weights"
    weights.mkdir()
    folder = tiny_project.make(tmp_path / "project", weights, weights)
    (folder / "mine.gmt").write_text("repair\tna\tBRCA1\tBRCA2\tRAD51\tATM\n")
    tiny_project.edit(folder, "annotations.yaml", lambda c: c.update({"mine": {"sets": ["mine.gmt"], "samples": 3}}))
    return folder


def test_annotation_waits_for_facts_terms_encoder_and_model_and_for_nothing_else(fresh):
    expected = ("annotate", "build_background", "build_facts", "fetch_backbone", "fetch_encoder")
    assert tiny_project.planned_jobs(fresh, TARGET) == dict.fromkeys(expected, 1)


def test_a_changed_setting_annotates_again_and_a_comment_does_not(fresh):
    for name in [*WAITED_FOR, *WRITTEN]:
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).touch()
    tiny_project.snakemake(fresh, "--touch", "--forceall", TARGET)  # as made by these rules, with these parameters
    path = fresh / "config/annotations.yaml"
    path.write_text(f"# mine\n{path.read_text()}# samples: 9\n")
    assert tiny_project.planned_jobs(fresh, TARGET) == {}
    tiny_project.edit(fresh, "annotations.yaml", lambda c: c["mine"].update(samples=4))
    assert tiny_project.planned_jobs(fresh, TARGET) == {"annotate": 1}


def test_a_misspelt_annotation_names_the_nearest(fresh):
    done = tiny_project.snakemake(fresh, "--dry-run", TARGET.replace("mine", "mien"), check=False)
    assert done.returncode != 0
    assert "unknown annotation 'mien'" in done.stdout and "did you mean 'mine'?" in done.stdout
    assert "Traceback (most recent call last)" not in done.stdout


def test_sets_of_mice_wait_for_the_table_of_orthologues(fresh):
    tiny_project.edit(fresh, "annotations.yaml", lambda c: c["mine"].update(species="mouse"))
    planned = tiny_project.snakemake(fresh, "--dry-run", TARGET).stdout
    assert "resources/annotate/mouse_orthologues.tsv.gz" in planned
