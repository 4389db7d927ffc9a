"""Checks of the closed book's settings."""

from typing import Any

from reasonome.config.project import Project
from reasonome.task_parts import Checks
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue


class ClosedBookChecks(Checks[ClosedBookDialogue]):
    """Checks of entries of benchmarks.yaml."""

    teachers: tuple[str, ...] = ()

    def check_benchmark(self, project: Project, name: str, benchmark: Any) -> None:
        """InputError for an unknown corpus, and for a collection that is none of its sources."""
        folder, file = project.folder, "benchmarks.yaml"
        folder.check_known(file, (name, "corpus"), benchmark.corpus, project.corpora)
        sources = project.corpora[benchmark.corpus].sources
        folder.check_known(file, (name, "collection"), benchmark.collection, sources, "source of the corpus")
