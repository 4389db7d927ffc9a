"""The jobs that an experiment still needs, as Snakemake's own dry-run has them, and what of a machine they may have."""

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from reasonome.cluster.doctor.system import answer_of
from reasonome.config.project import Project
from reasonome.core.errors import InputError, lookup
from reasonome.core.manifest import canonical
from reasonome.training import gpus as gpus_of_machine
from reasonome.training.launcher import gpus_here

_RULE = re.compile(r"\s*(?:local)?rule (\w+):")
_ITEM = re.compile(r"\s+(output|wildcards): (.*)")
SNAKEFILE = Path(__file__).resolve().parents[4] / "Snakefile"


@dataclass(frozen=True)
class Job:
    """One job of a rule, with the files that it writes."""

    rule: str
    wildcards: dict[str, str] = field(hash=False)
    outputs: tuple[str, ...] = ()

    @property
    def backbone(self) -> str:
        """The backbone of the model that the job is about."""
        return self.wildcards["backbone"]

    @property
    def chain(self) -> str:
        """The chain of the model that the job is about."""
        return self.wildcards["chain"]


def still_to_run(project: Project, experiment: str) -> list[Job]:
    """The jobs that `snakemake results/experiments/EXPERIMENT/report.html` would run here and now.

    What is finished is left out, and what has changed since is in, by Snakemake's own rules. InputError for an
    unknown experiment, and with Snakemake's message if it cannot plan.
    """
    lookup(project.experiments, experiment, "experiment")
    snakefile = Path("Snakefile") if Path("Snakefile").is_file() else SNAKEFILE
    if not snakefile.is_file():
        raise InputError("there is no workflow here", file="Snakefile", fix="run it in the project's folder")
    target = project.results.experiment(experiment) / "report.html"
    command = [sys.executable, "-m", "snakemake", "-n", "--nolock", "--nocolor", "--cores", "1", "-s", str(snakefile)]
    # A user's own profile changes no jobs, and one for a cluster would ask the controller.
    environment = {key: value for key, value in os.environ.items() if key != "SNAKEMAKE_PROFILE"}
    done = subprocess.run(
        [*command, *configuration(project), "--", str(target)],
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        # The error alone: before it stands Snakemake's progress, after it its advice.
        printed = done.stdout + done.stderr
        message = re.search(r"^\S*(Error|Exception)\b.*(\n.*){0,11}", printed, re.MULTILINE)
        reason = message[0] if message else printed
        raise InputError(f"Snakemake could not plan the jobs: {reason.strip()}", fix=f"see `snakemake -n {target}`")
    return parse(done.stdout)


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
        Job(rule, _wildcards(items.get("wildcards", "")), _files(items.get("output", "")))
        for rule, items in listed
        if rule != "all"
    ]


def _wildcards(listed: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in re.split(r", (?=\w+=)", listed) if pair)


def _files(listed: str) -> tuple[str, ...]:
    """Files of a list as Snakemake prints it; marks such as `(missing)` after a name are left out."""
    return tuple(re.sub(r" \([^()]*\)$", "", name) for name in listed.split(", ") if name)


def limits(gpus: int | None, cores: int | None) -> tuple[int | None, int | None, str]:
    """GPUs of a node and cores at most, None: as config/resources.yaml asks; and a line that says whose they are.

    What was not told is what jobs ask for where SLURM is, else what is here.
    """
    if _slurm_answers():
        here, whose = (None, None), "of config/resources.yaml, as SLURM is here"
    else:
        here, whose = (_gpus_here(), len(os.sched_getaffinity(0))), "this machine's"
    most, named = [], []
    for told, found, what in zip((gpus, cores), here, ("GPU", "core"), strict=True):
        most.append(found if told is None else told)
        named.append(f"{_in_words(most[-1], what)} ({whose if told is None else 'as told'})")
    return most[0], most[1], f"planned for: {', '.join(named)}; --gpus and --cores plan for others"


def _slurm_answers() -> bool:
    """Whether SLURM is here and its controller answers; its commands alone may be left over."""
    partitions, _ = answer_of(["sinfo", "--noheader"])
    return partitions is not None


def _gpus_here() -> int | None:
    """GPUs of this machine; None where it has some and no torch here to count them."""
    if gpus_of_machine.has_driver() and importlib.util.find_spec("torch") is None:
        return None
    return gpus_here()


def _in_words(count: int | None, what: str) -> str:
    if count is None:
        return f"{what}s as asked for"
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
