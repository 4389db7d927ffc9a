"""The environments: pins that are exact, agree with each other, and are what the indexes' metadata resolve to."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from checkout import ROOT
from packaging.requirements import Requirement

LOCKS = {"cpu": "requirements.lock", "gpu": "envs/gpu.lock", "submit": "envs/submit.lock"}
# Where the programs of this environment are: uv is one of them.
PROGRAMS = Path(sys.executable).parent
EVERY = pytest.mark.parametrize("name", LOCKS)


def pins(name: str) -> dict[str, str]:
    """Package → version of an environment's lock."""
    lines = (ROOT / LOCKS[name]).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def resolve(name: str, *options: str | Path) -> subprocess.CompletedProcess:
    """What `envs/resolve.sh` gives for an environment."""
    environment = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    command = [ROOT / "envs/resolve.sh", name, *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def index(tmp_path_factory) -> None:
    """Skips where no package index answers: a package without needs is asked for, past uv's cache."""
    wish = tmp_path_factory.mktemp("index") / "wish.in"
    wish.write_text("iniconfig\n", encoding="utf-8")
    asked = subprocess.run(
        [PROGRAMS / "uv", "pip", "compile", "--quiet", "--refresh", wish], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        pytest.skip(f"no package index can be reached, so nothing can be resolved: {asked.stderr.strip()[:300]}")


@EVERY
def test_every_pin_is_exact_and_of_no_local_build(name):
    found = pins(name)
    assert all(re.fullmatch(r"[a-z0-9.-]+", package) for package in found)
    assert all(re.fullmatch(r"[0-9][A-Za-z0-9.]*", version) for version in found.values())


@EVERY
def test_the_conda_environment_holds_the_same_pins(name):
    environment = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text(encoding="utf-8"))
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert pip == [f"{package}=={version}" for package, version in pins(name).items()], f"run: make envs/{name}.yaml"


def test_models_are_trained_by_the_same_versions_everywhere():
    cpu, gpu = pins("cpu"), pins("gpu")
    trainers = ("accelerate", "datasets", "deepspeed", "peft", "torch", "trl")
    assert {package: gpu[package] for package in trainers} == {package: cpu[package] for package in trainers}
    assert cpu["torch"] == "2.13.0" and cpu["trl"] == "1.16.0"


def test_vllm_is_one_that_trl_supports():
    """Outside this range trl only warns."""
    assert pins("gpu")["trl"] == metadata.version("trl")
    wanted = [Requirement(line) for line in metadata.requires("trl")]
    (supported,) = [
        wish.specifier for wish in wanted if wish.name == "vllm" and wish.marker.evaluate({"extra": "vllm"})
    ]
    assert pins("gpu")["vllm"] in supported


def test_one_snakemake_starts_jobs_and_runs_their_rules():
    submit, cpu = pins("submit"), pins("cpu")
    assert {package: cpu[package] for package in submit if package.startswith("snakemake")} == {
        package: version for package, version in submit.items() if package.startswith("snakemake")
    }
    assert submit["snakemake-executor-plugin-slurm"] == "2.8.0"


def test_each_environment_has_what_it_is_for_and_no_more():
    assert {"vllm", "bitsandbytes", "liger-kernel", "nvidia-nccl-cu13"} <= pins("gpu").keys()
    assert not {"vllm", "triton", "nvidia-nccl-cu13"} & pins("cpu").keys()
    assert not {"torch", "transformers", "trl"} & pins("submit").keys()


@pytest.mark.full
@pytest.mark.slow
@EVERY
def test_the_pins_are_what_metadata_resolve_to(name, index, tmp_path):
    resolved = resolve(name, "--constraint", ROOT / LOCKS[name], "--output-file", tmp_path / "lock")
    assert resolved.returncode == 0, resolved.stderr
    assert (tmp_path / "lock").read_text(encoding="utf-8") == (ROOT / LOCKS[name]).read_text(encoding="utf-8")


@pytest.mark.full
@pytest.mark.slow
def test_pins_that_do_not_go_together_are_named(index, tmp_path):
    (tmp_path / "newer").write_text("pandas==3.1.1\nnumpy==2.4.6\n", encoding="utf-8")
    resolved = resolve("gpu", "--constraint", tmp_path / "newer", "--output-file", tmp_path / "lock")
    assert resolved.returncode != 0 and not (tmp_path / "lock").exists()
    assert "vllm==0.31.0" in resolved.stderr and "numpy==2.4.6" in resolved.stderr


@pytest.mark.full
@pytest.mark.slow
def test_the_submitting_environment_alone_plans_the_demo(index, tmp_path):
    python, uv = tmp_path / "venv/bin/python", PROGRAMS / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "-r", ROOT / LOCKS["submit"]], check=True)
    for folder in ("config", "resources"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    planned = subprocess.run(
        [python, "-m", "snakemake", "-n", "--cores", "1", "--snakefile", ROOT / "Snakefile", "--directory", tmp_path]
        + ["--", "results/experiments/demo/report.html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert planned.returncode == 0, planned.stderr
    assert re.search(r"^render_report +1$", planned.stdout, re.MULTILINE)
    torch = subprocess.run([python, "-c", "import torch"], capture_output=True, text=True, check=False)
    assert "No module named 'torch'" in torch.stderr


def test_the_image_is_built_from_a_lock_that_is_there_and_for_the_python_of_the_others():
    recipe = (ROOT / "envs/reasonome.def").read_text(encoding="utf-8")
    (lock,) = re.findall(r"^    lock=(.+)$", recipe, re.MULTILINE)
    assert lock == LOCKS["gpu"] and "{{ lock }} /opt/reasonome.lock" in recipe
    assert re.search(r"pip install .*--requirement /opt/reasonome\.lock$", recipe, re.MULTILINE)
    named = [path for path in re.findall(r"--build-arg lock=(\S+)", recipe)]
    assert named == [LOCKS["cpu"]]
    python = re.search(r"^From: python:([\d.]+)-slim$", recipe, re.MULTILINE)
    for name in ("cpu", "gpu"):
        environment = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text(encoding="utf-8"))
        assert python and f"python={python[1]}" in environment["dependencies"]
    # What conda environments have as a compiler.
    assert " gcc " in recipe


def test_the_version_is_the_same_wherever_it_is_named():
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert version and version[1] == citation["version"]
    assert {"title", "authors", "message", "cff-version"} <= citation.keys()


def test_the_page_on_the_folder_of_the_configuration_says_what_is_there():
    page = (ROOT / "config/README.md").read_text(encoding="utf-8")
    files = {path.name + "/" * path.is_dir() for path in (ROOT / "config").iterdir()} - {"README.md", "own/"}
    assert files == set(re.findall(r"`([\w.]+(?:\.yaml|/))`", page.partition("To start")[0])) - {"own/"}
