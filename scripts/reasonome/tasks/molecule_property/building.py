"""Benchmarks of molecule properties: questions from tables, split by scaffold."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.tasks.molecule_property import questions
from reasonome.tasks.molecule_property.task import MoleculeProperty
from reasonome.tasks.verified import building


def build(task: MoleculeProperty, project: Project, name: str, folder: Path) -> None:
    """Write the splits of a benchmark, what was left out and why, and the audit. InputError as of `questions.read`."""
    building.build(task, project, name, folder, questions.read)
