"""SLURM as this node reaches it: controller, partitions, accounting."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from reasonome.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding
from reasonome.errors import nearest

LIMIT_SECONDS = 30


@dataclass(frozen=True)
class Slurm:
    """What the client's programs said; a None was not asked or gave no answer."""

    client: bool
    controller: bool = False
    partitions: tuple[str, ...] = ()
    accounting: bool = False
    error: str = ""


def read_slurm() -> Slurm:
    """Ask the controller for its partitions, and the database for one job's record."""
    if shutil.which("sinfo") is None:
        return Slurm(False)
    partitions, error = _ask(["sinfo", "-h", "-o", "%R"])
    if partitions is None:
        return Slurm(True, error=error)
    accounting, _ = _ask(["sacct", "-n", "-X", "-u", str(os.getuid()), "-S", "now-1minutes", "-o", "jobid"])
    return Slurm(True, True, tuple(dict.fromkeys(partitions.split())), accounting is not None)


def _ask(command: list[str]) -> tuple[str | None, str]:
    """What a program printed (None if it failed), and its complaint."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        return None, f"{command[0]}: {type(error).__name__}"
    complaint = done.stderr.strip().splitlines()
    # sacct without a database says so and yet exits with 0 in some releases.
    if done.returncode or any("disabled" in line or "error" in line.lower() for line in complaint):
        return None, complaint[-1] if complaint else f"{command[0]} ended with {done.returncode}"
    return done.stdout, ""


def check_controller(slurm: Slurm) -> Finding:
    """Whether jobs can be submitted from here."""
    check = "SLURM"
    if not slurm.client:
        return Finding(check, NOT_HERE, "no client (sinfo): jobs run on this machine alone")
    if not slurm.controller:
        fix = "`scontrol ping`, on a login node; without a controller every start of Snakemake waits for it"
        return Finding(check, FAIL if "SLURM_JOB_ID" in os.environ else WARN, f"no answer: {slurm.error}", fix)
    return Finding(check, OK, f"partitions {', '.join(slurm.partitions)}")


def check_partitions(slurm: Slurm, asked: Iterable[str]) -> Finding:
    """Whether the partitions that jobs ask for are there."""
    check = "partitions"
    wanted = list(dict.fromkeys(name for names in asked for name in names.split(",")))
    if not slurm.controller:
        return Finding(check, NOT_HERE, "needs SLURM")
    if unknown := [name for name in wanted if name not in slurm.partitions]:
        what = f"config/resources.yaml asks for '{unknown[0]}', which is not there"
        return Finding(check, FAIL, what, nearest(unknown[0], slurm.partitions))
    return Finding(check, OK, f"{', '.join(wanted)}: there" if wanted else "none is asked for: the cluster's default")


def check_accounting(slurm: Slurm) -> Finding:
    """Whether jobs can be followed by sacct, or by squeue alone."""
    check = "accounting"
    if not slurm.controller:
        return Finding(check, NOT_HERE, "needs SLURM")
    if slurm.accounting:
        return Finding(check, OK, "sacct answers; profiles/slurm follows jobs by squeue, which works without it too")
    fix = "keep `slurm-status-command: squeue` in profiles/slurm/config.yaml: with sacct a run would wait for ever"
    return Finding(check, WARN, "sacct gives no answer: this cluster has no database", fix)
