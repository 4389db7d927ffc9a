"""Settings of questions on enrichment tables: what is held out, how many questions of each kind, and which files."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from reasonome.benchmarks.rows import SPLITS
from reasonome.config import Benchmark
from reasonome.config.project import Project
from reasonome.config.strict import Strict, UserPath
from reasonome.core.errors import InputError
from reasonome.task_parts import Inputs
from reasonome.tasks.question_answer.settings import VerifiedFiles

# One template asks `direction` and `disagreement`, so that the prompt does not tell them apart; `unanswerable` has the
# templates of others.
Kind = Literal[
    "direction",
    "disagreement",
    "comparison",
    "conservation",
    "leadingedge",
    "significance",
    "count",
    "unanswerable",
]


class EnrichmentFile(Strict):
    """A table of one contrast, or of several with columns for the tissue and the study."""

    path: UserPath = Field(description="of fGSEA, GSEApy, clusterProfiler, g:Profiler, GSEA desktop or DAVID")
    tissue: str = Field("", description="of all rows, unless `columns` names a column of it")
    study: str = Field("", description="of all rows, unless `columns` names a column of it")
    columns: dict[Literal["id", "name", "alias", "adjusted", "score", "genes", "tissue", "study"], str] = Field(
        {}, description="what columns are called, where the program gives them other names"
    )

    @model_validator(mode="after")
    def _tissue_and_study_are_known(self) -> "EnrichmentFile":
        for name in ("tissue", "study"):
            if bool(getattr(self, name)) == (name in self.columns):
                raise ValueError(f"give '{name}', or in 'columns' the column of it")
        return self


class HeldOutPlaces(Strict):
    """The tissues, or the studies, of which no training question has anything."""

    by: Literal["tissue", "study"] = "tissue"
    test: Annotated[list[str], Field(min_length=1)]
    valid: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _parts_are_disjoint(self) -> "HeldOutPlaces":
        if both := sorted({*self.test} & {*self.valid}):
            raise ValueError(f"'{both[0]}' is in test and in valid")
        return self


class Questions(Strict):
    """The most questions of a kind in each part; their answers are balanced, so that there may be fewer."""

    train: Annotated[int, Field(ge=1)]
    valid: Annotated[int, Field(ge=0)]
    test: Annotated[int, Field(ge=1)]


class PathwayBenchmark(Benchmark):
    """Questions on which gene sets moved, where, and in how many studies."""

    task: Literal["pathway_qa"]
    tables: Annotated[list[EnrichmentFile], Field(min_length=1)]
    condition: str = Field(description="what was compared, as in: mice flown in space against mice on the ground")
    held_out: HeldOutPlaces
    subsets: Annotated[dict[Kind, Questions], Field(min_length=1)]
    significant: Annotated[float, Field(gt=0, lt=1)] = Field(0.05, description="adjusted p below which a set moved")
    tolerance: Annotated[float, Field(gt=0)] = Field(0.1, description="within which a correlation is right")

    @model_validator(mode="after")
    def _settings_have_an_effect(self) -> "PathwayBenchmark":
        if self.leave_out:
            raise ValueError("'leave_out' is of questions on genes: hold the same tissues or studies out in both")
        return self


def table_files(name: str, benchmark: PathwayBenchmark) -> list[Path]:
    """The tables of a benchmark, each once; InputError for one that does not exist."""
    paths = [Path(spec.path) for spec in benchmark.tables]
    for place, path in enumerate(paths):
        if not path.is_file():
            where = f"{name}.tables.{place} in benchmarks.yaml names it"
            raise InputError("there is no such file", file=path, fix=where)
    return list(dict.fromkeys(paths))


class PathwayFiles(VerifiedFiles):
    """The tables of a benchmark."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The tables."""
        return Inputs({"tables": table_files(benchmark, project.benchmarks[benchmark])})

    def beside_corpora(self, project: Project, benchmark: str, splits: Collection[str] = SPLITS) -> list[str]:
        """The tables of questions."""
        return [str(path) for path in table_files(benchmark, project.benchmarks[benchmark])]
