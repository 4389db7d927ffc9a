"""Checks of the names in recipes (training data, styles, teachers, rewards), and of steps, written stage.variant."""

import re
from collections.abc import Iterable, Mapping, Sequence

from reasonome.config import QuestionRecipe, Recipe, RewardedSamples
from reasonome.config.project import Project, chains
from reasonome.core.errors import InputError, lookup, nearest
from reasonome.core.yaml_text import Loc

_STEP = re.compile(r"([a-z]+)\.([a-z0-9]{1,24})")
_HIGHEST_LEARNING_RATE = 0.1


def check_recipe(project: Project, file: str, variant: str, recipe: Recipe) -> None:
    """InputError for an unknown name in a recipe, for settings that do not fit its benchmarks, and for a learning rate
    that would destroy any model."""
    if recipe.learning_rate > _HIGHEST_LEARNING_RATE:
        loc = project.folder.place_in_recipe(file, variant, "learning_rate")
        what = f"a learning rate of {recipe.learning_rate:g} destroys any model"
        fix = "give one from 1.0e-6 (all weights, by rewards) to 1.0e-3 (an adapter); YAML needs the dot: 1.0e-5"
        raise project.folder.error(file, loc, what, fix)
    if isinstance(recipe, QuestionRecipe):
        key = "mixture" if recipe.mixture else "benchmark"
        check_known(project, file, variant, recipe, key, project.benchmarks)
    recipe.check(project, file, variant)
    for part in recipe.parts if isinstance(recipe, QuestionRecipe) else ():
        task = project.benchmarks[part.question[0]].task
        default = default_of(project, file, variant, "benchmark", "mixture")
        of = f"style of {task}, the task of {part.question[0]}{default}:"
        check_known(project, file, variant, part, "style", project.styles(task), of)
        part.check_part(project, file, variant)
        project.tasks[task].checks.check_recipe(project, file, variant, part)


def check_known(
    project: Project, file: str, variant: str, recipe: Recipe, key: str, valid: Iterable[str], kind: str = "name"
) -> None:
    """InputError if a name under a key of the recipe is not in `valid`."""
    loc = project.folder.place_in_recipe(file, variant, key)
    project.folder.check_known(file, loc, getattr(recipe, key), valid, kind)


def default_of(project: Project, file: str, variant: str, *keys: str) -> str:
    """Where a recipe's value comes from if its variant has none of the keys, as words behind a text; else ""."""
    for key in keys:
        if project.folder.error(file, ("variants", variant, key), "", "").field == f"variants.{variant}.{key}":
            return ""
    default = project.folder.error(file, ("defaults", keys[0]), "", "")
    return f" ('{variant}' gives no {keys[0]}: it is the default of {default.file}:{default.line})"


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


def check_teacher(
    project: Project, file: str, loc: Loc, teacher: str, task: str, *others: str, default: str = ""
) -> None:
    """InputError if a teacher, named at this place of a file, does not write for the task; `others` are valid too.

    `default` says where the name comes from, if not from there.
    """
    kinds = project.tasks[task].checks.teachers
    if project.teachers[teacher].kind not in kinds:
        able = [name for name, spec in project.teachers.items() if spec.kind in kinds]
        what = f"teacher '{teacher}' does not write for {task}{default}"
        fix = (
            f"teachers that do: {', '.join([*able, *others])}" if able or others else "take preferences of another kind"
        )
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
        fix = "let one step of stage reward be the last, as in [sft.closedbook, reward.closedbook]"
        raise project.folder.error(file, loc, "these steps do not make a reward model", fix)
    known, asked = (
        {(project.benchmarks[benchmark].task, style) for benchmark, style in questions}
        for questions in (project.recipe(steps[-1]).questions, judged)
    )
    if not asked <= known:
        what = f"'{steps[-1]}' judges answers of {_in_words(known)}, and these are of {_in_words(asked - known)}"
        raise project.folder.error(file, loc, what, "train a reward model on pairs of this task, in this style")


def check_chain(project: Project, chain: str) -> None:
    """InputError for a chain whose steps cannot follow one another, as of `check_arm`, and for an unknown step."""
    steps = [f"{step.stage}.{step.variant}" for step in chains.parse(chain)]
    if mistake := _mistake(project, steps):
        _, what, fix = mistake
        raise InputError(f"{chain}: {what}", fix=fix)


def check_answers(project: Project, chain: str) -> None:
    """InputError for the chain of a reward model: it has no head for tokens."""
    if not all(lookup(project.stages, step.stage, "stage").answers for step in chains.parse(chain)):
        raise InputError(
            f"{chain}: a reward model answers no questions, and nothing is trained from it",
            fix="name it as `judge` of a recipe of onlinedpo",
        )


def _check_steps(project: Project, file: str, loc: Loc, steps: Sequence[str]) -> list[bool]:
    """Whether the stage of each step makes a model that answers questions."""
    if mistake := _mistake(project, steps):
        position, what, fix = mistake
        raise project.folder.error(file, (*loc, position), what, fix)
    return [project.stages[step.partition(".")[0]].answers for step in steps]


def _mistake(project: Project, steps: Sequence[str]) -> tuple[int, str, str] | None:
    """The position of the first step that is unknown or cannot follow those before it, what is wrong, and the fix."""
    order, before = list(project.stages), ""
    for position, step in enumerate(steps):
        match = _STEP.fullmatch(step)
        if match is None:
            fix = "write stage.variant, of small letters and digits, as in sft.closedbook"
            return position, f"'{step}' is no step", fix
        stage, variant = match.groups()
        if stage not in project.recipes:
            return position, f"unknown stage '{stage}'", nearest(stage, project.recipes)
        if not project.recipes[stage]:
            fix = f"restore recipes/{stage}.yaml from the repository, or write it"
            return position, f"there are no recipes of {stage}", fix
        if variant not in project.recipes[stage]:
            return position, f"unknown variant of {stage} '{variant}'", nearest(variant, project.recipes[stage])
        if before and order.index(stage) < order.index(before):
            answering = [name for name in order if project.stages[name].answers]
            told = answering if {stage, before} <= set(answering) else order
            return position, f"'{step}' comes after a later stage", f"the order is {' → '.join(told)}"
        adapter = project.recipes[stage][variant].adapter
        if position and adapter and adapter.quantize:
            what = f"'{step}' has `quantize`: 4 bits would round what '{steps[position - 1]}' taught"
            return position, what, "leave `quantize` out of its adapter: only the first step of a chain may have it"
        before = stage
    return None


def _in_words(kinds: set[tuple[str, str]]) -> str:
    return ", ".join(f"{task} in style '{style}'" for task, style in sorted(kinds))
