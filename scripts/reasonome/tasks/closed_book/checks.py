"""Checks of the closed book's settings."""

from typing import Any

from reasonome.config import Recipe
from reasonome.config.project import Project
from reasonome.facts.wording import RELATIONS
from reasonome.task_parts import Checks
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue


class ClosedBookChecks(Checks[ClosedBookDialogue]):
    """Checks of entries of benchmarks.yaml."""

    teachers: tuple[str, ...] = ("recall",)

    def check_benchmark(self, project: Project, name: str, benchmark: Any) -> None:
        """InputError for an unknown relation, a collection that is no source of the corpus, and `leave_out`."""
        folder, file = project.folder, "benchmarks.yaml"
        sources = project.corpora[benchmark.corpus].sources
        folder.check_known(file, (name, "collection"), benchmark.collection, sources, "source of the corpus")
        if benchmark.hierarchy is not None:
            folder.check_known(file, (name, "hierarchy"), benchmark.hierarchy, sources, "source of the corpus")
        folder.check_known(file, (name, "relation"), benchmark.relation, RELATIONS)
        if benchmark.leave_out:
            what = "the parts of a closed book keep apart what is never asked, and nothing else is left out"
            raise folder.error(file, (name, "leave_out"), what, "remove it")

    def leak(self, project: Project, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
        """None: the leak audit looks for never-asked pathways among the questions of every closed book."""
        return None
