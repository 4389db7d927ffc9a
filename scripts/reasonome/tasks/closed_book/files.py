"""Which files the jobs of the closed book read beside the rows of a benchmark."""

from reasonome.config.project import Project
from reasonome.config.teachers import RecallTeacher
from reasonome.task_parts import Files, Inputs
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.naming.files import of_recital


class ClosedBookFiles(Files[ClosedBookDialogue]):
    """The facts that worlds are drawn from."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The facts of the benchmark's corpus."""
        return Inputs({"facts": project.results.facts(project.benchmarks[benchmark].corpus)})

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """The same: over-representation tests against them."""
        return self.building(project, benchmark)

    def teaching(self, project: Project, benchmark: str, style: str, teacher: str) -> Inputs:
        """What a teacher recites from."""
        spec = project.teachers[teacher]
        assert isinstance(spec, RecallTeacher)  # `ClosedBookChecks.teachers` lets no other pass
        return of_recital(project, spec)

    def audited_sources(self, project: Project, benchmark: str, part: str) -> dict[str, str]:
        """The corpus."""
        return dict.fromkeys(self.corpora(project, benchmark), "")

    def corpora(self, project: Project, benchmark: str) -> list[str]:
        """The corpus whose facts worlds are drawn from."""
        return [project.benchmarks[benchmark].corpus]
