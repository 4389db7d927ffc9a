"""Whether the packages that decide results and speed are those of a lock, and can compile what they need to."""

import os
import re
import shutil
import sysconfig
from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding

PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "deepspeed", "vllm", "datasets", "tokenizers")
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")


def pins(lock: Path) -> dict[str, str]:
    """Package → version of a lock; none where the file is not there."""
    if not lock.is_file():
        return {}
    found = (_PIN.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {match[1].lower().replace("_", "-"): match[2] for match in found if match}


def installed() -> dict[str, str]:
    """Package → version, of PACKAGES that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def check_versions(have: Mapping[str, str], locks: Mapping[str, Mapping[str, str]]) -> Finding:
    """The installed versions against the lock that they agree with most; `locks` are pins by file."""
    check = "packages"
    if "torch" not in have:
        return Finding(check, NOT_HERE, "none for training: this is an environment to submit from")
    known = {file: pinned for file, pinned in locks.items() if pinned}
    if not known:
        return Finding(check, WARN, "no lock is here to compare with", "run it in the project's folder")
    bare = {name: version.partition("+")[0] for name, version in have.items()}  # torch 2.13.0+cpu is 2.13.0
    off = {
        file: [name for name, version in bare.items() if name in pinned and pinned[name].partition("+")[0] != version]
        for file, pinned in known.items()
    }
    file = min(off, key=lambda name: len(off[name]))
    if off[file]:
        wrong = ", ".join(f"{name} {bare[name]} (lock: {known[file][name]})" for name in off[file])
        return Finding(check, WARN, f"not as in {file}: {wrong}", f"pip install -r {file}")
    agreeing = ", ".join(f"{name} {bare[name]}" for name in bare if name in known[file])
    return Finding(check, OK, f"as in {file}: {agreeing}")


def check_asked_for(asked: Mapping[str, str], trains: bool) -> Finding:
    """The packages that are needed only if the config says so; `asked` is package → what asks for it.

    `trains`: torch is here, as it is not where jobs are only submitted.
    """
    check = "optional packages"
    if not asked:
        return Finding(check, NOT_HERE, "nothing asks for vLLM, bitsandbytes or a tracker")
    if not trains:
        return Finding(check, NOT_HERE, f"{', '.join(asked)}: needed where jobs compute, not here")
    if missing := [name for name in asked if find_spec(name) is None]:
        what = "; ".join(f"{name} is not installed, which {asked[name]} asks for" for name in missing)
        gpu = "compute in the environment of envs/gpu.lock (docs/environments.md)"
        fixes = dict.fromkeys(gpu if name in ("vllm", "bitsandbytes") else f"pip install {name}" for name in missing)
        return Finding(check, FAIL, what, "; ".join(fixes))
    return Finding(check, OK, f"{', '.join(asked)}: installed")


def check_compilers(sharding: bool, trains: bool, gpus: int) -> Finding:
    """What compiles at run time: Triton on GPUs; on CPUs DeepSpeed, where jobs ask for sharding.

    `trains`: torch is here, as it is not where jobs are only submitted; `gpus` is how many there are or should be.
    """
    if gpus and trains:
        return _check_for_triton(Path(sysconfig.get_paths()["include"]) / "Python.h")
    check = "compilers"
    # pip puts ninja beside Python; a job has that folder on its path only if the environment is activated.
    missing = [name for name in ("g++", "ninja") if shutil.which(name) is None]
    if not missing:
        return Finding(check, OK, "g++ and ninja are here (DeepSpeed on CPUs builds operations at run time)")
    what = f"{' and '.join(missing)} not on the path: DeepSpeed on CPUs builds operations at run time"
    fix = "module load gcc (or apt-get install g++); pip install ninja, and activate the environment"
    needed = sharding and trains
    return Finding(check, FAIL if needed else NOT_HERE, what, fix if needed else "")


def _check_for_triton(header: Path) -> Finding:
    """A C compiler where Triton looks for one, and the header of Python that it compiles with."""
    check, builds = "compilers", "on GPUs Triton builds kernels at run time (vLLM, Liger, TRL's head)"
    named = os.environ.get("CC")  # taken as it is: no options
    found = shutil.which("gcc") or shutil.which("clang") if named is None else shutil.which(named)
    if found is None:
        what = "no C compiler (gcc or clang) on the path" if named is None else f"CC is '{named}', which is no program"
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
