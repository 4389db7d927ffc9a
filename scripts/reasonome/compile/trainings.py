"""Jobs of the rules that train."""

import importlib.util
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from reasonome.compile.benchmarks import task_named
from reasonome.config import Recipe
from reasonome.config.project import Project, chains
from reasonome.config.rollouts import RolloutRecipe
from reasonome.jobs import Files, Job
from reasonome.training.settings import TrainingSettings


def training_job(
    project: Project, recipe: Recipe, parent: tuple[str, str], outputs: Mapping[str, Files]
) -> Job[TrainingSettings]:
    """The job of a step behind the parent, a backbone and a chain."""
    inputs: dict[str, Files] = {"data": recipe.files(project.results, project.preferences, parent)}
    return Job(rule=recipe.stage, inputs=inputs, outputs=dict(outputs), settings=_settings(project, recipe))


def check_length(project: Project, backbone: str, step: str) -> None:
    """InputError, at its place in the recipe, for a `max_length` below every prompt that a step learns from.

    Nothing is known of prompts that are not made yet, and of a backbone that is not fetched yet.
    """
    recipe, tokenizer = project.recipe(step), project.results.model(backbone, chains.BASE) / "model/tokenizer.json"
    most: int | None = getattr(recipe, "max_length", None)
    if most is None or not tokenizer.is_file() or importlib.util.find_spec("tokenizers") is None:
        return
    for benchmark, style in recipe.questions:
        file = project.examples(benchmark, style) / "train.jsonl"
        task, lengths = project.task(benchmark), []
        with open(file, encoding="utf-8") if file.is_file() else nullcontext(()) as rows:
            for row in rows:
                prompt = task.prompt(task.Example.model_validate_json(row), project.style(benchmark, style))
                lengths.append(_tokens(tokenizer, [message["content"] for message in prompt.messages]))
                if lengths[-1] <= most:
                    break
        if lengths and min(lengths) > most:
            stage, variant = step.split(".")
            what = f"every prompt of {benchmark} is longer: the shortest has {min(lengths)} tokens without its answer"
            loc = ("variants", variant, "max_length")
            raise project.folder.error(f"recipes/{stage}.yaml", loc, what, "raise it: longer examples are left out")


def _tokens(tokenizer: Path, texts: Sequence[str]) -> int:
    """How many tokens of an untouched backbone the texts have together, without those of a chat template."""
    return sum(len(_loaded(tokenizer).encode(text, add_special_tokens=False).ids) for text in texts)


@cache
def _loaded(tokenizer: Path) -> Any:
    from tokenizers import Tokenizer  # without PyTorch; where jobs are only planned it may be missing

    return Tokenizer.from_file(str(tokenizer))


def recipe_job(project: Project, recipe: Recipe, output: Path) -> Job[TrainingSettings]:
    """The job that writes a recipe; its own rewards are tried on the questions."""
    inputs: dict[str, Files] = {"questions": graded_questions(project, recipe)}
    return Job(rule="write_recipe", inputs=inputs, outputs={"recipe": output}, settings=_settings(project, recipe))


def graded_questions(project: Project, recipe: Recipe) -> dict[str, Path]:
    """The training questions of each benchmark whose answers a recipe's own rewards are tried on, if it has any."""
    if not isinstance(recipe, RolloutRecipe) or not recipe.graders:
        return {}
    return {benchmark: project.examples(benchmark, style) / "train.jsonl" for benchmark, style in recipe.questions}


def _settings(project: Project, recipe: Recipe) -> TrainingSettings:
    return TrainingSettings(
        stage=recipe.stage,
        recipe=recipe.model_dump(mode="json"),
        tasks={benchmark: task_named(project, benchmark) for benchmark, _ in recipe.questions},
        styles={name: project.style(name, style).model_dump(mode="json") for name, style in recipe.questions},
        encoders=project.encoder_folders(recipe.comparing),
        trackers=project.settings.trackers,
    )
