"""Whether the packages that decide results and speed are those of a lock, and what experiments ask for is there."""

import os
import re
import shutil
import sysconfig
from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding
from reasonome.config import GrpoRecipe
from reasonome.config.project import Project, chains, experiments

PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "deepspeed", "vllm", "datasets", "tokenizers")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    """Package → version of a lock; none where the file is not there."""
    found = _PIN.findall(lock.read_text(encoding="utf-8")) if lock.is_file() else []
    return {name.lower().replace("_", "-"): version.partition("+")[0] for name, version in found}


def installed() -> dict[str, str]:
    """Package → version, of PACKAGES that are installed; torch 2.13.0+cpu is 2.13.0."""
    return {found.name: found.version.partition("+")[0] for found in metadata.distributions() if found.name in PACKAGES}


def check_versions(have: Mapping[str, str], locks: Mapping[str, Mapping[str, str]]) -> Finding:
    """The installed versions against the lock that they agree with most; `locks` are pins by file."""
    check = "packages"
    if "torch" not in have:
        return Finding(check, NOT_HERE, "none for training: this is an environment to submit from")
    wrong = {
        file: [name for name, version in have.items() if pinned.get(name, version) != version]
        for file, pinned in locks.items()
        if pinned
    }
    if not wrong:
        return Finding(check, WARN, "no lock is here to compare with", "run it in the project's folder")
    file = min(wrong, key=lambda file: len(wrong[file]))
    if wrong[file]:
        off = ", ".join(f"{name} {have[name]} (lock: {locks[file][name]})" for name in wrong[file])
        return Finding(check, WARN, f"not as in {file}: {off}", f"pip install -r {file}")
    alike = ", ".join(f"{name} {version}" for name, version in have.items() if name in locks[file])
    return Finding(check, OK, f"as in {file}: {alike}")


def asked_for(project: Project, names: list[str]) -> dict[str, str]:
    """Packages that not every job needs → what in the config of these experiments asks for each first."""
    found = {name: f"`trackers: {name}`" for name in project.settings.trackers}
    for name in names:
        for backbone in project.experiments[name].backbones:
            if project.backbones[backbone].engine == "vllm":
                found.setdefault("vllm", f"`engine: vllm` of {backbone}")
        for _, chain in experiments.trained_steps(project, name):
            step = chains.last_step(chain)
            recipe, of_step = step.recipe(project), f"of {step.stage}.{step.variant}"
            if isinstance(recipe, GrpoRecipe) and recipe.rollouts != "transformers":
                found.setdefault("vllm", f"`rollouts: {recipe.rollouts}` {of_step}")
            if recipe.adapter and recipe.adapter.quantize:
                found.setdefault("bitsandbytes", f"`quantize: {recipe.adapter.quantize}` {of_step}")
    return found


def check_asked_for(asked: Mapping[str, str], trains: bool) -> Finding:
    """The packages that are needed only if the config says so; `asked` is package → what asks for it.

    `trains`: torch is here, as it is not where jobs are only submitted.
    """
    check = "optional packages"
    if not asked:
        return Finding(check, NOT_HERE, "nothing asks for vLLM, bitsandbytes or a tracker")
    if not trains:
        return Finding(check, NOT_HERE, f"{', '.join(asked)}: needed where jobs compute, not here")
    missing = [name for name in asked if find_spec(name) is None]
    if not missing:
        return Finding(check, OK, f"{', '.join(asked)}: installed")
    what = "; ".join(f"{name} is not installed, which {asked[name]} asks for" for name in missing)
    fix = f"pip install {' '.join(missing)}; vllm and bitsandbytes come with envs/gpu.lock (docs/environments.md)"
    return Finding(check, FAIL, what, fix)


def check_compiler(gpus: bool) -> Finding:
    """A C compiler where Triton looks for one, and the header of Python that it compiles with."""
    check, builds = "compiler", "on GPUs Triton builds kernels at run time (vLLM, Liger, TRL's head)"
    if not gpus:
        return Finding(check, NOT_HERE, f"needed with GPUs alone: {builds}; for DeepSpeed on CPUs see `ds_report`")
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    named = os.environ.get("CC")  # taken as it is: no options
    found = shutil.which(named) if named else shutil.which("gcc") or shutil.which("clang")
    if found is None:
        what = f"CC is '{named}', which is no program" if named else "no C compiler (gcc or clang) on the path"
        fix = "module load gcc (in `setup:` of profiles/slurm/jobs.yaml for jobs), apt-get install gcc, or export CC=…"
        return Finding(check, FAIL, f"{what}: {builds}", fix)
    if not header.is_file():
        fix = "apt-get install python3-dev, or make the environment of a Python that has it (conda's, uv's)"
        return Finding(check, FAIL, f"{header} is missing: {builds}, with {found}", fix)
    return Finding(check, OK, f"{found}, and Python.h: {builds}")


def check_snakemake() -> Finding:
    """Snakemake and its SLURM plugin, which submitting needs."""
    check = "snakemake"
    if find_spec("snakemake") is None:
        return Finding(check, NOT_HERE, "not installed: this is an environment to compute in, not to submit from")
    version = metadata.version("snakemake")
    if find_spec("snakemake_executor_plugin_slurm") is None:
        fix = "pip install snakemake-executor-plugin-slurm"
        return Finding(check, NOT_HERE, f"{version}, without the plugin that submits to SLURM", fix)
    return Finding(check, OK, f"{version}, with SLURM plugin {metadata.version('snakemake-executor-plugin-slurm')}")
