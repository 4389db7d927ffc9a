"""What every task provides: its object, and its parts, each a module beside it.

files      which files each stage reads: building, prompting, teaching, scoring, baselines, leaks; corpora and
           beside_corpora, what training rows are made of; rows_by_settings
checks     what settings must agree with: check_benchmark, check_style, check_recipe, TEACHERS, leak
building   build: the splits of a benchmark, what was left out and why
prompting  with_material: what prompts show beside a benchmark's rows
teaching   propose and keep: reasoning of teachers, and which of it is kept
background build and read_background, where answers are compared with terms: the table of these, and its names
scoring    score and score_baselines: a row an answer; SHOWN and LISTED, the metrics that a job and `reasonome score`
           print; where they are BY_ENCODERS score_available, what that command can score with what is there
leaks      findings, same_sources, FIXES: what of a test the training data give away
report     METRICS: the metric set, primary first; DOES, TAG, USE, of model cards; OF_QUESTIONS, as_shown,
           failure_kinds, write_own, own_section; beside it report/task.html.j2 and own.html.j2, its words on pages
table      table_task: how a table of other people's answers is read and scored
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from pydantic import BaseModel

from reasonome.benchmarks.rows import read_rows
from reasonome.config import Benchmark, Grading, PretrainRecipe, Recipe, Style
from reasonome.prompts.prompts import Prompt

if TYPE_CHECKING:
    from reasonome.config.project import Project
    from reasonome.config.project.experiments import AuditPlan

# Of two lists of texts the cosine of each pair, in their order.
Similarity = Callable[[Sequence[str], Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Reward:
    """A batched, pure reward: (answers, examples, similarity) → one value in [low, high] per answer.

    `semantic` rewards judge what was answered, the others how it was written.
    """

    function: Callable[[Sequence[Any], Sequence[Any], Similarity], list[float]]
    low: float
    high: float
    semantic: bool


@dataclass(frozen=True)
class Policy:
    """A lazy way to answer, well written: what a model could drift to that has learned nothing of the question.

    `completion(example, prompt)` may use what the prompt shows; of the example's answer only that it is not to be used.
    A policy that `copies` the question is shown by itself, beside the best of the others.
    """

    name: str
    completion: Callable[[Any, Prompt], str]
    copies: bool = False


@dataclass(frozen=True)
class Inputs:
    """What a job reads beside the rows of its benchmark: files by role (a path, or a list or mapping of them).

    `encoders` are names of encoders.yaml; `settings` is what of the configuration decides the result beside the entry
    of the benchmark and the prompt style, as JSON can hold it.
    """

    files: Mapping[str, Any] = field(default_factory=dict)
    encoders: Sequence[str] = ()
    settings: Any = None

    @property
    def paths(self) -> list[Path]:
        """All files, each once."""
        return list(dict.fromkeys(_flat(self.files)))


class Rows(NamedTuple):
    """How many rows a split has by the settings, and whether it may be fewer; else it may be more."""

    rows: int
    at_most: bool


@dataclass(frozen=True)
class Teaching:
    """Which reasoning is written: by whom, for which benchmark, in which prompt style, and to which file."""

    teacher: str
    benchmark: str
    style: str
    output: Path


def _flat(files: Any) -> Iterator[Path]:
    if isinstance(files, Mapping):
        files = files.values()
    elif isinstance(files, Path):
        files = [files]
    for one in files:
        yield from [one] if isinstance(one, Path) else _flat(one)


class Task(Protocol):
    """One task: serves prompts, training, rewards and scoring alike."""

    name: str
    # What a row of a benchmark, an entry of benchmarks.yaml and a prompt style hold.
    Example: type[BaseModel]
    Benchmark: type[Benchmark]
    Style: type[Style]
    # The placeholders that a prompt's user text must have and may have, and those that its system text may have.
    user_texts: tuple[tuple[str, ...], tuple[str, ...]]
    system_texts: tuple[str, ...]
    # What a recipe may name, with settings at their defaults.
    rewards: dict[str, Reward]
    # Rewards that validation shows beside those with a weight.
    watched: tuple[str, ...]

    def rewards_for(self, grading: Grading) -> dict[str, Reward]:
        """The rewards by name, with the settings of a recipe."""

    def with_choice(self, example: Any, style: Style) -> Any:
        """The example with what its prompt shows, as results/prompts/ has it; one that has it stays as it is."""

    def prompt(self, example: Any, style: Style, order: int = 0) -> Prompt:
        """Chat messages for one example: what was chosen for it, or else is chosen now, in one of several orders."""

    def parse(self, text: str, style: Style | None = None) -> Any:
        """The answer in a completion, as the style asks for it; never raises, says what was malformed."""

    def bare(self, text: str) -> Any:
        """The answer of someone who gives the cell of a table: no reasoning, and no form to keep."""

    def is_completion(self, cell: str) -> bool:
        """Whether a cell of somebody's table is a whole completion, which `parse` reads; any other is for `bare`."""

    def name_span(self, text: str, style: Style | None = None) -> tuple[int, int] | None:
        """Where in the completion the answer stands that `parse` finds, in characters; None without one."""

    def completion(self, example: Any, prompt: Prompt, style: Style, proposal: Mapping[str, Any] | None) -> str | None:
        """What SFT learns to answer; None: the example is left out.

        `proposal` is a teacher's kept row; without one the answer is given without reasoning.
        """

    def terms(self, example: Any) -> list[tuple[str, str]]:
        """(id, name) of what a row asks about: of a held-out row no statement about these is trained on."""

    def policies(self, examples: Sequence[Any], style: Style | None = None) -> list[Policy]:
        """Lazy answers in the style's form, given training examples: what GRPO compares the reward with."""


def held_out_terms(task: Task, folder: Path) -> list[tuple[str, str]]:
    """(id, name) of all that the valid and test rows in a folder ask about. Raises InputError as `read_rows` does."""
    rows = [row for part in ("valid", "test") for row in read_rows(folder / f"{part}.jsonl", task.Example)]
    return [term for row in rows for term in task.terms(row)]


def no_files(project: "Project", benchmark: str, *names: str) -> Inputs:
    """Nothing: for stages that read the rows of a benchmark alone."""
    return Inputs()


def no_corpora(project: "Project", benchmark: str) -> list[str]:
    """None: for questions that are not made of facts."""
    return []


def audited_files(project: "Project", plan: "AuditPlan") -> Inputs:
    """Training data and test questions of a leak audit."""
    return Inputs({"training": plan.files(project.results)})


def rows_of_groups(project: "Project", benchmark: str, part: str) -> Rows | None:
    """Rows of a split by the settings, where rows that hang together are held out together; None where they do not say.

    More may be held out than are asked for, and fewer may be left to train on.
    """
    sizes = [getattr(subset, part) for subset in project.benchmarks[benchmark].subsets.values()]
    return None if None in sizes else Rows(sum(sizes), at_most=part == "train")


def leak_of_questions(project: "Project", recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
    """How a recipe may show the model test questions of a benchmark, and what to do about it; else None.

    For tasks whose benchmarks leave out what leaks. What statements tell is left to the audit.
    """
    if isinstance(recipe, PretrainRecipe) or recipe.benchmark not in project.akin(benchmark):
        return None
    if benchmark in [recipe.benchmark, *project.benchmarks[recipe.benchmark].leave_out]:
        return None
    what = f"would leak: training questions of '{recipe.benchmark}' may give test questions of '{benchmark}' away"
    return what, f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml"


def total(components: dict[str, Sequence[float]], weights: dict[str, float]) -> np.ndarray:
    """The weighted sum of reward components, per answer."""
    return sum(weights[name] * np.asarray(values, dtype=float) for name, values in components.items())
