"""Limits of this node for one job: open files, memory."""

from pathlib import Path

from reasonome.cluster.doctor.finding import FAIL, OK, WARN, Finding
from reasonome.core import memory_limits

OPEN_FILES = 4096


def check_open_files(soft: int, hard: int) -> Finding:
    """The limit of open files; -1 is none."""
    check = "open files"
    if soft == -1 or soft >= OPEN_FILES:
        return Finding(check, OK, "no limit" if soft == -1 else f"{soft}")
    reach = "" if hard == -1 or hard >= OPEN_FILES else f", the hard limit is {hard}: ask the administrators"
    return Finding(check, WARN, f"{soft}: data loaders and many processes open more{reach}", f"ulimit -n {OPEN_FILES}")


def read_memory(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = memory_limits.ROOT) -> tuple[float, float | None]:
    """GB of this node, and of the control group that this process is limited to, if it is."""
    total = 0.0
    for line in meminfo.read_text(encoding="utf-8").splitlines():
        if line.startswith("MemTotal:"):
            total = int(line.split()[1]) * 1024 / 1e9
    lowest = min((limit / 1e9 for limit in memory_limits.of_control_groups(cgroup)), default=None)
    return total, lowest if lowest is not None and lowest < total else None


def check_memory(total: float, limit: float | None, asked: float, in_job: bool) -> Finding:
    """GB of the node, or of this job, against the most that a job of training asks for."""
    check = "memory"
    have = total if limit is None else limit
    what = f"{have:,.0f} GB" + (f" by the control group, of {total:,.0f}" if limit is not None else "")
    # Without SLURM a request is an upper bound; SLURM's own nodes are other than the one that submits.
    if in_job and limit is not None and have < 0.95 * asked:
        fix = f"start this job with --mem={asked:g}G, or lower `memory_gb` in config/resources.yaml"
        return Finding(check, FAIL, f"{what}; jobs ask for {asked:g}", fix)
    if have < asked:
        fix = f"a node with more for these jobs, or lower `memory_gb: {asked:g}` in config/resources.yaml"
        return Finding(check, WARN, f"{what}; config/resources.yaml asks for up to {asked:g}", fix)
    return Finding(check, OK, f"{what}; jobs ask for up to {asked:g}")
