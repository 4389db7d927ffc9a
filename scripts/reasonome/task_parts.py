"""The parts of a task beside its dialogue, each a class of its own, with defaults where a task need not have one."""

import ast
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import getfile
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Protocol, Self

import pandas as pd
from typing_extensions import TypeVar

from reasonome.benchmarks.rows import SPLITS, read_splits
from reasonome.config import Benchmark, Recipe, Style
from reasonome.config.backbones import EncoderFolder
from reasonome.config.project import Project
from reasonome.config.reference import Mistake
from reasonome.config.task_settings import TaskSettings
from reasonome.config.teachers import Teacher
from reasonome.core.errors import InputError
from reasonome.jobs import BenchmarkSettings, Job, LeakSettings, OtherBenchmark
from reasonome.metrics import Pooled
from reasonome.prompts.prompts import Prompt


class _Named(Protocol):
    name: str


T = TypeVar("T", bound=_Named)
B = TypeVar("B", bound=Benchmark, default=Any)
Y = TypeVar("Y", bound=Style | None, default=Any)
S = TypeVar("S", bound=BenchmarkSettings)
# Split → its rows.
Splits = dict[str, list]


@dataclass(frozen=True)
class Inputs:
    """The inputs of a job beside the rows of its benchmark: files by role (a path, or a list or mapping of them).

    `encoders` are names of encoders.yaml; `settings` are the further settings that the result depends on, beside the
    benchmark's entry and the prompt style, as JSON values; `taxon` is that of the genes among the files.
    """

    files: Mapping[str, Any] = field(default_factory=dict)
    encoders: Sequence[str] = ()
    settings: Any = None
    taxon: int = 9606

    @property
    def paths(self) -> list[Path]:
        """All files, each once."""
        return list(dict.fromkeys(_flat(self.files)))


@dataclass(frozen=True, kw_only=True)
class BenchmarkJob(Generic[B, Y]):
    """What a part of a task is given: a benchmark's entry and a prompt style, files by the roles that the task's
    `Files` gives them, encoders, the taxon of genes, the seed of what is drawn, and the task's further settings."""

    benchmark: B
    style: Y
    files: Mapping[str, Any] = field(default_factory=dict)
    encoders: Sequence[EncoderFolder] = ()
    taxon: int = 9606
    seed: int = 0
    further: Any = None

    @classmethod
    def of(cls, task: TaskSettings, job: Job[S], **rows: Any) -> Self:
        """That of a compiled job; `rows` are what the kind of job has beside."""
        settings = job.settings
        given: dict[str, Any] = {
            "benchmark": task.Benchmark.model_validate(settings.benchmark),
            "style": task.Style.model_validate(settings.style) if settings.style else None,
            "files": job.inputs,
            "encoders": [EncoderFolder(path, settings.encoders[path.name]) for path in job.folders("encoders")],
            "taxon": settings.taxon,
            "seed": settings.seed,
            "further": settings.further,
        }
        return cls(**given, **rows)


@dataclass(frozen=True)
class Built(Generic[B]):
    """A benchmark whose rows a job reads: its task, its entry, the folder of its rows, and of one that a leak audit
    tests the files that rows are made from, and the taxon of genes."""

    task: TaskSettings
    benchmark: B
    folder: Path
    files: Mapping[str, Any] = field(default_factory=dict)
    taxon: int = 9606

    @staticmethod
    def of(task: TaskSettings, other: OtherBenchmark) -> "Built":
        """That of a compiled job."""
        return Built(task, task.Benchmark.model_validate(other.benchmark), other.folder, other.files, other.taxon)

    def rows(self, *parts: str) -> list:
        """The rows of some splits; InputError as of `read_splits`."""
        return read_splits(self.folder, self.task.Example, *parts)


@dataclass(frozen=True, kw_only=True)
class BuildingJob(BenchmarkJob[B, None]):
    """Which benchmark to build: the `name` of its entry, the folder to write to, built benchmarks to leave out, by
    name, and which share of identifiers may have no gene."""

    name: str
    folder: Path
    style: None = None
    left_out: Mapping[str, Built[B]] = field(default_factory=dict)
    unmapped: float = 0.0


@dataclass(frozen=True, kw_only=True)
class TeachingJob(BenchmarkJob[B, Y]):
    """Which reasoning to write: of which teacher, for which examples of the benchmark `name` and their prompts, by id;
    and the output file."""

    name: str
    teacher: Teacher
    output: Path
    examples: Sequence[Any]
    prompts: Mapping[str, Prompt]


@dataclass(frozen=True, kw_only=True)
class ScoringJob(BenchmarkJob[B, Y]):
    """Which answers to score, to which examples of a benchmark; those to `sealed` ids are left out. `file` is where
    the answers come from."""

    examples: Sequence[Any]
    answers: Sequence[Any]
    file: Path
    sealed: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class BaselineJob(BenchmarkJob[B, Y]):
    """Which questions of a benchmark are `asked` without a model; and its `training` ones."""

    training: Sequence[Any]
    asked: Sequence[Any]


def _flat(files: Any) -> Iterator[Path]:
    if isinstance(files, Mapping):
        files = files.values()
    elif isinstance(files, Path):
        files = [files]
    for entry in files:
        yield from [entry] if isinstance(entry, Path) else _flat(entry)


class Part(Generic[T]):
    """A part of a task, `task`."""

    def __init__(self, task: T):
        self.task = task


class Files(Part[T]):
    """The files that each stage reads beside the rows of its benchmark; none by default."""

    training = "training questions"  # what a leak audit calls train splits

    def building(self, project: Project, benchmark: str) -> Inputs:
        """What the rows of a benchmark are made from."""
        return Inputs()

    def prompting(self, project: Project, benchmark: str, style: str) -> Inputs:
        """What prompts show beside a benchmark's rows."""
        return Inputs()

    def teaching(self, project: Project, benchmark: str, style: str, teacher: str) -> Inputs:
        """What a teacher reads."""
        return Inputs()

    def background(self, project: Project, benchmark: str) -> Inputs:
        """What the table of terms is made from. InputError by default: answers are not compared with terms."""
        raise InputError(f"benchmarks of {self.task.name} have no background")

    def scoring(self, project: Project, benchmark: str, style: str) -> Inputs:
        """What answers are scored with."""
        return Inputs()

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """What baselines are made from and scored with."""
        return Inputs()

    def leaks(self, audit: LeakSettings) -> Inputs:
        """What a leak audit reads: training data and test questions by default."""
        return Inputs({"training": audit.compared})

    def corpora(self, project: Project, benchmark: str) -> list[str]:
        """The corpora whose facts rows are built from."""
        return []

    def audited_sources(self, project: Project, benchmark: str, part: str) -> dict[str, str]:
        """The sources of "train" or "test" rows that a leak audit tells to be one: name → the collection that it lists,
        "" where unknown. By default the tables beside corpora."""
        return dict.fromkeys(self.beside_corpora(project, benchmark), "")

    def beside_corpora(self, project: Project, benchmark: str, splits: Collection[str] = SPLITS) -> list[str]:
        """The other sources of the rows of some splits: names of sources.yaml, else paths and addresses."""
        return []

    def shown_sources(self, project: Project, benchmark: str, style: str) -> list[str]:
        """The sources of what prompts of a style show beside a benchmark's rows."""
        return []


class Checks(Part[T]):
    """Checks of settings, beyond what their models check; none by default. Each raises InputError."""

    # The gene set libraries of a benchmark's own background: `reasonome annotate` can ask as benchmarks with some do.
    libraries: Sequence[str] = ()
    teachers: tuple[str, ...] = ("openai",)  # the kinds of teachers that write for the task

    def check_benchmark(self, project: Project, name: str, benchmark: Any) -> None:
        """Check an entry of benchmarks.yaml."""

    def check_style(self, project: Project, benchmark: str, name: str, style: Any) -> None:
        """Check that a prompt style fits a benchmark."""

    def can_be_ranked(self, benchmark: Any, style: Any) -> bool:
        """Whether answers are lists of candidates, which can be ranked by how likely each is (`Dialogue.openings`)."""
        return False

    def wrong_in_recipe(self, project: Project, recipe: Recipe) -> Iterable[Mistake]:
        """What of a recipe does not fit the task, at its place in the recipe."""
        return ()

    def leak(self, project: Project, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
        """How a recipe may show the model test questions of a benchmark, and the fix; None if it cannot.

        By default training questions may leak unless they leave the benchmark out. The leak audit checks statements.
        """
        akin = [learned for learned, _ in recipe.questions if learned in project.akin(benchmark)]
        for learned in akin:
            if benchmark not in (learned, *project.benchmarks[learned].leave_out):
                what = f"would leak: training questions of '{learned}' may give test questions of '{benchmark}' away"
                return what, f"add {benchmark} to leave_out of {learned} in benchmarks.yaml"
        return None


class Building(Part[T], ABC):
    """The rows of benchmarks."""

    @abstractmethod
    def build(self, job: BuildingJob) -> None:
        """Write the splits of a benchmark, the rows left out with reasons, and the audit.

        InputError, whose field is in the benchmark's entry if it names no file.
        """


# What of a user's task decides the rows of its benchmarks: not how answers are verified, nor what reports say.
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BUILDS_ROWS = ("name", "columns", "kind", "with_training_answers", "building", "files", "Example", "Settings")


def building_sha256(file: Path) -> str:
    """SHA-256 of what a user's file defines by the names BUILDS_ROWS, at its top or in its classes, and of all of the
    file's that this uses. Comments, docstrings and layout do not count. Of a class that is used all counts; imported
    code does not.
    """
    from reasonome.core.code_digest import parsed  # which scoring has no use for

    tree = parsed(file)
    defined: dict[str, list[ast.stmt]] = {}
    for node in (*tree.body, *(own for kind in tree.body if isinstance(kind, ast.ClassDef) for own in kind.body)):
        for name in _defined_by(node):
            defined.setdefault(name, []).append(node)
    used: dict[str, list[ast.stmt]] = {}
    waiting = [*BUILDS_ROWS]
    while waiting:
        name = waiting.pop()
        if name in defined and name not in used:
            used[name] = defined[name]
            inside = [part for node in used[name] for part in ast.walk(node)]
            waiting += [part.id for part in inside if isinstance(part, ast.Name)]
            waiting += [part.attr for part in inside if isinstance(part, ast.Attribute)]
    dumped = [f"{name}:{ast.dump(node)}" for name, nodes in sorted(used.items()) for node in nodes]
    return hashlib.sha256("\n".join(dumped).encode()).hexdigest()


def _defined_by(node: ast.stmt) -> Iterator[str]:
    """The names that a statement defines, also within an `if` or a `try`."""
    for part in [node] if isinstance(node, _DEFINITIONS) else ast.walk(node):
        if isinstance(part, _DEFINITIONS):
            yield part.name
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id


class Prompting(Part[T]):
    """What prompts show beside a benchmark's rows."""

    def with_material(self, job: BenchmarkJob, splits: Splits) -> Splits:
        """The splits with that in their rows; as they are by default."""
        return splits


class Backgrounds(Part[T]):
    """The table of terms that answers are compared with; a task whose answers are not has none."""

    def build(self, job: BenchmarkJob, output: Path) -> None:
        """Write the table."""
        raise InputError(f"benchmarks of {self.task.name} have no background")

    def candidate_names(self, path: Path) -> list[str]:
        """The names in the table that encoders compare answers with."""
        raise InputError(f"benchmarks of {self.task.name} have no background")


class Teaching(Part[T], ABC):
    """The reasoning of teachers, and what of it is kept."""

    @abstractmethod
    def propose(self, job: TeachingJob) -> list[Any]:
        """A proposal of the teacher for each example that it has one for."""

    def asked(self, job: TeachingJob) -> dict[str, Sequence[Mapping[str, str]]]:
        """The messages that a teacher behind an endpoint gets, by the ids of prompts; by default the student's own."""
        return {row_id: prompt.messages for row_id, prompt in job.prompts.items()}

    @abstractmethod
    def keep(self, job: TeachingJob, proposals: Sequence[Any]) -> tuple[list[dict], list[dict]]:
        """Rows that are kept, and rows that are dropped, each with a reason."""


class Scoring(Part[T], ABC):
    """Scores of answers."""

    by_encoders = False  # whether encoders compare answers

    @abstractmethod
    def score(self, job: ScoringJob) -> pd.DataFrame:
        """A row of scores for each question × sample × order; an answer that is missing is a row, and wrong."""

    def score_available(self, job: ScoringJob, encoders: Sequence[EncoderFolder]) -> tuple[pd.DataFrame, list[str]]:
        """As `score`, with the files that are there, and other encoders. Also notes on what was not scored."""
        return self.score(job), []


class Baselines(Part[T], ABC):
    """Answers without a model, and their scores."""

    @abstractmethod
    def score(self, job: BaselineJob) -> pd.DataFrame:
        """A row of scores for each baseline and question."""

    def cells(self, scores: pd.DataFrame) -> list[str]:
        """The answer of each row, for `bare`; of several draws the first."""
        return scores["answer"].tolist()


class Leaks(Part[T], ABC):
    """The leak audit: test questions in training data. `fixes` says how to mend each kind of training data."""

    fixes: Mapping[str, str]

    @abstractmethod
    def findings(self, audit: LeakSettings, benchmarks: Mapping[str, Built]) -> list[Any]:
        """What was found, by training data, benchmark and kind of leak; `benchmarks` are those of the audit."""

    def of_sources(self, audit: LeakSettings) -> list[tuple[str, str, dict[str, str]]]:
        """The training data whose sources are compared with those of test questions: kind, name and sources."""
        return [(each.data, each.name, audit.benchmarks[each.name].sources["train"]) for each in audit.training]


class Reporting(Part[T], ABC):
    """Tables, page and model cards: what the task adds to a report.

    `does`, `tag` and `use` are what the model does, the hub's tag and the intended use, for model cards;
    `of_questions` are columns of scores about the question, beside those that every task has.
    """

    does: str
    tag: str
    use: str
    of_questions: tuple[str, ...] = ()

    @property
    def templates(self) -> list[Path]:
        """The folders of the task's own texts on pages, task.html.j2 and own.html.j2: its own before those of bases."""
        kinds = (kind for kind in type(self).__mro__ if issubclass(kind, Reporting) and kind is not Reporting)
        return [folder for kind in kinds if (folder := Path(getfile(kind)).with_suffix("")).is_dir()]

    def as_shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table of scores as the page reads it; as it is by default."""
        return table

    @abstractmethod
    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are answers that many questions get."""

    def write_own(self, plan: Any, evidence: Any, folder: Path, seed: int) -> None:
        """Write tables and figures of the task's own; none by default."""

    def own_section(self, plan: Any, metrics: pd.DataFrame, evidence: Any, folder: Path) -> dict[str, Any]:
        """What the task's own section of the page shows; nothing by default."""
        return {}


@dataclass(frozen=True)
class TableBaseline:
    """Answers to a table's rows that need no model, a list per draw. `information`: what they use; `note`: how they
    were made.

    `expected` are metrics known exactly, without draws, a row per question; None for a baseline with answers.
    """

    information: str
    draws: list[list[Any]]
    note: str
    expected: pd.DataFrame | None = field(default=None, compare=False)


class Tables(Part[T], ABC):
    """Tables of other people's answers that hold the truth themselves, in the column `gold`.

    A table has the columns that the user named, `line`, and those of `read`. `optional` are the columns that it may
    have beside `answer` and `gold`. `compares_texts` says whether encoders and terms compare answers; `form` are the
    metrics that `read` computes, and `distinct` is what the share of answers that differ is called. `tracks` are the
    ways to read answers that a user may choose from, the default first. `joined` makes one text of a JSON list, by
    column; in other columns a list of several is an error.
    """

    optional: tuple[str, ...] = ("id",)
    compares_texts = False
    form: tuple[str, ...] = ()
    distinct = ""
    tracks: tuple[str, ...] = ()
    track = ""
    joined: Mapping[str, Callable[[Sequence[str]], str]] = MappingProxyType({})

    @property
    def every_row(self) -> bool:
        """Whether rows that repeat an id count too."""
        return False

    def in_track(self, track: str, genes: Any, source: str) -> "Tables":
        """The part in one of its tracks; the strict one compares genes by the names in a GeneTable from `source`."""
        return self

    def of(self, table: pd.DataFrame) -> "Tables":
        """The part for one table, if how cells are read depends on all of it. InputError with a line and a field."""
        return self

    def terms(self, background: Path, encoders: Mapping[str, Any]) -> Any:
        """The scorer of answers by the terms of a background, where texts are compared."""

    @abstractmethod
    def read(self, table: pd.DataFrame) -> pd.DataFrame:
        """The parsed cells, a row each: answer, problems, and metrics of the form (nan: not applicable)."""

    @abstractmethod
    def scores(
        self, names: Sequence[Any], table: pd.DataFrame, encoders: Mapping[str, Any], terms: Any | None
    ) -> pd.DataFrame:
        """Metrics of answers to the questions of the table, a row per answer."""

    def pooled(self, draws: Sequence[Sequence[Any]], table: pd.DataFrame, own: bool) -> dict[str, Pooled]:
        """Metrics of all answers together, the mean over draws; none by default. `own`: they are the table's."""
        return {}

    def clusters(self, table: pd.DataFrame) -> list[str] | None:
        """The cluster of each question; None if unknown."""

    @abstractmethod
    def notes(self, table: pd.DataFrame) -> list[str]:
        """Notes for readers of the scores."""

    @abstractmethod
    def baselines(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableBaseline]:
        """Answers without a model, by name; never none."""
