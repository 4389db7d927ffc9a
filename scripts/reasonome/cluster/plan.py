"""The jobs that an experiment still needs, what they ask for, and how long finished ones like them took."""

import math
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from reasonome.config.project import Project, job_resources
from reasonome.config.project.folder import checkout
from reasonome.core import atomic
from reasonome.core.errors import InputError, lookup
from reasonome.core.manifest import canonical
from reasonome.training import gpus

_RULE = re.compile(r"\s*(?:local)?rule (\w+):")
_ITEM = re.compile(r"\s+(output|wildcards|resources): (.*)")
_TIMES_MEASURED = 3  # a request is about so many times what was measured


class Run(BaseModel):
    """What a finished job measured, by its run.json: `processes` and `gpus` of all nodes, `threads` of a process."""

    seconds: float
    threads: int = 1
    processes: int = 1
    gpus: int = 0
    device: str = "cpu"

    @property
    def machine(self) -> str:
        """The cores or GPUs that it ran on."""
        if self.device == "cpu":
            return _counted(self.processes * self.threads, "core")
        return f"{self.gpus or self.processes} × {self.device}"


@dataclass(frozen=True)
class Job:
    """One job of a dry-run; `resources` are its requests that are numbers."""

    rule: str
    wildcards: dict[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    resources: dict[str, int] = field(default_factory=dict)

    @property
    def local(self) -> bool:
        """Whether it runs where Snakemake does, and asks for nothing."""
        return "runtime" not in self.resources

    @property
    def run(self) -> Path | None:
        """The run.json that it writes; None if it measures nothing."""
        return next((Path(name) for name in self.outputs if name.endswith("run.json")), None)

    @property
    def step(self) -> str:
        """The step that it trains, as stage.variant; "" if it trains nothing."""
        last = self.wildcards.get("chain", "").rpartition("+")[2]
        return last.rpartition("-s")[0] if last.startswith(f"{self.rule}.") else ""

    @property
    def name(self) -> tuple[str, str, str]:
        """Rule, backbone, and step or question; the rule alone for jobs that neither train nor ask a model."""
        if self.run is None:
            return self.rule, "", ""
        asked = [value for key, value in self.wildcards.items() if key not in ("backbone", "chain")]
        return self.rule, self.wildcards["backbone"], self.step or ".".join(asked)


@dataclass(frozen=True)
class Line:
    """Jobs with one name and one request. Cores, GPUs and memory (GB) are those of all nodes of a job."""

    name: tuple[str, str, str]
    jobs: int
    minutes: int
    cores: int
    gpus: int
    memory_gb: float
    runs: list[Run]

    @property
    def hours(self) -> float:
        """Hours of GPUs that all jobs ask for, or of cores if they ask for no GPU."""
        return self.jobs * self.minutes * (self.gpus or self.cores) / 60

    @property
    def unit(self) -> str:
        """The unit of `hours`."""
        return "GPU-h" if self.gpus else "core-h"

    @property
    def took(self) -> str:
        """The longest time that such a job took on each kind of machine; "" if none has run."""
        longest = {}
        for run in sorted(self.runs, key=lambda run: run.seconds):
            longest[run.machine] = run.seconds
        return "; ".join(f"{_time(seconds)} on {machine}" for machine, seconds in longest.items())

    @property
    def warning(self) -> str:
        """What to ask for if a job took longer, on what is asked for, than the request is; else ""."""
        alike = [run.seconds / 60 for run in self.runs if (run.device == "cpu") == (self.gpus == 0)]
        if not alike or max(alike) <= self.minutes:
            return ""
        took, more = math.ceil(max(alike)), math.ceil(_TIMES_MEASURED * max(alike))
        asked = f"took {took:,} minutes, and asks for {self.minutes:,}: set `minutes: {more}` in config/resources.yaml"
        return f"warning: {' '.join(self.name)} {asked}"


def still_to_run(project: Project, experiment: str) -> list[Job]:
    """The jobs that `snakemake results/experiments/EXPERIMENT/report.html` would run here and now.

    What is finished is left out, and what has changed since is in, by Snakemake's own rules. InputError for an
    unknown experiment, and as of `dry_run`.
    """
    lookup(project.experiments, experiment, "experiment")
    return parse(dry_run(project, project.results.experiment(experiment) / "report.html"))


def dry_run(project: Project, target: Path, *options: str) -> str:
    """What Snakemake says that it would do for a target. InputError with its message if it cannot plan."""
    snakefile = checkout(project.root) / "Snakefile"
    command = [sys.executable, "-m", "snakemake", "-n", "--nolock", "--nocolor", "--cores", "1", "-s", str(snakefile)]
    done = subprocess.run(
        [*command, *options, *configuration(project), "--", str(target)],
        capture_output=True,
        text=True,
        env=environment(),
    )
    if done.returncode:
        # The error alone: before it stands Snakemake's progress, after it its advice.
        printed = done.stdout + done.stderr
        message = re.search(r"^\S*(Error|Exception)\b.*(\n.*){0,11}", printed, re.MULTILINE)
        reason = message[0] if message else printed
        raise InputError(f"Snakemake could not plan the jobs: {reason.strip()}", fix=f"see `snakemake -n {target}`")
    return done.stdout


def environment() -> dict[str, str]:
    """What Snakemake runs in: without a user's own profile, which may send jobs to a cluster or ask its controller."""
    return {key: value for key, value in os.environ.items() if key != "SNAKEMAKE_PROFILE"}


def configuration(project: Project) -> list[str]:
    """The option of Snakemake's command line that tells it a project's configuration."""
    given = [f"{key}={canonical(value)}" for key, value in project.folder.given.items()]
    return ["--config", f"folder={project.root}", *given]


def parse(text: str) -> list[Job]:
    """The jobs of a dry-run's output."""
    listed: list[tuple[str, dict[str, str]]] = []
    for line in text.splitlines():
        if heading := _RULE.fullmatch(line):
            listed.append((heading[1], {}))
        elif listed and (item := _ITEM.fullmatch(line)):
            listed[-1][1].setdefault(item[1], item[2])
    return [
        Job(
            rule,
            dict(re.findall(r"(\w+)=(.*?)(?:, (?=\w+=)|$)", items.get("wildcards", ""))),
            # Marks such as `(missing)` stand after a name.
            tuple(re.sub(r" \([^()]*\)$", "", name) for name in items.get("output", "").split(", ")),
            {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)(?=,|$)", items.get("resources", ""))},
        )
        for rule, items in listed
        if rule != "all"
    ]


def lines(jobs: list[Job]) -> list[Line]:
    """The lines of all jobs but local ones: those that train or ask models first, by name."""
    alike: dict[tuple[tuple[str, str, str], tuple[int, int, int, float]], list[Job]] = defaultdict(list)
    for job in jobs:
        if not job.local:
            asked = defaultdict(int, {"cpus": 1, "nodes": 1} | job.resources)
            cores, gpus, mb = (asked[name] * asked["nodes"] for name in ("cpus", "gpus_per_node", "mem_mb"))
            alike[job.name, (asked["runtime"], cores, gpus, mb / 1000)].append(job)
    found = [Line(name, len(same), *request, measured(same[0])) for (name, request), same in alike.items()]
    return sorted(found, key=lambda line: (not line.name[1], line.name))


def measured(job: Job) -> list[Run]:
    """The runs of finished jobs that differ from this one in the seed or in earlier steps alone, or in the model asked.

    InputError for a run.json that cannot be read.
    """
    if job.run is None:
        return []
    folder = next(parent for parent in job.run.parents if parent.name == job.wildcards["chain"])
    chain = re.compile(rf"(.*\+)?{re.escape(job.step)}-s\d+" if job.step else ".*")
    chains = sorted(other for other in folder.parent.glob("*") if chain.fullmatch(other.name))
    found = [other / job.run.relative_to(folder) for other in chains]
    return [atomic.read_model(path, Run, "run its job again, or remove the file") for path in found if path.is_file()]


def without_gpu(project: Project, jobs: list[Job]) -> list[str]:
    """A warning for each setting by which a job cannot run on this machine, if it has no GPU."""
    if gpus.within_reach():
        return []
    asked = ((job.rule, job.wildcards.get("backbone", ""), job.wildcards.get("chain", "")) for job in jobs)
    found = (job_resources.without_gpu(project, *about) for about in asked)
    return list(dict.fromkeys(f"warning: {mistake}" for mistake in found if mistake))


def text(jobs: list[Job], experiment: str) -> str:
    """The table of an experiment's jobs, with sums and warnings."""
    if not jobs:
        return f"'{experiment}' is finished: nothing is left to run"
    table = lines(jobs)
    rows: list[tuple[str, ...]] = [
        ("rule", "backbone", "step or question", "jobs", "GPUs", "cores", "GB", "minutes", "hours", "one took")
    ]
    for line in table:
        request = (line.jobs, line.gpus or "–", line.cores, f"{line.memory_gb:g}", line.minutes)
        rows.append((*line.name, *map(str, request), f"{line.hours:,.1f} {line.unit}", line.took or "–"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    local = Counter(job.rule for job in jobs if job.local)
    sums = [f"{sum(line.hours for line in table if line.unit == unit):,.1f} {unit}" for unit in ("GPU-h", "core-h")]
    totals = [
        f"asked for: {' and '.join(sums)}, by config/resources.yaml; a machine without as much gives what it has",
        f"where Snakemake runs: {', '.join(f'{count} {rule}' for rule, count in local.items()) or 'no jobs'}",
        f"`reasonome rehearse {experiment}` runs it all here first, in minutes, with all that costs made small",
    ]
    return "\n".join([*shown, "", *totals, *(line.warning for line in table if line.warning)])


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
