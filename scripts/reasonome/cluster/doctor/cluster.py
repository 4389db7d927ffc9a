"""SLURM as this node reaches it: controller, partitions, accounting, and how long it remembers jobs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding
from reasonome.core.errors import nearest

LIMIT_SECONDS = 30
_REMEMBERED_SECONDS = 200  # Snakemake looks at its jobs every 180 seconds at the latest


@dataclass(frozen=True)
class Slurm:
    """What the client's programs said; a None was not asked or gave no answer.

    `remembers` is for how many seconds squeue knows a job that has ended (MinJobAge).
    """

    client: bool
    controller: bool = False
    partitions: tuple[str, ...] = ()
    accounting: bool = False
    remembers: int | None = None
    error: str = ""


def read_slurm() -> Slurm:
    """Ask the controller for its partitions and its memory of jobs, and the database for one job's record."""
    if shutil.which("sinfo") is None:
        return Slurm(False)
    partitions, error = _ask(["sinfo", "-h", "-o", "%R"])
    if partitions is None:
        return Slurm(True, error=error)
    accounting, _ = _ask(["sacct", "-n", "-X", "-u", str(os.getuid()), "-S", "now-1minutes", "-o", "jobid"])
    config, _ = _ask(["scontrol", "show", "config"])
    age = re.search(r"^\s*MinJobAge\s*=\s*(\d+) sec", config or "", re.MULTILINE)
    names = tuple(dict.fromkeys(partitions.split()))
    return Slurm(True, True, names, accounting is not None, int(age[1]) if age else None)


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


def check_remembered(slurm: Slurm) -> Finding:
    """Whether squeue knows of a job's end for long enough that Snakemake sees it."""
    check = "ended jobs"
    if not slurm.controller:
        return Finding(check, NOT_HERE, "needs SLURM")
    if slurm.remembers is None:
        fix = "ask for MinJobAge in slurm.conf, which should be 300 seconds"
        return Finding(check, WARN, "scontrol does not say for how long squeue remembers them", fix)
    if slurm.remembers == 0:
        return Finding(check, OK, "squeue remembers them for ever (MinJobAge=0)")
    what = f"squeue remembers them for {slurm.remembers} seconds (MinJobAge)"
    if slurm.remembers >= _REMEMBERED_SECONDS:
        return Finding(check, OK, what)
    what += ": by it Snakemake may miss how a job ended, and wait for ever"
    if slurm.accounting:
        return Finding(
            check, WARN, what, "`slurm-status-command: sacct` in profiles/slurm/config.yaml, if not yet there"
        )
    return Finding(check, FAIL, what, "ask the administrators for MinJobAge=300 in slurm.conf, or for accounting")
