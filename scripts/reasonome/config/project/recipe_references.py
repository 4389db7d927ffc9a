"""Checks of the names in recipes: training data, styles, teachers and rewards."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reasonome.config import GrpoRecipe, PretrainRecipe, Recipe, SftRecipe
from reasonome.core.errors import InputError, nearest
from reasonome.tasks import registry

if TYPE_CHECKING:
    from reasonome.config.project import Project


def check_recipe(project: "Project", file: str, variant: str, recipe: Recipe) -> None:
    """InputError for an unknown name in a recipe, or for settings that do not fit its benchmarks."""
    if isinstance(recipe, PretrainRecipe):
        _check_known(project, file, variant, recipe, "corpus", project.corpora)
        return
    _check_known(project, file, variant, recipe, "mixture" if recipe.mixture else "benchmark", project.benchmarks)
    if isinstance(recipe, SftRecipe):
        _check_known(project, file, variant, recipe, "teacher", [*project.teachers, "none"])
    else:
        _check_one_task(project, file, variant, recipe)
    for part in recipe.parts:
        _check_part(project, file, variant, part)


def _check_known(
    project: "Project", file: str, variant: str, recipe: Recipe, key: str, valid: Iterable[str], kind: str = "name"
) -> None:
    """InputError if a name under a key of the recipe is not in `valid`."""
    loc = project.folder.place_in_recipe(file, variant, key)
    project.folder.check_known(file, loc, getattr(recipe, key), valid, kind)


def _check_part(project: "Project", file: str, variant: str, recipe: SftRecipe | GrpoRecipe) -> None:
    """InputError if the style, teacher or rewards of a recipe do not fit one of its benchmarks."""
    task = project.benchmarks[recipe.benchmark].task
    _check_known(project, file, variant, recipe, "style", project.styles(task), f"style of {task}")
    if isinstance(recipe, GrpoRecipe):
        _check_rewards(project, file, variant, recipe, task)
    else:
        _check_teacher(project, file, variant, recipe)
    registry.part(task, "checks").check_recipe(project, file, variant, recipe)


def _check_one_task(project: "Project", file: str, variant: str, recipe: GrpoRecipe) -> None:
    """InputError if the benchmarks of a GRPO mixture differ in their task, which defines the rewards."""
    tasks = {name: project.benchmarks[name].task for name in recipe.weights_of_benchmarks}
    if len(set(tasks.values())) > 1:
        named = ", ".join(f"{benchmark} ({task})" for benchmark, task in tasks.items())
        what = f"rewards are of one task, and these are of several: {named}"
        fix = "mix benchmarks of one task here; SFT may mix tasks"
        raise project.folder.error(file, project.folder.place_in_recipe(file, variant, "mixture"), what, fix)
    styles = {style for _, style in recipe.questions}
    if len(styles) > 1:
        what = f"GRPO asks in one style, and these are several: {', '.join(sorted(styles))}"
        place = project.folder.place_in_recipe(file, variant, "style")
        raise project.folder.error(file, place, what, "name one; SFT may have one for each benchmark")


def _check_rewards(project: "Project", file: str, variant: str, recipe: GrpoRecipe, task: str) -> None:
    """InputError for unknown encoders or rewards, and for graders that are missing from their file."""
    _check_known(project, file, variant, recipe, "encoders", project.encoders)
    _check_known(project, file, variant, recipe, "rewards", registry.TASKS[task].rewards())
    for name, grader in recipe.graders.items():
        path, _, function = grader.function.rpartition(":")
        loc = project.folder.place_in_recipe(file, variant, "graders", name, "function")
        if not Path(path).is_file():
            raise project.folder.error(file, loc, f"there is no file {path}", "paths are from the project's folder")
        names = _defined(Path(path))
        if function not in names:
            raise project.folder.error(file, loc, f"{path} defines no '{function}'", nearest(function, names))


def _check_teacher(project: "Project", file: str, variant: str, recipe: SftRecipe) -> None:
    """InputError if the teacher does not write for the task."""
    task = project.benchmarks[recipe.benchmark].task
    kinds = registry.part(task, "checks").TEACHERS
    if recipe.teacher != "none" and project.teachers[recipe.teacher].kind not in kinds:
        able = [name for name, spec in project.teachers.items() if spec.kind in kinds]
        what = f"teacher '{recipe.teacher}' does not write for {task}"
        fix = f"one of {', '.join([*able, 'none'])}"
        raise project.folder.error(file, project.folder.place_in_recipe(file, variant, "teacher"), what, fix)


def _defined(path: Path) -> list[str]:
    """The names that a Python file defines or imports at module level; InputError if it is not Python."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InputError(f"this is no Python: {error}", file=path, line=getattr(error, "lineno", None)) from None
    names = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names
