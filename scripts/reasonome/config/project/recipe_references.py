"""Rules between recipes and what they name, which stages share, and between the steps of a chain."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from reasonome.config import Decoding, Recipe, Style
from reasonome.config.project import Project, chains
from reasonome.config.reference import Mistake
from reasonome.config.rewarded_samples import OwnFunction
from reasonome.config.task_settings import TaskSettings
from reasonome.config.teachers import Teacher
from reasonome.core.errors import InputError, lookup, nearest
from reasonome.core.yaml_text import Loc


def wrong_samples(decoding: Decoding, loc: Loc) -> Iterator[Mistake]:
    """A decoding, named at this place, of which one sample answers a prompt."""
    if decoding.samples < 2 or decoding.orders > 1:
        what = "answers to one prompt are compared, and this decoding gives one, or asks in several orders"
        yield Mistake(loc, what, "name one with `samples: 2` or more, and without `orders`")


def wrong_rewards(
    known: Iterable[str], style: Style, loc: Loc, rewards: Mapping[str, float], file: str = ""
) -> Iterator[Mistake]:
    """Rewards, named at this place, that are not among those of the task or that the style makes empty."""
    for name in rewards:
        if name not in known:
            yield Mistake((*loc, name), f"unknown name '{name}'", nearest(name, known), file)
    if rewards.get("confidence") and not style.asks_confidence():
        what = "the style of a recipe with this reward asks for no confidence: every answer would earn the least"
        fix = "leave it out, or train in a style with `confidence: true`"
        yield Mistake((*loc, "confidence"), what, fix, file)


def wrong_function(own: OwnFunction, loc: Loc) -> Iterator[Mistake]:
    """A function, named at this place, that its file does not define."""
    *_, name = own.function.rpartition(":")
    names = _defined(Path(own.path))
    if name not in names:
        yield Mistake(loc, f"{own.path} defines no '{name}'", nearest(name, names))


def _defined(path: Path) -> list[str]:
    """The names that a Python file defines or imports at module level; InputError as of `parsed`."""
    from reasonome.core.code_digest import parsed

    names = []
    for node in parsed(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names


def wrong_teacher(
    teachers: Mapping[str, Teacher], name: str, task: TaskSettings, loc: Loc, also: Iterable[str] = (), file: str = ""
) -> Iterator[Mistake]:
    """A teacher, named at this place, that does not write for the task; `also` are valid there, too."""
    kinds = task.checks.teachers
    if teachers[name].kind not in kinds:
        able = [other for other, teacher in teachers.items() if teacher.kind in kinds]
        what = f"teacher '{name}' does not write for {task.name}"
        yield Mistake(loc, what, nearest(name, [*able, *also]), file)


def misplaced(
    stages: Mapping[str, type[Recipe]], recipes: Mapping[str, Mapping[str, Recipe]], steps: Sequence[str]
) -> Iterator[Mistake]:
    """Steps that cannot follow the one before: of an earlier stage, and with weights that `quantize` would round."""
    order = list(stages)
    for position, (before, step) in enumerate(pairwise(steps), 1):
        earlier, (stage, variant) = before.split(".")[0], step.split(".")
        adapter = recipes[stage][variant].adapter
        if order.index(stage) < order.index(earlier):
            answering = [name for name in order if stages[name].answers]
            told = answering if {stage, earlier} <= set(answering) else order
            yield Mistake((position,), f"'{step}' comes after a later stage", f"the order is {' → '.join(told)}")
        elif adapter and adapter.quantize:
            what = f"'{step}' has `quantize`: 4 bits would round what '{before}' taught"
            fix = "leave `quantize` out of its adapter: only the first step of a chain may have it"
            yield Mistake((position,), what, fix)


def check_answers(project: Project, chain: str) -> None:
    """InputError for the chain of a reward model: it has no head for tokens."""
    if not all(lookup(project.stages, step.stage, "stage").answers for step in chains.parse(chain)):
        raise InputError(
            f"{chain}: a reward model answers no questions, and nothing is trained from it",
            fix="name it as `judge` of a recipe of onlinedpo",
        )
