"""Steps of an experiment that would train a model on what a benchmark of it tests."""

from typing import TYPE_CHECKING

from reasonome.config import Experiment
from reasonome.tasks import registry

if TYPE_CHECKING:
    from reasonome.config.project import Project


def check_leaks(project: "Project", file: str, experiment: Experiment) -> None:
    """No step of any arm trains on what a benchmark of the experiment tests."""
    for arm, spec in experiment.arms.items():
        for position, step in enumerate(spec.steps):
            stage, variant = step.split(".")
            for benchmark in experiment.benchmarks:
                checks = registry.part(project.benchmarks[benchmark].task, "checks")
                for part in project.recipes[stage][variant].parts:
                    if leak := checks.leak(project, part, benchmark):
                        what, fix = leak
                        raise project.folder.error(file, ("arms", arm, "steps", position), f"'{step}' {what}", fix)
