"""Runs the rules of a rehearsal, and says of each arm how it ended."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from reasonome.cluster.plan import configuration
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import cells
from reasonome.core import atomic
from reasonome.core.errors import InputError


class Failure(BaseModel):
    """A job that failed, in words, and its log."""

    job: str
    log: Path

    @property
    def last_line(self) -> str:
        """What the job wrote last."""
        written = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.is_file() else []
        return next((line.strip() for line in reversed(written) if line.strip()), "it wrote nothing")

    def is_of(self, backbone: str, chain: str) -> bool:
        """Whether it trained or asked a model of this chain, or one that it was made from."""
        return any(f"{self.log.stem}.".startswith(f"{backbone}.{own}.") for own in chains.lineage(chain))


class Outcome(NamedTuple):
    """How an arm of a backbone ended: with the first job that failed for it, or none."""

    backbone: str
    arm: str
    failure: Failure | None


def make(project: Project, snakefile: Path, targets: Sequence[Path], cores: int) -> list[Failure]:
    """The jobs that failed while Snakemake made targets of a project; it goes on with what needs none of them.

    InputError where Snakemake fails before it runs a job.
    """
    failures = project.results.root / "failures.jsonl"
    atomic.write_text(failures, "")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--cores", str(cores), "--keep-going"]
    command += ["--rerun-incomplete", "--logger", "stages", "--logger-stages-failures", str(failures)]
    # A user's own profile may send jobs to a cluster, which is asked later.
    environment = {key: value for key, value in os.environ.items() if key != "SNAKEMAKE_PROFILE"}
    done = subprocess.run(
        [*command, *configuration(project), "--", *map(str, targets)],
        env=environment | {"REASONOME_QUIET": "1"},
        stdout=subprocess.DEVNULL,
    )
    failed = [Failure.model_validate(row) for row in atomic.read_jsonl(failures)]
    if done.returncode and not failed:
        fix = f"see `snakemake -n --config folder={project.root} -- {targets[0]}`"
        raise InputError("Snakemake could not plan or run the rehearsal", fix=fix)
    return failed


def outcomes(project: Project, experiment: str, failures: Sequence[Failure]) -> list[Outcome]:
    """How each arm of an experiment ended whose targets were made as far as they could be."""
    models = {}
    for run in cells(project, experiment):
        models.setdefault((run.backbone, run.arm), []).append(run)
    ended = []
    for (backbone, arm), runs in models.items():
        missing = [run for run in runs if not project.results.scores(run).is_file()]
        own = [one for one in failures if any(one.is_of(backbone, run.chain) for run in runs)]
        of_all = [one for one in failures if missing]  # such as its questions, which could not be built
        ended.append(Outcome(backbone, arm, next(iter([*own, *of_all]), None)))
    return ended
