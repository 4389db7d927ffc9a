"""What orchestration costs in a finished run: its wall time without the time in which any job was running.

make demo
python speed/overhead.py                     # of the newest whole run in .snakemake/; runs nothing again

The wall time goes from the start of `snakemake`, the loading of itself included (measured now), to the last line of its
log. A job runs from when Snakemake started it to its newest output, as Snakemake's records have it; jobs side by side
count once. What is left is orchestration: reading the rules, building the graph, choosing jobs, starting their shells
and recording what they made. That is what must be at most 5 %.

Beside it stands what jobs spend before their programs do anything, which is a cost of having one process per job:
starting Python and importing, measured now for each program as its `--help`, times how often it ran. It is added up
over jobs that ran side by side, so it is no less than what the run lost to it.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from measuring import Check, report
from tqdm import tqdm

from reasonome.core.errors import InputError, run_program

MOST = 0.05  # of the wall time
SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
TIMES = 2  # starts of a program, of which the faster counts: the first may have to read files
_STEPS = re.compile(r"^(\d+) of (\d+) steps \(100%\) done$", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """One job of a run: seconds since the epoch, and the programs that it called."""

    started: float
    ended: float
    programs: tuple[str, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("."), help="where the run was: it holds .snakemake")
    parser.add_argument("--log", type=Path, help="of the run; the newest whole one with most steps if not given")
    parser.add_argument("--rows", type=Path, help="also write the rows here, as JSON")
    given = parser.parse_args()
    log = given.log or longest_run(given.folder / ".snakemake" / "log")
    begun, ended = span(log)
    jobs = jobs_between(given.folder / ".snakemake" / "metadata", begun, ended)
    if not jobs:
        raise InputError(
            "no job of this run is recorded", file=log, fix="its outputs were made anew since: run it again"
        )
    loading = fastest_start([sys.executable, "-m", "snakemake", "--version"])
    wall, busy = ended - begun + loading, covered([(job.started, job.ended) for job in jobs])
    share = (wall - busy) / wall
    starts = Counter(program for job in jobs for program in job.programs)
    bar = tqdm(starts.items(), desc="starting programs", delay=5)
    starting = sum(count * fastest_start([sys.executable, str(SCRIPTS / program), "--help"]) for program, count in bar)
    print(f"{len(jobs)} jobs in {wall:.1f} s; one or more ran for {busy:.1f} s")
    checks = [
        Check("overhead: orchestration", f"{wall - busy:.1f} s, {share:.1%}", f"≤ {MOST:.0%}", share <= MOST),
        Check("overhead: jobs' starts of Python and imports, added up", f"{starting:.1f} s, {starting / wall:.1%}"),
        Check("overhead: both", f"{wall - busy + starting:.1f} s, {share + starting / wall:.1%}"),
    ]
    return report([], checks, given.rows)


def longest_run(folder: Path) -> Path:
    """The log of the whole run with most steps, the newest of equals; InputError where there is none."""
    whole = [(int(found[1]), path.name, path) for path in folder.glob("*.log") if (found := last_steps(path))]
    if not whole:
        raise InputError(
            "no run has finished here", file=folder, fix="make demo, then give the folder where it was made"
        )
    return max(whole)[2]


def last_steps(log: Path) -> re.Match | None:
    """Where a log says that all steps are done, if it does."""
    found = list(_STEPS.finditer(log.read_text(encoding="utf-8", errors="replace")))
    return found[-1] if found and found[-1][1] == found[-1][2] else None


def span(log: Path) -> tuple[float, float]:
    """When a run began, by the name of its log, and when it wrote the last line."""
    stamp = log.name.removesuffix(".snakemake.log")
    return datetime.strptime(stamp, "%Y-%m-%dT%H%M%S.%f").timestamp(), log.stat().st_mtime


def jobs_between(metadata: Path, begun: float, ended: float) -> list[Job]:
    """The jobs that Snakemake recorded in this time; a job is recorded once per output."""
    found: dict[tuple, Job] = {}
    for path in metadata.rglob("*"):
        if not path.is_file():
            continue
        record = json.loads(path.read_text(encoding="utf-8"))
        started, finished = record["starttime"], record["endtime"]
        if started is None or not begun <= started <= ended:
            continue
        # One job's outputs are recorded with starts that differ by milliseconds.
        key = (record["rule"], record["shellcmd"])
        before = found.get(key, Job(started, finished, called_programs(record["shellcmd"])))
        found[key] = Job(min(before.started, started), max(before.ended, finished), before.programs)
    return list(found.values())


def called_programs(command: str | None) -> tuple[str, ...]:
    """The file names of the scripts/ programs that a job's command calls; the launcher becomes the one it launches."""
    paths = map(Path, shlex.split(command or ""))
    return tuple(p.name for p in paths if p.suffix == ".py" and p.parent.name == "scripts" and p.name != "launch.py")


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """The length of the union of spans."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def fastest_start(command: Sequence[str]) -> float:
    """Seconds of a command that does nothing but load; InputError where it fails."""
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise InputError(f"{shlex.join(command[1:])} failed", fix="run it by hand to see why")
        seconds.append(time.perf_counter() - started)
    return min(seconds)


if __name__ == "__main__":
    run_program(main)
