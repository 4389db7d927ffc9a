"""Runs the rules of a rehearsal, and says of each arm how it ended."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from reasonome.cluster import plan
from reasonome.cluster.rehearsal import forking
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import cells
from reasonome.core import atomic
from reasonome.core.errors import InputError


class Failure(BaseModel):
    """A job that failed, in words, and its log."""

    job: str
    log: Path

    @property
    def reason(self) -> str:
        """What the job said last: what is wrong and the fix, where it says so, else the last line of its log."""
        written = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.is_file() else []
        lines = [line.strip() for line in written if line.strip()]
        begun = max((place for place, line in enumerate(lines) if line.startswith("error: ")), default=-1)
        return " ".join(lines[begun:]) or "it wrote nothing"

    def is_of(self, backbone: str, chain: str) -> bool:
        """Whether it trained or asked a model of this chain, or one that it was made from."""
        return any(f"{self.log.stem}.".startswith(f"{backbone}.{own}.") for own in chains.lineage(chain))


class Outcome(NamedTuple):
    """How an arm of a backbone ended: the first of its own jobs that failed, and whether it was scored to its end."""

    backbone: str
    arm: str
    failure: Failure | None
    done: bool


@contextmanager
def forked() -> Iterator[str]:
    """What starts programs of jobs in place of Python while the block runs: each is a copy of this process at its
    beginning, which should have no other threads and have computed nothing."""
    # As jobs have it (workflow/rules/project.smk), for what is read when packages are imported.
    os.environ.update({"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "GOMP_SPINCOUNT": "1000"} | os.environ)
    with tempfile.TemporaryDirectory(prefix="reasonome-") as folder:
        running = forking.start(folder)
        try:
            yield shlex.quote(f"{folder}/{forking.PYTHON}")
        finally:
            os.close(running)


def make(project: Project, snakefile: Path, targets: Sequence[Path], cores: int, python: str = "") -> list[Failure]:
    """The jobs that failed while Snakemake made targets of a project; it goes on with what needs none of them.

    `python` starts the programs of jobs. InputError where Snakemake fails before it runs a job.
    """
    failures = project.results.root / "failures.jsonl"
    atomic.write_text(failures, "")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--cores", str(cores), "--keep-going"]
    command += ["--rerun-incomplete", "--logger", "stages", "--logger-stages-failures", str(failures)]
    done = subprocess.run(
        [*command, *plan.configuration(project), *([f"python={python}"] if python else []), "--", *map(str, targets)],
        env=plan.environment() | {"REASONOME_QUIET": "1"},
        stdout=subprocess.DEVNULL,
    )
    failed = [Failure.model_validate(row) for row in atomic.read_jsonl(failures)]
    if done.returncode and not failed:
        fix = f"see `snakemake -n --config folder={project.root} -- {targets[0]}`"
        raise InputError("Snakemake could not plan or run the rehearsal", fix=fix)
    return failed


def outcomes(project: Project, experiment: str, failures: Sequence[Failure]) -> list[Outcome]:
    """How each arm of an experiment ended whose targets were made as far as they could be."""
    ended: dict[tuple[str, str], Outcome] = {}
    for run in cells(project, experiment):
        failed = next((one for one in failures if one.is_of(run.backbone, run.chain)), None)
        done = project.results.scores(run).is_file()
        before = ended.get((run.backbone, run.arm), Outcome(run.backbone, run.arm, None, True))
        own = Outcome(run.backbone, run.arm, before.failure or failed, before.done and done)
        ended[run.backbone, run.arm] = own
    return [*ended.values()]
