"""Jobs in another environment than the one that runs Snakemake: `--config python=… setup=…`."""

import json
import shutil
import sys

import pytest
import tiny_project

pytestmark = pytest.mark.slow

RECIPE = f"results/models/{tiny_project.BACKBONE}/{tiny_project.PRETRAINED}/recipe.json"


@pytest.fixture
def project(tmp_path):
    """A project of which only a recipe is asked, which needs no weights."""
    return tiny_project.make(tmp_path / "project", tmp_path, tmp_path)


def test_jobs_run_in_the_python_and_after_the_setup_that_are_given(project):
    container = project / "container"
    container.write_text('#!/bin/sh\necho "$PREPARED $1" > seen\nshift\nexec "$@"\n')
    container.chmod(0o755)
    words = f"{container} image {sys.executable}"
    tiny_project.snakemake(project, RECIPE, "--config", f"python={words}", "setup=export PREPARED=${HOME:+well}")
    assert json.loads((project / RECIPE).read_text())["stage"] == "pretrain"
    assert (project / "seen").read_text() == "well image\n"


def test_a_clone_may_lie_in_a_folder_with_a_space(project, tmp_path):
    clone = tmp_path / "a clone"
    for name in ("workflow", "scripts", "envs"):
        shutil.copytree(tiny_project.ROOT / name, clone / name)
    shutil.copy(tiny_project.ROOT / "Snakefile", clone)
    folder = (project / "config").rename(project / "with {braces}")
    tiny_project.snakemake(project, RECIPE, "--config", f"folder={folder.name}", root=clone)
    assert json.loads((project / RECIPE).read_text())["stage"] == "pretrain"


@pytest.mark.parametrize(
    "mistake", ["setup=module load no-such-module", "setup=module load none && true # both", "python=/no/such/python"]
)
def test_an_environment_that_is_not_there_fails_the_job(project, mistake):
    done = tiny_project.snakemake(project, RECIPE, "--config", mistake, check=False)
    assert done.returncode == 1
    assert "module: command not found" in done.stdout or "/no/such/python" in done.stdout
    assert not (project / RECIPE).exists()
