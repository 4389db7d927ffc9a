"""A benchmark in one prompt style as a folder that other programs read: questions, and how answers are rewarded."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from reasonome.benchmarks.rows import SPLITS, read_rows, unsealed
from reasonome.config import Grader, Grading
from reasonome.config.project import Project
from reasonome.config.project.experiments import asked_questions
from reasonome.config.rollouts import RolloutRecipe
from reasonome.core import atomic
from reasonome.core.errors import InputError, check_made, nearest
from reasonome.report.card_sources import SourceRead, sources_of
from reasonome.task import Dialogue, Task

DESCRIPTION = "question_set.json"
OWN_TASK = "own_task.py"
# Tokens of an answer to questions that no experiment asks.
_LONGEST_ANSWER = 512


class Description(BaseModel):
    """question_set.json: what reads and rewards answers. `task` is the name of one that ships, or FILE:CLASS.

    `rewards` are the weights of built-in rewards; `pooling` has the encoders of a similarity reward.
    """

    benchmark: str
    style_name: str
    task: str
    style: dict[str, Any]
    rewards: dict[str, float]
    grading: Grading
    graders: dict[str, Grader]
    pooling: dict[str, Literal["mean", "cls"]]
    max_new_tokens: int


@dataclass(frozen=True)
class QuestionSet:
    """A benchmark in a prompt style: questions by split, where they come from, and how many test questions are sealed.

    A question is a row with `id`, `subset`, `messages`, `target` (what SFT trains on without a teacher; "" if there is
    none) and `example`, the benchmark's row as JSON. `own_files` are the files of one's own task and graders, by name.
    """

    description: Description
    splits: Mapping[str, list[dict[str, Any]]]
    sources: list[SourceRead]
    sealed: int
    own_files: Mapping[str, Path]

    @property
    def name(self) -> str:
        """The name of the folder that is written."""
        return f"reasonome-{self.description.benchmark}-{self.description.style_name}".replace(".", "-")

    @property
    def module(self) -> str:
        """The name of the Python package or module in it."""
        return re.sub(r"\W", "_", self.name)

    @property
    def weighted(self) -> bool:
        """Whether it is said which rewards count."""
        return bool(self.description.rewards or self.description.graders)

    def write(self, folder: Path) -> None:
        """Write question_set.json, a JSONL file per split, and the files of one's own task and graders."""
        for split, rows in self.splits.items():
            atomic.write_jsonl(folder / f"{split}.jsonl", rows)
        for name, path in self.own_files.items():
            shutil.copyfile(path, folder / name)
        atomic.write_json(folder / DESCRIPTION, self.description.model_dump(mode="json"))


def question_sets(
    project: Project[Task], name: str, style: str | None, recipe: str | None, rewarded: bool
) -> list[QuestionSet]:
    """The question sets of an experiment, one for each benchmark and style that it asks, or of a benchmark in a style.

    If they are `rewarded`, rewards are those of `recipe`, a step as `grpo.soft`, or of the experiment's own for the
    benchmark. InputError for unknown names, for questions that were not written yet, for rewards that cannot leave the
    project, and where an experiment has several recipes that differ in their rewards.
    """
    spec = project.experiments.get(name)
    asked = asked_questions(project, spec) if spec else []
    chosen = [pair for pair in asked if style in (None, pair[1])]
    if spec and chosen:
        longest = project.decodings[spec.decodings[0]].max_new_tokens
    elif name in project.benchmarks:
        if style is None:
            fix = f"give one of {', '.join(project.styles(project.benchmarks[name].task))}"
            raise InputError("a benchmark is exported in a prompt style", field="--style", fix=fix)
        chosen, longest = [(name, style)], _longest(project, name, style)
    elif spec and style is not None:
        fix = nearest(style, list(dict.fromkeys(known for _, known in asked)))
        raise InputError(f"'{name}' asks nothing in style '{style}'", field="--style", fix=fix)
    else:
        fix = nearest(name, [*project.experiments, *project.benchmarks])
        raise InputError(f"there is no experiment and no benchmark '{name}'", fix=fix)
    sets = []
    for benchmark, asked_style in chosen:
        step = (recipe or _own_recipe(project, name if spec else None, benchmark)) if rewarded else None
        sets.append(_question_set(project, benchmark, asked_style, _recipe(project, benchmark, step), longest))
    return sets


def _longest(project: Project[Task], benchmark: str, style: str) -> int:
    """Tokens of an answer at most in the experiments that ask these questions."""
    asking = [spec for spec in project.experiments.values() if (benchmark, style) in asked_questions(project, spec)]
    decodings = (project.decodings[name] for spec in asking for name in spec.decodings)
    return max((decoding.max_new_tokens for decoding in decodings), default=_LONGEST_ANSWER)


def _own_recipe(project: Project[Task], experiment: str | None, benchmark: str) -> str | None:
    """The step of an experiment whose rewards are for a benchmark; InputError where several differ in these."""
    steps = project.experiments[experiment].steps if experiment else []
    found: dict[str, RolloutRecipe] = {}
    for step in steps:
        recipe = project.recipe(step)
        if isinstance(recipe, RolloutRecipe) and benchmark in dict(recipe.questions) and not recipe.judging:
            rewards = (recipe.weights, recipe.grading, recipe.graders, recipe.rewarded_by(project))
            found.setdefault(str(rewards), recipe)
    names = [step for step in steps if project.recipe(step) in found.values()]
    if len(found) > 1:
        what = f"the rewards of {', '.join(names)} differ"
        raise InputError(what, field="--recipe", fix=f"give one of them, such as --recipe {names[0]}")
    return names[0] if names else None


def _recipe(project: Project[Task], benchmark: str, step: str | None) -> RolloutRecipe | None:
    """The recipe of a step, whose rewards are of the benchmark's task; None without a step."""
    if step is None:
        return None
    stage, _, variant = step.partition(".")
    variants = project.recipes.get(stage, {})
    known = [f"{name}.{other}" for name, others in project.recipes.items() for other in others]
    if variant not in variants:
        raise InputError(f"there is no recipe '{step}'", field="--recipe", fix=nearest(step, known))
    recipe = variants[variant]
    if not isinstance(recipe, RolloutRecipe):
        raise InputError(f"{step} has no rewards", field="--recipe", fix="give a GRPO recipe")
    rewarded = project.benchmarks[recipe.questions[0][0]].task
    if rewarded != project.benchmarks[benchmark].task:
        what = f"the rewards of {step} are of {rewarded}"
        raise InputError(what, field="--recipe", fix=f"give a recipe of {project.benchmarks[benchmark].task}")
    if recipe.judging:
        what = f"the reward model of {step} is no part of an export"
        raise InputError(what, field="--recipe", fix="give a recipe without a judge")
    return recipe.pinned()


def _question_set(
    project: Project[Task], benchmark: str, style: str, recipe: RolloutRecipe | None, longest: int
) -> QuestionSet:
    task, spec = project.task(benchmark), project.style(benchmark, style)
    folder = project.examples(benchmark, style)
    files = {split: folder / f"{split}.jsonl" for split in SPLITS}
    check_made(files.values(), "these questions were not written yet")
    examples = {split: read_rows(path, task.Example) for split, path in files.items()}
    unopened = len(examples["test"])
    examples["test"] = unsealed(examples["test"], project.benchmarks[benchmark].sealed, final=False)
    own_task = project.settings.tasks.get(task.name, "")
    graders = recipe.graders if recipe else {}
    # Without a recipe as many genes of a list count as in tables of scores.
    as_scored = Grading.model_validate(project.benchmarks[benchmark].model_dump(include={"longest_list"}))
    description = Description(
        benchmark=benchmark,
        style_name=style,
        task=f"{OWN_TASK}:{own_task.rpartition(':')[2]}" if own_task else task.name,
        style=spec.model_dump(mode="json"),
        rewards=recipe.rewards if recipe else {},
        grading=recipe.grading if recipe else as_scored,
        graders={
            name: grader.model_copy(update={"function": _carried(name, grader)}) for name, grader in graders.items()
        },
        pooling={name: project.encoders[name].pooling for name in (recipe.rewarded_by(project) if recipe else [])},
        max_new_tokens=longest,
    )
    own_files = {
        _carried(name, grader).rpartition(":")[0]: Path(grader.function.rpartition(":")[0])
        for name, grader in graders.items()
    }
    if own_task:
        own_files[OWN_TASK] = Path(own_task.rpartition(":")[0])
    rows = {split: [_row(task, spec, example) for example in examples[split]] for split in SPLITS}
    sealed = unopened - len(examples["test"])
    return QuestionSet(description, rows, sources_of(project, benchmark, style), sealed, own_files)


def _carried(name: str, grader: Grader) -> str:
    """FILE:FUNCTION of a grader whose file stands beside question_set.json."""
    return f"grader_{name}.py:{grader.function.rpartition(':')[2]}"


def _row(task: Dialogue, style: Any, example: Any) -> dict[str, Any]:
    prompt = task.prompt(example, style)
    return {
        "id": example.id,
        "subset": example.subset,
        "messages": prompt.messages,
        "target": task.completion(example, prompt, style, None) or "",
        "example": example.model_dump_json(exclude_defaults=True),
    }
