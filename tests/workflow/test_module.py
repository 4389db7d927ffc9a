"""Another workflow imports this one from a folder, and gives its results a prefix."""

import shutil
import subprocess
from pathlib import Path

import pytest
import tiny_project

pytestmark = pytest.mark.slow

# Two cheap jobs, of which one reads the other's.
PROMPTS = "below/this/results/prompts/spaceflight-full.plain/test.jsonl"
IMPORTING = """
module reasonome:
    snakefile: {snakefile}
    prefix: "below/this"
    config: {config}

use rule * from reasonome as reasonome_*

rule theirs:
    output: "theirs.txt"
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
    """A git repository of this checkout's Snakefile, with the tag v1."""
    folder = tmp_path_factory.mktemp("repository") / "reasonome"
    folder.mkdir()
    shutil.copy(tiny_project.ROOT / "Snakefile", folder)
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
    assert planned["reasonome_grpo"] == 1 and planned["reasonome_generate"] == 4


def test_an_imported_workflow_takes_a_configuration_of_ones_own(importing):
    """Files of one's own alone, beside those that ship; a whole configuration may lie there too."""
    folder = importing(f'"{tiny_project.ROOT}/Snakefile"', {"folder": "mine"})
    (folder / "mine/experiments").mkdir(parents=True)
    shutil.copy(tiny_project.ROOT / "config/experiments/demo.yaml", folder / "mine/experiments/own.yaml")
    plan = "below/this/results/experiments/own/plan.json"
    assert tiny_project.planned_jobs(folder, plan, root=folder) == {"reasonome_write_plan": 1}
    shutil.copytree(tiny_project.ROOT / "config", folder / "mine", dirs_exist_ok=True)
    assert tiny_project.planned_jobs(folder, plan, root=folder) == {"reasonome_write_plan": 1}


@pytest.mark.parametrize(
    "address", ['"git+file://{}/Snakefile@v1"', 'github("someone/reasonome", path="Snakefile", tag="v1")']
)
def test_a_git_address_is_refused(address, importing, repository, tmp_path, monkeypatch):
    """GitHub is not asked: Snakemake has the tag among what it has cloned."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    clone = tmp_path / "cache/snakemake/snakemake/source-cache/snakemake-git-cache/github.com/someone/reasonome"
    subprocess.run(["git", "clone", "--quiet", "--bare", repository, clone], check=True)
    folder = importing(address.format(repository))
    done = tiny_project.snakemake(folder, "--dry-run", PROMPTS, check=False, root=folder)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "git address: clone its repository and name the path of that Snakefile" in done.stdout
