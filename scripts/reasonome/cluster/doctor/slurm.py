"""SLURM as this node reaches it: controller, partitions, and how Snakemake can follow jobs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding
from reasonome.core.errors import nearest

LIMIT_SECONDS = 30
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
    partitions, error = _ask(["sinfo", "-h", "-o", "%R"])
    if partitions is None:
        return Slurm(True, error=error)
    accounting, _ = _ask(["sacct", "-n", "-X", "-u", str(os.getuid()), "-S", "now-1minutes", "-o", "jobid"])
    config, _ = _ask(["scontrol", "show", "config"])
    age = re.search(r"^\s*MinJobAge\s*=\s*(\d+) sec", config or "", re.MULTILINE)
    return Slurm(True, tuple(dict.fromkeys(partitions.split())), accounting is not None, int(age[1]) if age else None)


def _ask(command: list[str]) -> tuple[str | None, str]:
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
