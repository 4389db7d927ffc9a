"""Which files the jobs of tasks with verified answers read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.core.errors import InputError
from reasonome.tasks.base import Inputs, Rows


def building(project: Project, benchmark: str) -> Inputs:
    """The tables, by subset."""
    tables = {subset: Path(spec.table) for subset, spec in project.benchmarks[benchmark].subsets.items()}
    for subset, path in tables.items():
        if not path.is_file():
            where = f"table of subset '{subset}' of {benchmark} in benchmarks.yaml names it"
            raise InputError("there is no such file", file=path, fix=where)
    return Inputs(tables)


def prompting(project: Project, benchmark: str, style: str) -> Inputs:
    """Nothing: prompts show what the rows hold."""
    return Inputs()


def teaching(project: Project, benchmark: str, style: str, teacher: str) -> Inputs:
    """Nothing: a teacher reads the training questions."""
    return Inputs()


def scoring(project: Project, benchmark: str) -> Inputs:
    """Nothing: `verify` needs an answer and its question."""
    return Inputs()


def baselines(project: Project, benchmark: str) -> Inputs:
    """Nothing beside the rows."""
    return Inputs()


def leaks(project: Project, plan: AuditPlan) -> Inputs:
    """Training data and test questions."""
    tests = [project.results.benchmark(name) / "test.jsonl" for name in plan.benchmarks]
    return Inputs(
        {"tests": tests, "training": [project.results.benchmark(name) / "train.jsonl" for name in plan.training]}
    )


def corpora(project: Project, benchmark: str) -> list[str]:
    """None: questions are of tables."""
    return []


def beside_corpora(project: Project, benchmark: str) -> list[tuple[str, str, str, str]]:
    """(name, release, licence, address) of the tables that training questions are of."""
    tables = dict.fromkeys(spec.table for spec in project.benchmarks[benchmark].subsets.values())
    return [(table, "", "not stated", "") for table in tables]


def rows_by_settings(project: Project, benchmark: str, part: str) -> Rows | None:
    """Rows of a split by the settings; None where they do not say."""
    sizes = [getattr(subset, part) for subset in project.benchmarks[benchmark].subsets.values()]
    return None if None in sizes else Rows(sum(sizes), at_most=part == "train")
