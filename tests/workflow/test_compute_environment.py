"""Jobs in another environment than the one that runs Snakemake: `--config python=… setup=…`, and conda's."""

import json
import re
import shutil
import sys

import pytest
import tiny_project

pytestmark = [pytest.mark.slow, pytest.mark.full]

# What Snakemake asks of conda before it says which environments it would make.
CONDA = """#!/bin/sh
case "$1" in
    info) echo '{"conda_prefix": "/none", "platform": "linux-64", "envs": []}' ;;
    --version) echo conda 26.1.0 ;;
    config) echo '{"get": {"channel_priority": "strict"}}' ;;
esac
"""
CACHES = ("TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR", "VLLM_CACHE_ROOT", "FLASHINFER_WORKSPACE_BASE")
RECIPE = f"results/models/{tiny_project.BACKBONE}/{tiny_project.PRETRAINED}/recipe.json"


def test_jobs_run_in_the_python_and_after_the_setup_that_are_given(small):
    container = small / "container"
    container.write_text('#!/bin/sh\necho "$PREPARED $1" > seen\nshift\nexec "$@"\n')
    container.chmod(0o755)
    words = f"{container} image {sys.executable}"
    tiny_project.snakemake(small, RECIPE, "--config", f"python={words}", "setup=export PREPARED=${HOME:+well}")
    assert json.loads((small / RECIPE).read_text())["stage"] == "pretrain"
    assert (small / "seen").read_text() == "well image\n"


@pytest.mark.parametrize("own", ["", " VLLM_CACHE_ROOT=/warm GOMP_SPINCOUNT=5"])
def test_a_job_of_slurm_compiles_on_its_nodes_disk_and_leaves_nothing(small, own, monkeypatch):
    for name in (*CACHES, "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    disk = small / "a disk"
    disk.mkdir()
    container = small / "container"
    container.write_text('#!/bin/sh\nenv > seen\nexec "$@"\n')
    container.chmod(0o755)
    setup = f"setup=export TMPDIR='{disk}' SLURM_JOB_ID=7{own}"
    tiny_project.snakemake(small, RECIPE, "--config", f"python={container} {sys.executable}", setup)
    seen = dict(line.split("=", 1) for line in (small / "seen").read_text().splitlines() if "=" in line)
    places = {name: seen[name] for name in CACHES}
    if own:
        assert places.pop("VLLM_CACHE_ROOT") == "/warm"
    assert len(set(places.values())) == len(places)
    assert all(place.startswith(f"{disk}/reasonome.") for place in places.values())
    assert list(disk.iterdir()) == []
    assert (seen["VLLM_NO_USAGE_STATS"], seen["HF_HUB_OFFLINE"]) == ("1", "1")
    assert seen["GOMP_SPINCOUNT"] == ("5" if own else "1000")


def test_a_clone_may_lie_in_a_folder_with_a_space(small, tmp_path):
    clone = tmp_path / "a clone"
    for name in ("workflow", "scripts", "envs"):
        shutil.copytree(tiny_project.ROOT / name, clone / name)
    shutil.copy(tiny_project.ROOT / "Snakefile", clone)
    folder = (small / "config").rename(small / "with {braces}")
    tiny_project.snakemake(small, RECIPE, "--config", f"folder={folder.name}", root=clone)
    assert json.loads((small / RECIPE).read_text())["stage"] == "pretrain"


@pytest.mark.parametrize(
    "mistake", ["setup=module load no-such-module", "setup=module load none && true # both", "python=/no/such/python"]
)
def test_an_environment_that_is_not_there_fails_the_job(small, mistake):
    done = tiny_project.snakemake(small, RECIPE, "--config", mistake, check=False)
    assert done.returncode == 1
    assert "module: command not found" in done.stdout or "/no/such/python" in done.stdout
    assert not (small / RECIPE).exists()


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The only folder on the path: a shell and a conda, and what a test adds."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("bash", "sh", "which"):
        (folder / name).symlink_to(shutil.which(name))
    program(folder / "conda", CONDA)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(path, script):
    path.write_text(script)
    path.chmod(0o755)


def environments(folder) -> list[str]:
    """The conda environments that a step of training and its data would have made."""
    steps = f"results/models/{tiny_project.BACKBONE}/{tiny_project.PRETRAINED}/manifest.json"
    done = tiny_project.snakemake(folder, "-n", "--software-deployment-method", "conda", "--", steps)
    return sorted(re.findall(r"Conda environment \S*envs/(\w+).yaml will be created", done.stdout))


def test_a_rule_that_gets_gpus_from_slurm_has_their_conda_environment(small, programs):
    program(programs / "sbatch", "#!/bin/sh\n")
    assert environments(small) == ["cpu", "gpu"]
    tiny_project.edit(small, "resources.yaml", lambda entries: entries.append({"gpus": 0}))
    assert environments(small) == ["cpu"]
