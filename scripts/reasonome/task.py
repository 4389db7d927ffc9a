"""A task: what is asked, how answers are read and rewarded, and its parts, each an object that is made when it is used.

`Dialogue` is what prompts, training and answers need. A part (`task_parts.py`) is a class of its own, in a module of
its own, so that what changes in one part does not recompute what other parts did.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from inspect import getfile, getsource
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reasonome.benchmarks.rows import read_splits
from reasonome.config import Benchmark, Grading
from reasonome.config import Style as PromptStyle
from reasonome.core.errors import InputError
from reasonome.facts.text import normalise
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import Policy, Reward

if TYPE_CHECKING:
    from reasonome.metrics import MetricSet
    from reasonome.task_parts import (
        Backgrounds,
        Baselines,
        Building,
        Checks,
        Files,
        Leaks,
        Prompting,
        Reporting,
        Scoring,
        Tables,
        Teaching,
    )

# Without samples of a model to count, a target says neither yes nor no.
UNKNOWN_CONFIDENCE = 0.5
_NOT_OURS = ("builtins", "abc", "typing", __name__)


class Dialogue(ABC):
    """What a task asks, and how its answers are read and rewarded: prompts, training and scoring share it."""

    name: str
    # The models of a benchmark's row, an entry of benchmarks.yaml, and a prompt style.
    Example: type[BaseModel]
    Benchmark: type[Benchmark]
    Style: type[PromptStyle]
    # The placeholders that a prompt's user text must have and may have, and those that its system text may have.
    user_texts: tuple[tuple[str, ...], tuple[str, ...]]
    system_texts: tuple[str, ...] = ()
    # Rewards that validation shows beside those with a weight.
    watched: tuple[str, ...] = ()

    @cached_property
    def files(self) -> "Files":
        """The files that jobs read; parts ask for them too."""
        from reasonome.task_parts import Files

        return Files(self)

    @abstractmethod
    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """The rewards that a recipe may name, with its settings or the default ones."""

    def symbols(self, example: Any) -> list[str]:
        """The symbols of the genes that a row lists; none of a task whose rows list no genes."""
        return []

    @property
    def lists_genes(self) -> bool:
        """Whether rows list genes, whose facts a corpus can choose."""
        return type(self).symbols is not Dialogue.symbols

    def with_choice(self, example: Any, style: PromptStyle) -> Any:
        """The example with what its prompt shows, as in results/prompts/; one that has it already is not changed.

        By default a prompt shows all that a row has."""
        return example

    @abstractmethod
    def prompt(self, example: Any, style: PromptStyle, order: int = 0) -> Prompt:
        """Chat messages for one example, with what was chosen for it or is chosen now, in one of several orders."""

    @abstractmethod
    def parse(self, text: str, style: PromptStyle | None = None) -> Any:
        """The answer in a completion, in the form that the style asks for, with its problems; never raises."""

    @abstractmethod
    def bare(self, text: str) -> Any:
        """The answer in a cell of a table: without reasoning and without a required form."""

    @abstractmethod
    def is_completion(self, cell: str) -> bool:
        """Whether a cell of a table is a whole completion, for `parse`; other cells are for `bare`."""

    @abstractmethod
    def name_span(self, text: str, style: PromptStyle | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the answer that `parse` finds in the completion; None without one."""

    def openings(self, prompt: Prompt, style: PromptStyle) -> dict[str, str]:
        """How a completion begins that names a candidate of the prompt first, by candidate.

        By default there are none: answers are no lists of candidates, or begin with reasoning."""
        return {}

    def ranking(self, candidates: Sequence[str], style: PromptStyle) -> str:
        """The completion that lists candidates, where there are `openings`."""
        raise NotImplementedError

    @abstractmethod
    def completion(
        self,
        example: Any,
        prompt: Prompt,
        style: PromptStyle,
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
    def policies(self, examples: Sequence[Any], style: PromptStyle) -> list[Policy]:
        """Lazy policies in the style's form, from training examples: GRPO compares its reward with theirs."""


class Task(Dialogue):
    """A task with its parts."""

    def shared(self, part: str) -> object:
        """What is one for all tasks that have the same part of this name: it was defined once."""
        return getattr(type(self), part)

    @cached_property
    @abstractmethod
    def metrics(self) -> "MetricSet": ...

    @cached_property
    def checks(self) -> "Checks":
        from reasonome.task_parts import Checks

        return Checks(self)

    @cached_property
    def prompting(self) -> "Prompting":
        from reasonome.task_parts import Prompting

        return Prompting(self)

    @cached_property
    def background(self) -> "Backgrounds":
        from reasonome.task_parts import Backgrounds

        return Backgrounds(self)

    @cached_property
    def tables(self) -> "Tables":
        """InputError by default: questions are needed to judge the answers."""
        what = f"answers to {self.name} are verified against their questions"
        raise InputError(what, field="--task", fix="give --benchmark in place of --task")

    @cached_property
    @abstractmethod
    def building(self) -> "Building": ...

    @cached_property
    @abstractmethod
    def teaching(self) -> "Teaching": ...

    @cached_property
    @abstractmethod
    def scoring(self) -> "Scoring": ...

    @cached_property
    @abstractmethod
    def baselines(self) -> "Baselines": ...

    @cached_property
    @abstractmethod
    def leaks(self) -> "Leaks": ...

    @cached_property
    @abstractmethod
    def report(self) -> "Reporting": ...


def code_files(task: Task, *parts: str) -> list[Path]:
    """The files of a task's classes, and of the modules that its parts of these names are in.

    No part is imported: who plans jobs need not have what they compute with.
    """
    files = [Path(getfile(kind)) for kind in type(task).__mro__ if kind.__module__ not in _NOT_OURS]
    for part in parts:
        source = ast.parse(dedent(getsource(getattr(type(task), part).func)))
        imported = [node.module or "" for node in ast.walk(source) if isinstance(node, ast.ImportFrom)]
        specs = [find_spec(name) for name in imported if name.startswith("reasonome.tasks.")]
        files += [Path(spec.origin) for spec in specs if spec and spec.origin]
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
        for gene in task.symbols(row):
            names.setdefault(gene, set()).update(searched)
    return names


def of_like_length(text: str, others: Iterable[str], random: Random) -> str | None:
    """One of the other texts whose number of words is nearest to that of `text`, drawn at random; None without any."""
    words = len(text.split())
    distances: dict[int, list[str]] = {}
    for other in dict.fromkeys(others):
        distances.setdefault(abs(len(other.split()) - words), []).append(other)
    return random.choice(distances[min(distances)]) if distances else None
