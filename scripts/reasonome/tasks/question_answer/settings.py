"""Settings of tasks with verified answers: entries of benchmarks.yaml, the files that they name, and prompt styles."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from reasonome.benchmarks.rows import SPLITS
from reasonome.config import Benchmark, Style
from reasonome.config.project import Project
from reasonome.config.strict import Strict, UserPath, Variant
from reasonome.config.task_settings import check_subset_names
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import check_columns
from reasonome.task_parts import Files, Inputs


class HeldOut(Strict):
    """How many questions of one part of a benchmark are held out."""

    test: Annotated[int, Field(ge=1)] = Field(description="questions at least: those of one group go together")
    valid: Annotated[int, Field(ge=0)] = Field(description="the same, of those by which settings are chosen")
    train: Annotated[int, Field(ge=1)] | None = Field(None, description="at most; all that remain if not given")
    balanced: bool = Field(False, description="as many questions of each class in every split")


class VerifiedSubset(HeldOut):
    """One part of a benchmark: a table of questions, and how many are held out."""

    table: UserPath = Field(description="CSV, TSV or JSON lines, with the task's columns, `id` and `answer`")
    columns: dict[str, str] = Field({}, description="what the columns are called, where they have other names")


class VerifiedBenchmark(Benchmark):
    """Questions of tables, of which no two splits have a group in common."""

    subsets: Annotated[dict[Variant, VerifiedSubset], Field(min_length=1), AfterValidator(check_subset_names)]
    group: str | None = Field(None, description="column whose values no two splits share; id if not given")
    groups: Literal["at random", "largest first"] = Field(
        "at random", description="the order in which groups are held out"
    )
    largest_group: Annotated[int, Field(ge=1)] | None = Field(
        None, description="groups of more questions stay in training, but for `largest first`"
    )

    @model_validator(mode="after")
    def _group_is_a_column(self) -> "VerifiedBenchmark":
        if self.group == "answer":
            raise ValueError("'group: answer' would keep every answer of a test question out of training")
        return self


class VerifiedStyle(Style):
    """How questions are asked: texts, with the columns of the table as placeholders."""

    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the columns of a question, at most")

    def budgets(self) -> list[int]:
        """That of a question's columns."""
        return [self.budget_tokens]


class AnswerStyle(VerifiedStyle):
    """How tasks ask whose answers stand between tags, perhaps with a confidence behind them."""

    confidence: bool = Field(
        False, description="whether the text asks how sure the answer is, as a line `Confidence: 80` behind it"
    )

    @model_serializer(mode="wrap")
    def _as_written(self, values: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is off, so that models of older styles need no training."""
        return {key: value for key, value in values(self).items() if key != "confidence" or value}

    def asks_confidence(self) -> bool:
        """As the style says."""
        return self.confidence


class VerifiedFiles(Files):
    """The tables of questions."""

    def building(self, project: Project, benchmark: str) -> Inputs:
        """The tables, by subset; InputError for one that is not there, or whose header lacks a column."""
        spec = project.benchmarks[benchmark]
        subsets = spec.subsets
        tables = {name: Path(subset.table) for name, subset in subsets.items() if subset.table is not None}
        for subset, path in tables.items():
            if not path.is_file():
                where = f"table of subset '{subset}' of {benchmark} in benchmarks.yaml names it"
                raise InputError("there is no such file", file=path, fix=where)
            if self._is_read_by_us():
                names: Mapping[str, str] = subsets[subset].columns
                wanted = [names.get(key, key) for key in self.keys(spec, subsets[subset])]
                check_columns(path, wanted, f"subsets.{subset}.columns")
        return Inputs({"tables": tables})

    def keys(self, benchmark: Any, subset: Any) -> list[str]:
        """The columns that are read, as `columns` of a subset calls them."""
        grouped_by = [benchmark.group] if benchmark.group else []
        return list(dict.fromkeys(["id", "answer", *self.task.columns, *grouped_by]))

    def _is_read_by_us(self) -> bool:
        """Whether no class of a user says how rows are built: it may read other columns."""
        building = next(kind for kind in type(self.task).__mro__ if "building" in vars(kind))
        return building.__module__.startswith("reasonome.")

    def prompting(self, project: Project, benchmark: str, style: str) -> Inputs:
        """No file; errors name that of the style."""
        return Inputs(settings=str(project.folder.path(f"prompts/{project.benchmarks[benchmark].task}.{style}.txt")))

    def beside_corpora(self, project: Project, benchmark: str, splits: Collection[str] = SPLITS) -> list[str]:
        """The tables of questions."""
        tables = dict.fromkeys(subset.table for subset in project.benchmarks[benchmark].subsets.values())
        return [table for table in tables if table is not None]
