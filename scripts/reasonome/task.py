"""A task: what is asked, how answers are read and rewarded, and its parts, each an object that is made when it is used.

`Dialogue` is what prompts, training and answers need. A part is a class of its own, in a module of its own, so that
what changes in one part does not recompute what other parts did. What a task does not say has the default below.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from inspect import getfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

from reasonome.benchmarks.rows import read_splits, symbols
from reasonome.config import Benchmark, Grading, Recipe, Style
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.text import normalise
from reasonome.metrics import MetricSet, Pooled
from reasonome.prompts.prompts import Prompt

if TYPE_CHECKING:
    from reasonome.config.project.experiments import AuditPlan

# Without samples of a model to count, a target says neither yes nor no.
UNKNOWN_CONFIDENCE = 0.5
_NOT_OURS = ("builtins", "abc", "typing", __name__)
# Split → its rows.
Splits = dict[str, list]
# Two lists of texts → the cosine of each pair, in order.
Similarity = Callable[[Sequence[str], Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Reward:
    """A batched, pure reward: (answers, examples, similarity) → one value in [low, high] per answer.

    `semantic` rewards score the content of an answer, the others its form. `applies` says whether a question has the
    reward: if not, its values are nan, and its weight goes to the question's other rewards in proportion.
    """

    function: Callable[[Sequence[Any], Sequence[Any], Similarity], list[float]]
    low: float
    high: float
    semantic: bool
    applies: Callable[[Any], bool] = lambda example: True

    def values(self, answers: Sequence[Any], examples: Sequence[Any]) -> list[float]:
        """What answers earn by a reward that compares no texts."""
        return self.function(answers, examples, _uncompared)


def one_by_one(value: Callable[[Any, Any], float]) -> Callable[[Sequence[Any], Sequence[Any], Similarity], list[float]]:
    """The function of a reward that gives a value to each (answer, example), and compares no texts."""
    return lambda answers, examples, similarity: [value(*pair) for pair in zip(answers, examples, strict=True)]


def _uncompared(texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
    raise NotImplementedError("no encoder was given to compare texts")


@dataclass(frozen=True)
class Policy:
    """A lazy way to answer in the right form, which a model that ignores the question could drift to.

    `completion(example, prompt)` may use what the prompt shows, and not the example's answer. A policy that `copies`
    the question is reported separately, beside the best of the others.
    """

    name: str
    completion: Callable[[Any, Prompt], str]
    copies: bool = False


@dataclass(frozen=True)
class Inputs:
    """The inputs of a job beside the rows of its benchmark: files by role (a path, or a list or mapping of them).

    `encoders` are names of encoders.yaml; `settings` are the further settings that the result depends on, beside the
    benchmark's entry and the prompt style, as JSON values.
    """

    files: Mapping[str, Any] = field(default_factory=dict)
    encoders: Sequence[str] = ()
    settings: Any = None

    @property
    def paths(self) -> list[Path]:
        """All files, each once."""
        return list(dict.fromkeys(_flat(self.files)))


class SplitSize(NamedTuple):
    """How many rows a split has by the settings: at most, if `at_most`, else at least."""

    rows: int
    at_most: bool


@dataclass(frozen=True)
class TeachingJob:
    """Which reasoning to write: the teacher, benchmark, prompt style, and output file."""

    teacher: str
    benchmark: str
    style: str
    output: Path


def _flat(files: Any) -> Iterator[Path]:
    if isinstance(files, Mapping):
        files = files.values()
    elif isinstance(files, Path):
        files = [files]
    for entry in files:
        yield from [entry] if isinstance(entry, Path) else _flat(entry)


class Dialogue(ABC):
    """What a task asks, and how its answers are read and rewarded: prompts, training and scoring share it."""

    name: str
    # The models of a benchmark's row, an entry of benchmarks.yaml, and a prompt style.
    Example: type[BaseModel]
    Benchmark: type[Benchmark]
    Style: type[Style]
    # The placeholders that a prompt's user text must have and may have, and those that its system text may have.
    user_texts: tuple[tuple[str, ...], tuple[str, ...]]
    system_texts: tuple[str, ...] = ()
    # Rewards that validation shows beside those with a weight.
    watched: tuple[str, ...] = ()

    @cached_property
    def files(self) -> "Files":
        """The files that jobs read; parts ask for them too."""
        return Files(self)

    @abstractmethod
    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """The rewards that a recipe may name, with its settings or the default ones."""

    def with_choice(self, example: Any, style: Style) -> Any:
        """The example with what its prompt shows, as in results/prompts/; one that has it already is not changed.

        By default a prompt shows all that a row has."""
        return example

    @abstractmethod
    def prompt(self, example: Any, style: Style, order: int = 0) -> Prompt:
        """Chat messages for one example, with what was chosen for it or is chosen now, in one of several orders."""

    @abstractmethod
    def parse(self, text: str, style: Style | None = None) -> Any:
        """The answer in a completion, in the form that the style asks for, with its problems; never raises."""

    @abstractmethod
    def bare(self, text: str) -> Any:
        """The answer in a cell of a table: without reasoning and without a required form."""

    @abstractmethod
    def is_completion(self, cell: str) -> bool:
        """Whether a cell of a table is a whole completion, for `parse`; other cells are for `bare`."""

    @abstractmethod
    def name_span(self, text: str, style: Style | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the answer that `parse` finds in the completion; None without one."""

    @abstractmethod
    def completion(
        self,
        example: Any,
        prompt: Prompt,
        style: Style,
        proposal: Mapping[str, Any] | None,
        confidence: float = UNKNOWN_CONFIDENCE,
    ) -> str | None:
        """The target of SFT; None to leave the example out.

        `proposal` is a teacher's kept row; without one the target has no reasoning. `confidence`, from 0 to 1, is
        stated where the style asks for one.
        """

    @abstractmethod
    def right(self, answer: Any, example: Any) -> bool:
        """Whether a parsed answer is right; how sure it is of itself does not matter."""

    @abstractmethod
    def wrong(self, example: Any, prompt: Prompt, others: Sequence[Any], random: Random) -> str | None:
        """The text of a wrong answer, to stand where `name_span` finds the right one; None where there is none.

        It is that of another training question of `others`, of like length, or another order of what the prompt shows.
        """

    @abstractmethod
    def with_gold_of(self, example: Any, other: Any) -> Any:
        """The question with the right answer of another question of its subset: a placebo. Its prompt stays."""

    @abstractmethod
    def terms(self, example: Any) -> list[tuple[str, str]]:
        """(id, name) of what a row asks about: no statement about those of held-out rows is trained on."""

    @abstractmethod
    def policies(self, examples: Sequence[Any], style: Style) -> list[Policy]:
        """Lazy policies in the style's form, from training examples: GRPO compares its reward with theirs."""


D = TypeVar("D", bound=Dialogue)


class Part(Generic[D]):
    """A part of a task, `task`."""

    def __init__(self, task: D):
        self.task = task


class Files(Part[D]):
    """The files that each stage reads beside the rows of its benchmark; none by default."""

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

    def leaks(self, project: Project, plan: "AuditPlan") -> Inputs:
        """What a leak audit reads: training data and test questions by default."""
        return Inputs({"training": plan.files(project.results)})

    def corpora(self, project: Project, benchmark: str) -> list[str]:
        """The corpora whose facts training rows are built from."""
        return []

    def beside_corpora(self, project: Project, benchmark: str) -> list[tuple[str, str, str, str]]:
        """(name, release, licence, address) of the other sources of training rows."""
        return []

    def rows_by_settings(self, project: Project, benchmark: str, part: str) -> SplitSize | None:
        """The number of rows of a split by the settings; None where they do not say.

        By default whole groups are held out: more rows than the settings ask for, and fewer are left to train on.
        """
        sizes = [getattr(subset, part) for subset in project.benchmarks[benchmark].subsets.values()]
        return None if None in sizes else SplitSize(sum(sizes), at_most=part == "train")


class Checks(Part[D]):
    """Checks of settings, beyond what their models check; none by default. Each raises InputError."""

    annotates = False  # whether `reasonome annotate` can ask as benchmarks of the task do
    teachers: tuple[str, ...] = ("openai",)  # the kinds of teachers that write for the task

    def check_benchmark(self, project: Project, name: str, benchmark: Any) -> None:
        """Check an entry of benchmarks.yaml."""

    def check_style(self, project: Project, benchmark: str, name: str, style: Any) -> None:
        """Check that a prompt style fits a benchmark."""

    def check_recipe(self, project: Project, file: str, variant: str, recipe: Recipe) -> None:
        """Check that a recipe fits the task."""

    def leak(self, project: Project, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
        """How a recipe may show the model test questions of a benchmark, and the fix; None if it cannot.

        By default training questions may leak unless they leave the benchmark out. The leak audit checks statements.
        """
        if not recipe.questions or recipe.benchmark not in project.akin(benchmark):
            return None
        if benchmark in [recipe.benchmark, *project.benchmarks[recipe.benchmark].leave_out]:
            return None
        what = f"would leak: training questions of '{recipe.benchmark}' may give test questions of '{benchmark}' away"
        return what, f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml"


class Building(Part[D], ABC):
    """The rows of benchmarks."""

    @abstractmethod
    def build(self, project: Project, name: str, folder: Path) -> None:
        """Write the splits of a benchmark, the rows left out with reasons, and the audit. InputError."""


class Prompting(Part[D]):
    """What prompts show beside a benchmark's rows."""

    def with_material(self, project: Project, name: str, style: str, splits: Splits) -> Splits:
        """The splits with that in their rows; as they are by default."""
        return splits


class Backgrounds(Part[D]):
    """The table of terms that answers are compared with; a task whose answers are not has none."""

    def build(self, project: Project, benchmark: str, output: Path) -> None:
        """Write the table."""
        raise InputError(f"benchmarks of {self.task.name} have no background")

    def candidate_names(self, path: Path) -> list[str]:
        """The names in the table that encoders compare answers with."""
        raise InputError(f"benchmarks of {self.task.name} have no background")


class Teaching(Part[D], ABC):
    """The reasoning of teachers, and what of it is kept."""

    @abstractmethod
    def propose(
        self, project: Project, job: TeachingJob, examples: Sequence[Any], prompts: Mapping[str, Prompt]
    ) -> list[Any]:
        """A proposal of the teacher for each example that it has one for."""

    @abstractmethod
    def asked(self, project: Project, benchmark: str, prompts: Mapping[str, Prompt]) -> dict[str, Sequence[Any]]:
        """The messages that a teacher behind an endpoint gets, by the ids of prompts."""

    @abstractmethod
    def keep(
        self, project: Project, job: TeachingJob, proposals: Sequence[Any], examples: Sequence[Any]
    ) -> tuple[list[dict], list[dict]]:
        """Rows that are kept, and rows that are dropped, each with a reason."""


class Scoring(Part[D], ABC):
    """Scores of answers."""

    by_encoders = False  # whether encoders compare answers

    @abstractmethod
    def score(
        self,
        project: Project,
        benchmark: str,
        style: str,
        examples: Sequence[Any],
        answers: Sequence[Any],
        file: Path,
        sealed: Collection[str],
    ) -> pd.DataFrame:
        """A row of scores for each question × sample × order; an answer that is missing is a row, and wrong."""

    def score_available(
        self,
        project: Project,
        benchmark: str,
        style: str,
        examples: Sequence[Any],
        answers: Sequence[Any],
        file: Path,
        sealed: Collection[str],
        encoders: Sequence[Path],
    ) -> tuple[pd.DataFrame, list[str]]:
        """As `score`, with the files that are there; `encoders` are folders. Also notes on what was not scored."""
        return self.score(project, benchmark, style, examples, answers, file, sealed), []


class Baselines(Part[D], ABC):
    """Answers without a model, and their scores."""

    @abstractmethod
    def score(
        self, project: Project, benchmark: str, style: str, training: Sequence[Any], asked: Sequence[Any]
    ) -> pd.DataFrame:
        """A row of scores for each baseline and question."""


class Leaks(Part[D], ABC):
    """The leak audit: test questions in training data. `fixes` says how to mend each kind of training data."""

    fixes: Mapping[str, str]

    @abstractmethod
    def findings(self, project: Project, plan: "AuditPlan") -> list[Any]:
        """What was found, by training data, benchmark and kind of leak."""

    @abstractmethod
    def same_sources(self, project: Project, plan: "AuditPlan") -> list[dict]:
        """Training and test questions that come of one source."""


class Reporting(Part[D], ABC):
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
        kinds = (kind for kind in type(self).__mro__ if kind.__module__ not in _NOT_OURS)
        return [folder for kind in kinds if (folder := Path(getfile(kind)).with_suffix("")).is_dir()]

    def as_shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table of scores as the page reads it; as it is by default."""
        return table

    @abstractmethod
    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are answers that many questions get."""

    def write_own(self, plan: Any, evidence: Any, folder: Path, seed: int, resamples: int) -> None:
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


class Tables(Part[D], ABC):
    """Tables of other people's answers that hold the truth themselves, in the column `gold`.

    A table has the columns that the user named, `line`, and those of `read`. `optional` are the columns that it may
    have beside `answer` and `gold`. `compares_texts` says whether encoders and terms compare answers; `form` are the
    metrics that `read` computes, and `distinct` is what the share of answers that differ is called. `tracks` are the
    ways to read answers that a user may choose from, the default first.
    """

    optional: tuple[str, ...] = ("id",)
    compares_texts = False
    form: tuple[str, ...] = ()
    distinct = ""
    tracks: tuple[str, ...] = ()
    track = ""

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
        """The cluster of each question, whose rows are resampled together; None if unknown."""

    @abstractmethod
    def notes(self, table: pd.DataFrame) -> list[str]:
        """Notes for readers of the scores."""

    @abstractmethod
    def baselines(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableBaseline]:
        """Answers without a model, by name; never none."""


class Task(Dialogue):
    """A task with its parts."""

    @cached_property
    @abstractmethod
    def metrics(self) -> MetricSet: ...

    @cached_property
    def checks(self) -> Checks:
        return Checks(self)

    @cached_property
    def prompting(self) -> Prompting:
        return Prompting(self)

    @cached_property
    def background(self) -> Backgrounds:
        return Backgrounds(self)

    @cached_property
    def tables(self) -> Tables:
        """InputError by default: questions are needed to judge the answers."""
        what = f"answers to {self.name} are verified against their questions"
        raise InputError(what, field="--task", fix="give --benchmark in place of --task")

    @cached_property
    @abstractmethod
    def building(self) -> Building: ...

    @cached_property
    @abstractmethod
    def teaching(self) -> Teaching: ...

    @cached_property
    @abstractmethod
    def scoring(self) -> Scoring: ...

    @cached_property
    @abstractmethod
    def baselines(self) -> Baselines: ...

    @cached_property
    @abstractmethod
    def leaks(self) -> Leaks: ...

    @cached_property
    @abstractmethod
    def report(self) -> Reporting: ...


def code_files(task: Task, *parts: str) -> list[Path]:
    """The files of a task's classes, and of the modules that its parts of these names are in.

    No part is imported: who plans jobs need not have what they compute with.
    """
    files = [Path(getfile(kind)) for kind in type(task).__mro__ if kind.__module__ not in _NOT_OURS]
    for part in parts:
        imported = getattr(type(task), part).func.__code__.co_names
        files += [Path(find_spec(name).origin) for name in imported if name.startswith("reasonome.tasks.")]
    return list(dict.fromkeys(files))


def held_out_terms(task: Dialogue, folder: Path) -> list[tuple[str, str]]:
    """(id, name) of all terms that the valid and test rows in a folder ask about. InputError as of `read_splits`."""
    rows = read_splits(folder, task.Example, "valid", "test")
    return [term for row in rows for term in task.terms(row)]


def held_out_names(task: Dialogue, folder: Path) -> dict[str, set[str]]:
    """Gene → the names of the valid and test rows in a folder that list it: each row's own, and synonyms of several
    words, as one of a single word is mostly an acronym. InputError as of `read_splits`."""
    names: dict[str, set[str]] = {}
    for row in read_splits(folder, task.Example, "valid", "test"):
        called = [name for _, name in task.terms(row)]
        searched = {*called[:1], *(name for name in called if " " in normalise(name))}
        for gene in symbols(row):
            names.setdefault(gene, set()).update(searched)
    return names


def of_like_length(text: str, others: Iterable[str], random: Random) -> str | None:
    """One of the other texts whose number of words is nearest to that of `text`, drawn at random; None without any."""
    words = len(text.split())
    distances: dict[int, list[str]] = {}
    for other in dict.fromkeys(others):
        distances.setdefault(abs(len(other.split()) - words), []).append(other)
    return random.choice(distances[min(distances)]) if distances else None


def means(components: Mapping[str, Sequence[float] | np.ndarray]) -> dict[str, float]:
    """Means of reward components over the answers to which each applies; without those that apply to none."""
    columns = {name: np.asarray(column, dtype=float) for name, column in components.items()}
    applying = {name: column[~np.isnan(column)] for name, column in columns.items()}
    return {name: float(column.mean()) for name, column in applying.items() if len(column)}


def total(components: Mapping[str, Sequence[float] | np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """The weighted sum of reward components, per answer; the weights of those that are nan go to the others.

    0 for an answer to which none applies.
    """
    values = {name: np.asarray(column, dtype=float) for name, column in components.items()}
    shares = {name: np.where(np.isnan(column), 0.0, weights[name]) for name, column in values.items()}
    plain = sum(shares[name] * np.nan_to_num(column, nan=0.0) for name, column in values.items())
    applying, whole = sum(shares.values()), sum(weights[name] for name in values)
    return plain * np.divide(whole, applying, out=np.zeros_like(applying), where=applying != 0)
