"""Jobs of the rules that train."""

from collections.abc import Mapping
from pathlib import Path

from reasonome.compile.benchmarks import task_named
from reasonome.config import Recipe
from reasonome.config.project import Project
from reasonome.config.rollouts import RolloutRecipe
from reasonome.jobs import Files, Job
from reasonome.training.settings import TrainingSettings


def training_job(
    project: Project, recipe: Recipe, parent: tuple[str, str], outputs: Mapping[str, Files]
) -> Job[TrainingSettings]:
    """The job of a step behind the parent, a backbone and a chain."""
    inputs: dict[str, Files] = {"data": recipe.files(project.results, project.preferences, parent)}
    return Job(rule=recipe.stage, inputs=inputs, outputs=dict(outputs), settings=_settings(project, recipe))


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
