"""Checks of the system that jobs run in: its disks, the packages that are installed, and SLURM."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import psutil

from reasonome.cluster.doctor import FAIL, NOT_HERE, OK, WARN, Finding
from reasonome.core.errors import nearest

LOCAL = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs")
TEMPORARY = ("tmpfs", "ramfs", "overlay")  # in memory, or inside a container


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    return next(place for place in (path, *path.parents) if place.exists())


def check_free(path: Path, needed: float, experiment: str) -> Finding:
    """GB free to this user where the path is, or will be, against those needed."""
    free = shutil.disk_usage(existing(path)).free / 1e9
    what = f"{free:,.0f} GB free in {path}, {needed:,.0f} needed"
    if free >= needed:
        return Finding("disk", OK, what)
    fix = (
        f"free some, or set `results:` in config/config.yaml to a larger disk; `reasonome plan {experiment}` counts it"
    )
    return Finding("disk", FAIL, what, fix)


def file_system(path: Path) -> str:
    """The type of file system that a path is on, or will be."""
    place = existing(path).resolve()
    mounts = {Path(mount.mountpoint): mount.fstype for mount in psutil.disk_partitions(all=True)}
    return next((mounts[above] for above in (place, *place.parents) if above in mounts), "unknown")


def check_shared(path: Path, kind: str, has_slurm: bool) -> Finding:
    """Whether results stay, and other nodes can see them: on a cluster they have to."""
    check = "file system"
    if kind in TEMPORARY:
        fix = "set `results:` in config/config.yaml to a folder on a disk, or bind one there (`--bind`, `-v`)"
        return Finding(check, WARN, f"{path} is on {kind}, and gone with the node or the container", fix)
    if has_slurm and kind in LOCAL:
        fix = "put the project on the cluster's shared file system: jobs on other nodes cannot see this"
        return Finding(check, WARN, f"{path} is on {kind}, which looks like this node's own disk", fix)
    return Finding(check, OK, f"{path} is on {kind}")


def check_writing(folder: Path) -> Finding:
    """Write a file in the folder, or the nearest above it."""
    check, place = "writing", existing(folder)
    if folder.is_symlink() and not folder.exists():
        what = f"{folder} points to {os.readlink(folder)}, which is not there on this node"
        return Finding(check, FAIL, what, "let it point to a place that every node mounts")
    try:
        with tempfile.TemporaryFile(dir=place):
            return Finding(check, OK, f"{place}: files can be written")
    except OSError as error:
        fix = "set `results:` in config/config.yaml to a folder that you may write to"
        return Finding(check, FAIL, f"{place}: {error.strerror}", fix)


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


LIMIT_SECONDS = 30  # of a program of SLURM
LOOKED_AT_SECONDS = 200  # Snakemake looks at its jobs every 180 seconds at the latest


@dataclass(frozen=True)
class Slurm:
    """Readings of the client's programs; `error` is why the controller gave no answer.

    `remembers` is for how many seconds squeue knows a job that has ended (MinJobAge), 0 for ever; None: unknown.
    """

    client: bool
    partitions: tuple[str, ...] = ()
    accounting: bool = False
    remembers: int | None = None
    error: str = ""


def read_slurm() -> Slurm:
    """Ask the controller for its partitions and its memory of jobs, and the database for one job's record."""
    if shutil.which("sinfo") is None:
        return Slurm(False)
    partitions, error = answer_of(["sinfo", "-h", "-o", "%R"])
    if partitions is None:
        return Slurm(True, error=error)
    accounting, _ = answer_of(["sacct", "-n", "-X", "-u", str(os.getuid()), "-S", "now-1minutes", "-o", "jobid"])
    config, _ = answer_of(["scontrol", "show", "config"])
    age = re.search(r"^\s*MinJobAge\s*=\s*(\d+) sec", config or "", re.MULTILINE)
    return Slurm(True, tuple(dict.fromkeys(partitions.split())), accounting is not None, int(age[1]) if age else None)


def answer_of(command: list[str]) -> tuple[str | None, str]:
    """The output of a program (None if it failed), and its complaint."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        return None, f"{command[0]}: {type(error).__name__}"
    complaint = done.stderr.strip().splitlines()
    # sacct without a database says so and yet exits with 0 in some releases.
    if done.returncode or any("disabled" in line or "error" in line.lower() for line in complaint):
        return None, complaint[-1] if complaint else f"{command[0]} ended with {done.returncode}"
    return done.stdout, ""


def check_controller(slurm: Slurm, asked: Iterable[str]) -> Finding:
    """Whether jobs can be submitted from here, to the partitions that they ask for."""
    check = "SLURM"
    if not slurm.client:
        return Finding(check, NOT_HERE, "no client (sinfo): jobs run on this machine alone")
    if slurm.error:
        fix = "`scontrol ping`, on a login node; without a controller every start of Snakemake waits for it"
        return Finding(check, FAIL if "SLURM_JOB_ID" in os.environ else WARN, f"no answer: {slurm.error}", fix)
    wanted = [name for names in asked for name in names.split(",")]
    if unknown := [name for name in wanted if name not in slurm.partitions]:
        what = f"config/resources.yaml asks for partition '{unknown[0]}', which is not there"
        return Finding(check, FAIL, what, nearest(unknown[0], slurm.partitions))
    return Finding(check, OK, f"partitions {', '.join(slurm.partitions)}")


def check_following(slurm: Slurm) -> Finding:
    """Whether squeue knows of a job's end for long enough that Snakemake sees it, or else sacct."""
    check = "ended jobs"
    if not slurm.client or slurm.error:
        return Finding(check, NOT_HERE, "needs SLURM")
    if slurm.remembers is None:
        fix = "ask for MinJobAge in slurm.conf, which should be 300 seconds"
        return Finding(check, WARN, "scontrol does not say for how long squeue remembers them", fix)
    accounting = "sacct answers" if slurm.accounting else "no accounting: keep `slurm-status-command: squeue`"
    what = f"squeue remembers them for {slurm.remembers} seconds (MinJobAge; 0 is for ever); {accounting}"
    if slurm.remembers == 0 or slurm.remembers >= LOOKED_AT_SECONDS:
        return Finding(check, OK, what)
    what = f"squeue forgets them after {slurm.remembers} seconds (MinJobAge): Snakemake may wait for ever"
    if slurm.accounting:
        return Finding(check, WARN, what, "`slurm-status-command: sacct` in profiles/slurm/config.yaml")
    return Finding(check, FAIL, what, "ask the administrators for MinJobAge=300 in slurm.conf, or for accounting")
