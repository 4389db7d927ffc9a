"""The interface of a task: its object, and its parts, each a module beside it.

files      the files that each stage reads: building, prompting, teaching, scoring, baselines, leaks; corpora and
           beside_corpora, the sources of training rows; rows_by_settings
checks     checks of settings: check_benchmark, check_style, check_recipe, TEACHERS, leak
building   build: the splits of a benchmark, and the rows left out with reasons
prompting  with_material: the content of prompts beside a benchmark's rows
teaching   propose and keep: the reasoning of teachers, and its filter; asked: the messages to one behind an endpoint
background build and read_background, if answers are compared with terms: the table of terms, and its names
scoring    score and score_baselines: a row per answer; SHOWN and LISTED, the metrics that a job and `reasonome score`
           print; POOLED, metrics of all answers together; if BY_ENCODERS, score_available: the scores that this command
           can give with the files that are there
leaks      findings, same_sources, FIXES: leaks of test questions into training data
report     METRICS: the metric set, primary first; DOES, TAG, USE, for model cards; OF_QUESTIONS, as_shown,
           failure_kinds, write_own, own_section; beside it report/task.html.j2 and own.html.j2, its texts on pages
table      table_task: how a table of other people's answers is read and scored
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from pydantic import BaseModel

from reasonome.benchmarks.rows import read_splits, symbols
from reasonome.config import Benchmark, Grading, Recipe, Style
from reasonome.facts.text import normalise
from reasonome.prompts.prompts import Prompt

if TYPE_CHECKING:
    from reasonome.config.project import Project
    from reasonome.config.project.experiments import AuditPlan
    from reasonome.report.evidence import Evidence
    from reasonome.report.plan import Plan

# Without samples of a model to count, a target says neither yes nor no.
UNKNOWN_CONFIDENCE = 0.5
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


class Rows(NamedTuple):
    """The number of rows of a split by the settings, as an upper bound if `at_most`, else as a lower bound."""

    rows: int
    at_most: bool


@dataclass(frozen=True)
class Teaching:
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


class Task(Protocol):
    """One task: serves prompts, training, rewards and scoring alike."""

    name: str
    # The models of a benchmark's row, an entry of benchmarks.yaml, and a prompt style.
    Example: type[BaseModel]
    Benchmark: type[Benchmark]
    Style: type[Style]
    # The placeholders that a prompt's user text must have and may have, and those that its system text may have.
    user_texts: tuple[tuple[str, ...], tuple[str, ...]]
    system_texts: tuple[str, ...]
    # Rewards that validation shows beside those with a weight.
    watched: tuple[str, ...]

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """The rewards that a recipe may name, with its settings or the default ones."""

    def with_choice(self, example: Any, style: Style) -> Any:
        """The example with what its prompt shows, as in results/prompts/; one that has it already is not changed."""

    def prompt(self, example: Any, style: Style, order: int = 0) -> Prompt:
        """Chat messages for one example, with what was chosen for it or is chosen now, in one of several orders."""

    def parse(self, text: str, style: Style | None = None) -> Any:
        """The answer in a completion, in the form that the style asks for, with its problems; never raises."""

    def bare(self, text: str) -> Any:
        """The answer in a cell of a table: without reasoning and without a required form."""

    def is_completion(self, cell: str) -> bool:
        """Whether a cell of a table is a whole completion, for `parse`; other cells are for `bare`."""

    def name_span(self, text: str, style: Style | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the answer that `parse` finds in the completion; None without one."""

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

    def right(self, answer: Any, example: Any) -> bool:
        """Whether a parsed answer is right; how sure it is of itself does not matter."""

    def wrong(self, example: Any, prompt: Prompt, others: Sequence[Any], random: Random) -> str | None:
        """The text of a wrong answer, to stand where `name_span` finds the right one; None where there is none.

        It is that of another training question of `others`, of like length, or another order of what the prompt shows.
        """

    def with_gold_of(self, example: Any, other: Any) -> Any:
        """The question with the right answer of another question of its subset: a placebo. Its prompt stays."""

    def terms(self, example: Any) -> list[tuple[str, str]]:
        """(id, name) of what a row asks about: no statement about those of held-out rows is trained on."""

    def policies(self, examples: Sequence[Any], style: Style) -> list[Policy]:
        """Lazy policies in the style's form, from training examples: GRPO compares its reward with theirs."""


def held_out_terms(task: Task, folder: Path) -> list[tuple[str, str]]:
    """(id, name) of all terms that the valid and test rows in a folder ask about. InputError as of `read_splits`."""
    rows = read_splits(folder, task.Example, "valid", "test")
    return [term for row in rows for term in task.terms(row)]


def held_out_names(task: Task, folder: Path) -> dict[str, set[str]]:
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


def no_files(project: "Project", benchmark: str, *names: str) -> Inputs:
    """No files: for stages that read only the rows of a benchmark."""
    return Inputs()


def no_corpora(project: "Project", benchmark: str) -> list[str]:
    """No corpora: for questions that are not built from facts."""
    return []


def no_checks(project: "Project", *settings: Any) -> None:
    """No checks: for settings that are sound wherever their models accept them."""


def audited_files(project: "Project", plan: "AuditPlan") -> Inputs:
    """Training data and test questions of a leak audit."""
    return Inputs({"training": plan.files(project.results)})


def group_rows(project: "Project", benchmark: str, part: str) -> Rows | None:
    """Rows of a split by the settings, where whole groups are held out; None where the settings do not say.

    More rows may be held out than the settings ask for, and fewer may be left to train on.
    """
    sizes = [getattr(subset, part) for subset in project.benchmarks[benchmark].subsets.values()]
    return None if None in sizes else Rows(sum(sizes), at_most=part == "train")


def question_leak(project: "Project", recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
    """How a recipe may show the model test questions of a benchmark, and the fix; None if it cannot.

    For tasks whose benchmarks leave out leaking questions. The leak audit checks statements.
    """
    if not recipe.questions or recipe.benchmark not in project.akin(benchmark):
        return None
    if benchmark in [recipe.benchmark, *project.benchmarks[recipe.benchmark].leave_out]:
        return None
    what = f"would leak: training questions of '{recipe.benchmark}' may give test questions of '{benchmark}' away"
    return what, f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml"


def rows_as_they_are(table: pd.DataFrame) -> pd.DataFrame:
    """The table itself: for tasks whose scores have the columns that the page reads."""
    return table


def splits_as_they_are(task: Task, project: "Project", name: str, style: str, splits: Splits) -> Splits:
    """The splits themselves: for tasks whose rows hold all that a prompt shows."""
    return splits


def nothing_written(plan: "Plan", evidence: "Evidence", folder: Path, seed: int, resamples: int) -> None:
    """Nothing: for tasks to which the tables and figures of all tasks are enough."""


def nothing_shown(plan: "Plan", metrics: pd.DataFrame, evidence: "Evidence", folder: Path) -> dict[str, Any]:
    """No section of the page beside those of all tasks."""
    return {}


def means(components: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Means of reward components over the answers to which each applies; without those that apply to none."""
    columns = {name: np.asarray(column, dtype=float) for name, column in components.items()}
    applying = {name: column[~np.isnan(column)] for name, column in columns.items()}
    return {name: float(column.mean()) for name, column in applying.items() if len(column)}


def total(components: dict[str, Sequence[float]], weights: dict[str, float]) -> np.ndarray:
    """The weighted sum of reward components, per answer; the weights of those that are nan go to the others.

    0 for an answer to which none applies.
    """
    values = {name: np.asarray(column, dtype=float) for name, column in components.items()}
    shares = {name: np.where(np.isnan(column), 0.0, weights[name]) for name, column in values.items()}
    plain = sum(shares[name] * np.nan_to_num(column, nan=0.0) for name, column in values.items())
    applying, whole = sum(shares.values()), sum(weights[name] for name in values)
    return plain * np.divide(whole, applying, out=np.zeros_like(applying), where=applying != 0)
