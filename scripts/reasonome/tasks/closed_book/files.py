"""Which files the jobs of the closed book read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.config.teachers import RecallTeacher
from reasonome.core.errors import InputError
from reasonome.task_parts import Files, Inputs
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.naming.files import of_recital


class ClosedBookFiles(Files[ClosedBookDialogue]):
    """The facts that worlds are drawn from."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The facts of the benchmark's corpus, and the table of pathways that were drawn before."""
        spec = project.benchmarks[benchmark]
        drawn = {} if spec.drawn_before is None else {"drawn_before": Path(spec.drawn_before)}
        if drawn and not drawn["drawn_before"].is_file():
            where = f"{benchmark}.drawn_before in benchmarks.yaml names it"
            raise InputError("there is no such file", file=drawn["drawn_before"], fix=where)
        return Inputs({"facts": project.results.facts(spec.corpus), **drawn})

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """The facts: over-representation tests against them."""
        return Inputs({"facts": project.results.facts(project.benchmarks[benchmark].corpus)})

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
