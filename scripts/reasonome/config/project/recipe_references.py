"""Checks of the names in recipes: training data, styles, teachers and rewards."""

from collections.abc import Iterable, Mapping, Sequence

from reasonome.config import QuestionRecipe, Recipe, RewardedSamples
from reasonome.config.project import Project
from reasonome.core.yaml_text import Loc


def check_recipe(project: Project, file: str, variant: str, recipe: Recipe) -> None:
    """InputError for an unknown name in a recipe, or for settings that do not fit its benchmarks."""
    if recipe.questions:
        key = "mixture" if recipe.mixture else "benchmark"
        check_known(project, file, variant, recipe, key, project.benchmarks)
    recipe.check(project, file, variant)
    for part in recipe.parts if recipe.questions else ():
        task = project.benchmarks[part.benchmark].task
        check_known(project, file, variant, part, "style", project.styles(task), f"style of {task}")
        part.check_part(project, file, variant)
        project.tasks[task].checks.check_recipe(project, file, variant, part)


def check_known(
    project: Project, file: str, variant: str, recipe: Recipe, key: str, valid: Iterable[str], kind: str = "name"
) -> None:
    """InputError if a name under a key of the recipe is not in `valid`."""
    loc = project.folder.place_in_recipe(file, variant, key)
    project.folder.check_known(file, loc, getattr(recipe, key), valid, kind)


def check_weights(
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


def check_teacher(project: Project, file: str, loc: Sequence[str], teacher: str, task: str, *others: str) -> None:
    """InputError if a teacher, named at this place of a file, does not write for the task; `others` are valid too."""
    kinds = project.tasks[task].checks.teachers
    if project.teachers[teacher].kind not in kinds:
        able = [name for name, spec in project.teachers.items() if spec.kind in kinds]
        what = f"teacher '{teacher}' does not write for {task}"
        fix = f"one of {', '.join([*able, *others])}" if able or others else "take preferences of another kind"
        raise project.folder.error(file, loc, what, fix)
