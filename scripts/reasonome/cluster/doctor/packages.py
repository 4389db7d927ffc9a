"""Whether the packages that decide results and speed are those of a lock, and jobs can be submitted."""

import re
from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from reasonome.cluster.doctor.finding import NOT_HERE, OK, WARN, Finding

PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "deepspeed", "vllm", "datasets", "tokenizers")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    """Package → version of a lock; none where the file is not there."""
    lines = _PIN.findall(lock.read_text(encoding="utf-8")) if lock.is_file() else []
    return {name.lower().replace("_", "-"): version.partition("+")[0] for name, version in lines}


def installed() -> dict[str, str]:
    """Package → version, of PACKAGES that are installed; torch 2.13.0+cpu is 2.13.0."""
    here = [name for name in PACKAGES if any(metadata.Distribution.discover(name=name))]
    return {name: metadata.version(name).partition("+")[0] for name in here}


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
