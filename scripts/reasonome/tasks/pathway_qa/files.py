"""Which files the jobs of questions on enrichment tables read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.tasks.base import Inputs, Rows, audited_files, no_corpora, no_files

prompting = teaching = scoring = baselines = no_files
leaks = audited_files
corpora = no_corpora


def tables(project: Project, benchmark: str) -> list[Path]:
    """The tables of a benchmark, as they are listed. InputError for one that does not exist."""
    paths = [Path(spec.path) for spec in project.benchmarks[benchmark].tables]
    for place, path in enumerate(paths):
        if not path.is_file():
            where = f"{benchmark}.tables.{place} in benchmarks.yaml names it"
            raise InputError("there is no such file", file=path, fix=where)
    return paths


def building(project: Project, benchmark: str) -> Inputs:
    """The tables."""
    return Inputs({"tables": list(dict.fromkeys(tables(project, benchmark)))})


def beside_corpora(project: Project, benchmark: str) -> list[tuple[str, str, str, str]]:
    """(name, release, licence, address) of the tables that training questions are of."""
    paths = dict.fromkeys(spec.path for spec in project.benchmarks[benchmark].tables)
    return [(path, "", "not stated", "") for path in paths]


def rows_by_settings(project: Project, benchmark: str, part: str) -> Rows:
    """At most as many rows as the settings ask for: answers are balanced."""
    return Rows(sum(getattr(kind, part) for kind in project.benchmarks[benchmark].subsets.values()), at_most=True)
