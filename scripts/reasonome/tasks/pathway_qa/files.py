"""Which files the jobs of questions on enrichment tables read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.task import Files, Inputs, SplitSize
from reasonome.tasks.pathway_qa.dialogue import PathwayDialogue


def tables(project: Project, benchmark: str) -> list[Path]:
    """The enrichment tables of a benchmark, then those of differential expression, as they are listed.

    InputError for one that does not exist.
    """
    paths = []
    for field in ("tables", "differential"):
        for place, spec in enumerate(getattr(project.benchmarks[benchmark], field)):
            paths.append(Path(spec.path))
            if not paths[-1].is_file():
                where = f"{benchmark}.{field}.{place} in benchmarks.yaml names it"
                raise InputError("there is no such file", file=paths[-1], fix=where)
    return paths


class PathwayFiles(Files[PathwayDialogue]):
    """The tables of a benchmark."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The tables."""
        return Inputs({"tables": list(dict.fromkeys(tables(project, benchmark)))})

    def beside_corpora(self, project: Project, benchmark: str) -> list[tuple[str, str, str, str]]:
        """(name, release, licence, address) of the tables that training questions are of."""
        return [(str(path), "", "not stated", "") for path in dict.fromkeys(tables(project, benchmark))]

    def rows_by_settings(self, project: Project, benchmark: str, part: str) -> SplitSize:
        """At most as many rows as the settings ask for: answers are balanced."""
        return SplitSize(
            sum(getattr(kind, part) for kind in project.benchmarks[benchmark].subsets.values()), at_most=True
        )
