"""Another workflow imports this one, from a folder or a repository, and gives its results a prefix."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import tiny_project

pytestmark = pytest.mark.slow

PROMPTS = "below/this/results/prompts/spaceflight.plain/test.jsonl"  # two cheap jobs, of which one reads the other's
IMPORTING = """
module reasonome:
    snakefile: {snakefile}
    prefix: "below/this"
    config: {config}

use rule * from reasonome as reasonome_*

rule theirs:
    output: "theirs.txt"
    params: pattern=lambda wildcards: "[a] b"
    shell: "echo ${{{{DO_NOT_TRACK-may}}}} > {{output}}"
"""


@pytest.fixture
def importing(tmp_path):
    """`importing(snakefile, config)`: a folder with a workflow of another project, which has a config/ too."""

    def importing(snakefile: str, config: object = "{}") -> Path:
        folder = tmp_path / "other"
        (folder / "config").mkdir(parents=True, exist_ok=True)
        (folder / "config/config.yaml").write_text("samples: [a, b]\n")
        (folder / "Snakefile").write_text(IMPORTING.format(snakefile=snakefile, config=config))
        return folder

    return importing


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A git repository of this checkout's tracked files, as they are, with the tag v1."""
    folder = tmp_path_factory.mktemp("repository") / "reasonome"
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=tiny_project.ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (source := tiny_project.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
    author = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "-m", "all"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def test_an_imported_workflow_finds_its_files_and_writes_below_the_prefix(importing):
    folder = importing(f'"{tiny_project.ROOT}/Snakefile"')
    tiny_project.snakemake(folder, PROMPTS, "theirs.txt", root=folder)
    assert len((folder / PROMPTS).read_text().splitlines()) > 100
    assert {path.name for path in folder.iterdir()} == {".snakemake", "Snakefile", "below", "config", "theirs.txt"}
    assert (folder / "theirs.txt").read_text() == "may\n"  # our jobs' shell is not that of others
    assert tiny_project.planned_jobs(folder, PROMPTS, root=folder) == {}
    report = "below/this/results/experiments/demo/report.html"
    planned = tiny_project.planned_jobs(folder, report, root=folder)
    assert planned["reasonome_grpo"] == 1 and planned["reasonome_generate"] == 3


def test_a_param_of_another_workflow_is_told_as_it_stands(importing):
    folder = importing(f'"{tiny_project.ROOT}/Snakefile"')
    tiny_project.snakemake(folder, "theirs.txt", root=folder)
    workflow = folder / "Snakefile"
    workflow.write_text(workflow.read_text().replace("[a] b", "[a] c"))
    output = tiny_project.snakemake(folder, "--dry-run", "theirs.txt", root=folder).stdout
    assert "before: '[a] b'; now: '[a] c'" in output


def test_an_imported_workflow_takes_a_configuration_of_ones_own(importing):
    """Files of one's own alone, beside those that ship; a whole configuration may lie there too."""
    folder = importing(f'"{tiny_project.ROOT}/Snakefile"', {"folder": "mine"})
    (folder / "mine/experiments").mkdir(parents=True)
    shutil.copy(tiny_project.ROOT / "config/experiments/demo.yaml", folder / "mine/experiments/own.yaml")
    plan = "below/this/results/experiments/own/plan.json"
    assert tiny_project.planned_jobs(folder, plan, root=folder) == {"reasonome_write_plan": 1}
    shutil.copytree(tiny_project.ROOT / "config", folder / "mine", dirs_exist_ok=True)
    assert tiny_project.planned_jobs(folder, plan, root=folder) == {"reasonome_write_plan": 1}


def test_a_workflow_is_imported_from_a_repository(importing, repository):
    folder = importing(f'"git+file://{repository}/Snakefile@v1"')
    tiny_project.snakemake(folder, PROMPTS, root=folder)
    assert len((folder / PROMPTS).read_text().splitlines()) > 100


def test_a_workflow_is_imported_from_github(importing, repository, tmp_path, monkeypatch):
    """Offline, from where Snakemake keeps what it has cloned: a tag that is there is not asked for again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    clone = tmp_path / "cache/snakemake/snakemake/source-cache/snakemake-git-cache/github.com/someone/reasonome"
    subprocess.run(["git", "clone", "--quiet", "--bare", repository, clone], check=True)
    folder = importing('github("someone/reasonome", path="Snakefile", tag="v1")')
    planned = tiny_project.planned_jobs(folder, PROMPTS, root=folder)
    assert planned == {"reasonome_build_benchmark": 1, "reasonome_write_prompts": 1}
    assert len(os.listdir(folder / ".snakemake/reasonome")) == 1
