"""Checks of the names in recipes: training data, styles, teachers and rewards."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reasonome.config import (
    PreferenceRecipe,
    PretrainRecipe,
    QuestionRecipe,
    Recipe,
    RewardedSamples,
    RewardRecipe,
    RolloutRecipe,
    SamplePreferences,
    SftRecipe,
    TierPreferences,
)
from reasonome.config.project import Project
from reasonome.config.project.step_references import check_judge
from reasonome.core.errors import InputError, nearest
from reasonome.core.yaml_text import Loc


def check_recipe(project: Project, file: str, variant: str, recipe: Recipe) -> None:
    """InputError for an unknown name in a recipe, or for settings that do not fit its benchmarks."""
    if isinstance(recipe, PretrainRecipe):
        _check_known(project, file, variant, recipe, "corpus", project.corpora)
        return
    _check_known(project, file, variant, recipe, "mixture" if recipe.mixture else "benchmark", project.benchmarks)
    if isinstance(recipe, SftRecipe):
        _check_known(project, file, variant, recipe, "teacher", [*project.teachers, "none"])
        if recipe.statements is not None:
            loc = project.folder.place_in_recipe(file, variant, "statements", "corpus")
            project.folder.check_known(file, loc, recipe.statements.corpus, project.corpora)
    elif isinstance(recipe, PreferenceRecipe):
        _check_known(project, file, variant, recipe, "preferences", project.preferences)
        if project.preferences[recipe.preferences].kind == "table":
            _check_table(project, file, variant, recipe)
    else:
        _check_one_task(project, file, variant, recipe)
    if judge := getattr(recipe, "judge", None):
        loc = project.folder.place_in_recipe(file, variant, "judge")
        check_judge(project, file, loc, judge, recipe.questions)
    for part in recipe.parts:
        _check_part(project, file, variant, part)


def _check_known(
    project: Project, file: str, variant: str, recipe: Recipe, key: str, valid: Iterable[str], kind: str = "name"
) -> None:
    """InputError if a name under a key of the recipe is not in `valid`."""
    loc = project.folder.place_in_recipe(file, variant, key)
    project.folder.check_known(file, loc, getattr(recipe, key), valid, kind)


def _check_part(
    project: Project, file: str, variant: str, recipe: SftRecipe | PreferenceRecipe | RolloutRecipe
) -> None:
    """InputError if the style, teacher or rewards of a recipe do not fit one of its benchmarks."""
    task = project.benchmarks[recipe.benchmark].task
    _check_known(project, file, variant, recipe, "style", project.styles(task), f"style of {task}")
    if isinstance(recipe, RolloutRecipe):
        _check_rewards(project, file, variant, recipe, task)
    elif isinstance(recipe, SftRecipe):
        if recipe.teacher != "none":
            loc = project.folder.place_in_recipe(file, variant, "teacher")
            _check_teacher(project, file, loc, recipe.teacher, task, "none")
        _check_confidence(project, file, variant, recipe)
        if recipe.samples is not None:
            loc = project.folder.place_in_recipe(file, variant, "samples")
            check_samples(project, file, loc, recipe.samples)
            _check_weights(project, file, (*loc, "rewards"), recipe.samples.rewards, recipe)
    else:
        spec = project.preferences[recipe.preferences]
        if isinstance(recipe, RewardRecipe) and not spec.held_out:
            what = f"a reward model, '{variant}' of {file}, is judged by held-out questions, and none are held out"
            fix = "add held_out, such as 40"
            raise project.folder.error("preferences.yaml", (recipe.preferences,), what, fix)
        if isinstance(spec, TierPreferences):
            _check_teacher(project, "preferences.yaml", (recipe.preferences, "teacher"), spec.teacher, task)
        elif isinstance(spec, SamplePreferences):
            loc = (recipe.preferences, "rewards")
            _check_weights(project, "preferences.yaml", loc, spec.rewards, recipe, f" of '{variant}' of {file}")
    project.tasks[task].checks.check_recipe(project, file, variant, recipe)


def _check_table(project: Project, file: str, variant: str, recipe: PreferenceRecipe) -> None:
    """InputError for a table of preferences that is not there, or that several benchmarks would have to share."""
    if recipe.mixture:
        loc = project.folder.place_in_recipe(file, variant, "mixture")
        what = f"the table '{recipe.preferences}' is of one benchmark, and these are several"
        raise project.folder.error(file, loc, what, "give `benchmark` in place of `mixture`")
    path = project.preferences[recipe.preferences].path
    if not Path(path).is_file():
        what, fix = f"there is no file {path}", "paths are from the project's folder"
        raise project.folder.error("preferences.yaml", (recipe.preferences, "path"), what, fix)


def _check_one_task(project: Project, file: str, variant: str, recipe: RolloutRecipe) -> None:
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


def _check_rewards(project: Project, file: str, variant: str, recipe: RolloutRecipe, task: str) -> None:
    """InputError for unknown encoders or rewards, those that the style makes empty, and graders not in their file."""
    _check_known(project, file, variant, recipe, "encoders", project.encoders)
    loc = project.folder.place_in_recipe(file, variant, "rewards")
    _check_weights(project, file, loc, recipe.rewards, recipe)
    rewards = project.tasks[task].rewards()
    of_content = [name for name, weight in recipe.rewards.items() if weight and rewards[name].semantic]
    if getattr(recipe, "gold", "own") == "shuffled" and not (of_content or recipe.graders):
        loc = project.folder.place_in_recipe(file, variant, "gold")
        what = "`gold: shuffled` changes nothing: no reward compares an answer with the right one"
        raise project.folder.error(file, loc, what, "leave it out, or reward what is answered too")
    for name, grader in recipe.graders.items():
        path, _, function = grader.function.rpartition(":")
        loc = project.folder.place_in_recipe(file, variant, "graders", name, "function")
        if not Path(path).is_file():
            raise project.folder.error(file, loc, f"there is no file {path}", "paths are from the project's folder")
        names = _defined(Path(path))
        if function not in names:
            raise project.folder.error(file, loc, f"{path} defines no '{function}'", nearest(function, names))


def _check_weights(
    project: Project, file: str, loc: Loc, rewards: Mapping[str, float], recipe: QuestionRecipe, of: str = ""
) -> None:
    """InputError for a reward, named at this place of a file, that the task lacks or that the style makes empty."""
    known = project.task(recipe.benchmark).rewards()
    project.folder.check_known(file, loc, rewards, known)
    if rewards.get("confidence") and not project.style(recipe.benchmark, recipe.style).asks_confidence():
        what = f"style '{recipe.style}'{of} asks for no confidence: every completion would earn the least"
        fix = "leave it out, or train in a style with `confidence: true`"
        raise project.folder.error(file, (*loc, "confidence"), what, fix)


def check_samples(project: Project, file: str, loc: Loc, spec: RewardedSamples) -> None:
    """InputError for an unknown name in settings of samples, at this place of a file, and for several prompts each."""
    project.folder.check_known(file, (*loc, "decoding"), spec.decoding, project.decodings)
    project.folder.check_known(file, (*loc, "encoders"), spec.encoders, project.encoders)
    if project.decodings[spec.decoding].orders > 1:
        what = f"decoding '{spec.decoding}' asks in several orders, and answers to one prompt are compared"
        raise project.folder.error(file, (*loc, "decoding"), what, "name one without `orders`")


def _check_confidence(project: Project, file: str, variant: str, recipe: SftRecipe) -> None:
    """InputError for samples in an unknown decoding, or in a style that asks for no confidence."""
    if recipe.confidence_from is None:
        return
    loc = project.folder.place_in_recipe(file, variant, "confidence_from")
    project.folder.check_known(file, (*loc, "decoding"), recipe.confidence_from.decoding, project.decodings)
    if not project.style(recipe.benchmark, recipe.style).asks_confidence():
        what = f"style '{recipe.style}' asks for no confidence, so that none can be stated"
        raise project.folder.error(file, loc, what, "leave it out, or train in a style with `confidence: true`")


def _check_teacher(project: Project, file: str, loc: Sequence[str], teacher: str, task: str, *others: str) -> None:
    """InputError if a teacher, named at this place of a file, does not write for the task; `others` are valid too."""
    kinds = project.tasks[task].checks.teachers
    if project.teachers[teacher].kind not in kinds:
        able = [name for name, spec in project.teachers.items() if spec.kind in kinds]
        what = f"teacher '{teacher}' does not write for {task}"
        fix = f"one of {', '.join([*able, *others])}" if able or others else "take preferences of another kind"
        raise project.folder.error(file, loc, what, fix)


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
