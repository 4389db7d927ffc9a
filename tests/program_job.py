"""Programs that read a job alone, as a test runs them."""

import json
import sys
from pathlib import Path
from types import ModuleType
from unittest import mock

from reasonome.compile.trainings import training_job
from reasonome.config import Recipe
from reasonome.config.project import Project, Results, chains
from reasonome.jobs import Job


def run(program: ModuleType, folder: Path, job: Job | dict) -> None:
    """Run a program on a job, or a dictionary with its inputs, outputs and settings, that is put into a folder."""
    text = job.to_json() if isinstance(job, Job) else json.dumps({"rule": program.__name__} | job, default=str)
    (folder / "job.json").write_text(text)
    with mock.patch.object(sys, "argv", [program.__name__, str(folder / "job.json")]):
        program.main()


def of_training(project: Project, recipe: Recipe, folder: Path) -> None:
    """Write the job.json of a step into its folder, results/models/BACKBONE/CHAIN."""
    project.results = Results(folder.parents[2])
    outputs = {"manifest": folder / "manifest.json"}
    job = training_job(project, recipe, (folder.parent.name, chains.parent(folder.name)), outputs)
    (folder / "manifest.job.json").write_text(job.to_json())
