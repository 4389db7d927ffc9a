"""Benchmarks of gene classes: questions from lists and facts, split by family."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.tasks.gene_classification import questions
from reasonome.tasks.gene_classification.task import GeneClassification
from reasonome.tasks.verified import building


def build(task: GeneClassification, project: Project, name: str, folder: Path) -> None:
    """Write the splits of a benchmark, what was left out and why, and the audit. InputError as of `questions.read`."""
    building.build(task, project, name, folder, questions.read)
