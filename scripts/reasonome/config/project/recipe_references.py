"""Checks of the names in recipes (training data, styles, teachers, rewards), and of steps, written stage.variant."""

import re
from collections.abc import Iterable, Mapping, Sequence

from reasonome.config import QuestionRecipe, Recipe, RewardedSamples
from reasonome.config.project import Project
from reasonome.core.yaml_text import Loc

_STEP = re.compile(r"([a-z]+)\.([a-z0-9]{1,24})")


def check_recipe(project: Project, file: str, variant: str, recipe: Recipe) -> None:
    """InputError for an unknown name in a recipe, or for settings that do not fit its benchmarks."""
    if isinstance(recipe, QuestionRecipe):
        key = "mixture" if recipe.mixture else "benchmark"
        check_known(project, file, variant, recipe, key, project.benchmarks)
    recipe.check(project, file, variant)
    for part in recipe.parts if isinstance(recipe, QuestionRecipe) else ():
        task = project.benchmarks[part.question[0]].task
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
    benchmark, style = recipe.question
    project.folder.check_known(file, loc, rewards, project.task(benchmark).rewards())
    if rewards.get("confidence") and not project.style(benchmark, style).asks_confidence():
        what = f"style '{style}'{of} asks for no confidence: every completion would earn the least"
        fix = "leave it out, or train in a style with `confidence: true`"
        raise project.folder.error(file, (*loc, "confidence"), what, fix)


def check_samples(project: Project, file: str, loc: Loc, spec: RewardedSamples) -> None:
    """InputError for an unknown name in settings of samples, at this place of a file, and for several prompts each."""
    project.folder.check_known(file, (*loc, "decoding"), spec.decoding, project.decodings)
    project.folder.check_known(file, (*loc, "encoders"), spec.encoders, project.encoders)
    if project.decodings[spec.decoding].orders > 1:
        what = f"decoding '{spec.decoding}' asks in several orders, and answers to one prompt are compared"
        raise project.folder.error(file, (*loc, "decoding"), what, "name one without `orders`")


def check_teacher(project: Project, file: str, loc: Loc, teacher: str, task: str, *others: str) -> None:
    """InputError if a teacher, named at this place of a file, does not write for the task; `others` are valid too."""
    kinds = project.tasks[task].checks.teachers
    if project.teachers[teacher].kind not in kinds:
        able = [name for name, spec in project.teachers.items() if spec.kind in kinds]
        what = f"teacher '{teacher}' does not write for {task}"
        fix = f"one of {', '.join([*able, *others])}" if able or others else "take preferences of another kind"
        raise project.folder.error(file, loc, what, fix)


def check_arm(project: Project, file: str, loc: Loc, steps: Sequence[str]) -> None:
    """InputError for an unknown step, for steps that cannot follow one another, and for a reward model.

    A stage does not follow a later one, nor a step with `quantize` any other; a reward model answers nothing.
    """
    answering = _check_steps(project, file, loc, steps)
    if False in answering:
        place = (*loc, answering.index(False))
        fix = "leave it out: `judge` of a recipe of onlinedpo names the steps of a reward model"
        raise project.folder.error(file, place, "a reward model answers no questions", fix)


def check_judge(project: Project, file: str, loc: Loc, steps: Sequence[str], judged: Sequence[tuple[str, str]]) -> None:
    """InputError as of `check_arm`, but for steps that do not end, and only end, with a reward model.

    Nor may that be of another task or style than the (benchmark, style) of the questions whose answers it judges.
    """
    answering = _check_steps(project, file, loc, steps)
    if answering != [True] * (len(steps) - 1) + [False]:
        fix = "let one step of stage reward be the last, as in [sft.names, reward.demotiers]"
        raise project.folder.error(file, loc, "these steps do not make a reward model", fix)
    known, asked = (
        {(project.benchmarks[benchmark].task, style) for benchmark, style in questions}
        for questions in (project.recipe(steps[-1]).questions, judged)
    )
    if not asked <= known:
        what = f"'{steps[-1]}' judges answers of {_in_words(known)}, and these are of {_in_words(asked - known)}"
        raise project.folder.error(file, loc, what, "train a reward model on pairs of this task, in this style")


def _check_steps(project: Project, file: str, loc: Loc, steps: Sequence[str]) -> list[bool]:
    """Whether the stage of each step makes a model that answers questions."""
    answers = {stage: kind.answers for stage, kind in project.stages.items()}
    order, stages = list(answers), []
    for position, step in enumerate(steps):
        place = (*loc, position)
        match = _STEP.fullmatch(step)
        if match is None:
            fix = "write stage.variant, of small letters and digits, as in sft.names"
            raise project.folder.error(file, place, f"'{step}' is no step", fix)
        stage, variant = match.groups()
        project.folder.check_known(file, place, stage, project.recipes, "stage")
        if not project.recipes[stage]:
            fix = f"restore recipes/{stage}.yaml from the repository, or write it"
            raise project.folder.error(file, place, f"there are no recipes of {stage}", fix)
        project.folder.check_known(file, place, variant, project.recipes[stage], f"variant of {stage}")
        if stages and order.index(stage) < order.index(stages[-1]):
            told = order if not (answers[stage] and answers[stages[-1]]) else filter(answers.get, order)
            fix = f"the order is {' → '.join(told)}"
            raise project.folder.error(file, place, f"'{step}' comes after a later stage", fix)
        adapter = project.recipes[stage][variant].adapter
        if position and adapter and adapter.quantize:
            what = f"'{step}' has `quantize`: 4 bits would round what '{steps[position - 1]}' taught"
            fix = "leave `quantize` out of its adapter: only the first step of a chain may have it"
            raise project.folder.error(file, place, what, fix)
        stages.append(stage)
    return [answers[stage] for stage in stages]


def _in_words(kinds: set[tuple[str, str]]) -> str:
    return ", ".join(f"{task} in style '{style}'" for task, style in sorted(kinds))
