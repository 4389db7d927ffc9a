"""Which files the jobs of tasks with verified answers read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.task import Files, Inputs
from reasonome.tasks.verified.dialogue import VerifiedDialogue


class VerifiedFiles(Files[VerifiedDialogue]):
    """The tables of questions."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The tables, by subset."""
        tables = {subset: Path(spec.table) for subset, spec in project.benchmarks[benchmark].subsets.items()}
        for subset, path in tables.items():
            if not path.is_file():
                where = f"table of subset '{subset}' of {benchmark} in benchmarks.yaml names it"
                raise InputError("there is no such file", file=path, fix=where)
        return Inputs(tables)

    def beside_corpora(self, project: Project, benchmark: str) -> list[tuple[str, str, str, str]]:
        """(name, release, licence, address) of the tables that training questions are of."""
        tables = dict.fromkeys(spec.table for spec in project.benchmarks[benchmark].subsets.values())
        return [(table, "", "not stated", "") for table in tables]
