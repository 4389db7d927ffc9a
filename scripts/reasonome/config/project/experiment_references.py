"""Checks of experiments: their names exist, and their cells can be compared and trained."""

from reasonome.config import Experiment
from reasonome.config.project import Project
from reasonome.config.project.arms import arms_without_a_step, parent_arm
from reasonome.config.project.step_references import check_arm
from reasonome.core.yaml_text import Loc


def check_experiment(project: Project, file: str, experiment: Experiment) -> None:
    """InputError if a name of an experiment is unknown, or a cell of its table cannot be computed."""
    project.folder.check_known(file, ("backbones",), experiment.backbones, project.backbones)
    project.folder.check_known(file, ("benchmarks",), experiment.benchmarks, project.benchmarks)
    project.folder.check_known(file, ("decodings",), experiment.decodings, project.decodings)
    for field, own in (
        ("untrained", experiment.backbones),
        ("out_of_distribution", experiment.benchmarks),
        ("no_controls", experiment.arms),
    ):
        project.folder.check_known(file, (field,), getattr(experiment, field), own)
    _check_one_kind(project, file, experiment)
    _check_styles(project, file, experiment)
    for field in ("contrasts", "compared"):
        _check_pairs(project, file, experiment, field)
    _check_contrasts(project, file, experiment)
    _check_primary(project, file, experiment)
    for arm, spec in experiment.arms.items():
        check_arm(project, file, ("arms", arm, "steps"), spec.steps)
    _check_forgetting(project, file, experiment)
    _check_context(project, file, experiment)
    for position, name in enumerate(experiment.backbones):
        if project.backbones[name].weights is None or name in experiment.untrained:
            _check_untrainable(project, file, ("backbones", position), name, experiment)
        else:
            _check_sharding(project, file, name, experiment)
    _check_leaks(project, file, experiment)
    _check_encoders(project, file, experiment)


def _check_forgetting(project: Project, file: str, experiment: Experiment) -> None:
    """InputError if models are asked training questions again in an unknown decoding."""
    if experiment.forgetting is not None:
        loc = ("forgetting", "decoding")
        project.folder.check_known(file, loc, experiment.forgetting.decoding, project.decodings)


def _check_styles(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for a style that no benchmark's task has, and for a benchmark that no arm is asked in any style."""
    of_tasks = {benchmark: project.styles(project.benchmarks[benchmark].task) for benchmark in experiment.benchmarks}
    known = [style for styles in of_tasks.values() for style in styles]
    project.folder.check_known(file, ("styles",), experiment.styles, known)
    for arm, spec in experiment.arms.items():
        project.folder.check_known(file, ("arms", arm, "styles"), spec.styles or [], known)
    trains = any(project.backbones[name].weights for name in set(experiment.backbones) - set(experiment.untrained))
    asked = {
        style for arm in experiment.arms.values() if trains or not arm.steps for style in experiment.styles_of(arm)
    }
    for position, (benchmark, styles) in enumerate(of_tasks.items()):
        if asked.isdisjoint(styles):
            what = f"no arm is asked '{benchmark}': none has a style of {project.benchmarks[benchmark].task}"
            fix = f"add one of {', '.join(styles)} to styles"
            raise project.folder.error(file, ("benchmarks", position), what, fix)
    for benchmark, style in _asked(project, experiment):
        project.style(benchmark, style)  # raises if it does not fit


def _check_pairs(project: Project, file: str, experiment: Experiment, field: str) -> None:
    """InputError for a pair with an unknown arm, or whose arms are never asked the same benchmark."""
    tasks = {project.benchmarks[benchmark].task for benchmark in experiment.benchmarks}
    for position, pair in enumerate(getattr(experiment, field)):
        project.folder.check_known(file, (field, position), pair, experiment.arms, "arm")
        styles = [set(experiment.styles_of(experiment.arms[arm])) for arm in pair]
        if not any(all(own.intersection(project.styles(task)) for own in styles) for task in tasks):
            what = f"{' and '.join(pair)} have no benchmark in common, and answers to the same questions are compared"
            raise project.folder.error(file, (field, position), what, "take the pair out, or let them share one")


def _check_contrasts(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for a contrast that can carry no claim, or that is tested already."""
    steps = {name: arm.steps for name, arm in experiment.arms.items()}
    tested = list(map(set, experiment.compared))
    for position, pair in enumerate(experiment.contrasts):
        arm, control = pair
        fix = "take the pair out of contrasts"
        one, other = (experiment.styles_of(experiment.arms[name]) for name in pair)
        if not set(one).intersection(other):
            what = f"{arm} and {control} have no style in common, and answers in one style are compared"
            fix = "take the pair out, or let them share one"
        elif not steps[arm]:
            what, fix = f"'{arm}' has no steps, and claims are about trained arms", "name the trained arm first"
        elif control in experiment.no_controls:
            what = f"'{control}' is in no_controls: it cannot answer in the form, so that to beat it is no claim"
        elif control in (parent_arm(arm, steps), *arms_without_a_step(arm, steps)):
            what = f"the protocol compares '{arm}' with '{control}' already"
        elif set(pair) in tested:
            what, fix = f"{' and '.join(pair)} are compared twice", "name them once, in contrasts or in compared"
        else:
            tested.append(set(pair))
            continue
        raise project.folder.error(file, ("contrasts", position), what, fix)


def _check_primary(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for a primary metric that the task of the benchmarks does not test."""
    if experiment.primary is not None:
        tested = project.task(experiment.benchmarks[0]).metrics.compared
        project.folder.check_known(file, ("primary",), experiment.primary, tested, "metric")


def _asked(project: Project, experiment: Experiment) -> list[tuple[str, str]]:
    """(benchmark, style) of all questions that an experiment asks."""
    return [
        (benchmark, style)
        for benchmark in experiment.benchmarks
        for style in experiment.asked_styles
        if style in project.styles(project.benchmarks[benchmark].task)
    ]


def _check_context(project: Project, file: str, experiment: Experiment) -> None:
    """InputError if the longest prompt of a style that is asked or trained in leaves a backbone no room to answer."""
    share = project.settings.prompt_share
    tested = _asked(project, experiment)
    learned = [question for step in experiment.steps for question in project.recipe(step).questions]
    for position, name in enumerate(experiment.backbones):
        backbone = project.backbones[name]
        trained = backbone.weights is not None and name not in experiment.untrained
        for benchmark, style in dict.fromkeys([*tested, *(learned if trained else [])]):
            longest, context = project.style(benchmark, style).largest_prompt(), backbone.context
            if context is not None and longest > share * context:
                what = (
                    f"prompts of style '{style}' may have {longest:,} tokens, more than {share:g} (prompt_share in "
                    f"config.yaml) of the {context:,} tokens that '{name}' reads"
                )
                fix = f"ask in a style with a smaller budget_tokens than config/prompts/*.{style}.txt has, or elsewhere"
                raise project.folder.error(file, ("backbones", position), what, fix)


def _check_one_kind(project: Project, file: str, experiment: Experiment) -> None:
    """InputError if the benchmarks of an experiment differ in their metrics: they share a table."""
    comparable = project.comparable(experiment.benchmarks[0])
    for position, name in enumerate(experiment.benchmarks):
        if name not in comparable:
            what = f"'{name}' and '{experiment.benchmarks[0]}' have no score in common"
            raise project.folder.error(file, ("benchmarks", position), what, "make an experiment of each")


def _check_untrainable(project: Project, file: str, loc: Loc, name: str, experiment: Experiment) -> None:
    """InputError if a backbone that is not trained has no arm without steps, or its recorded answers do not fit."""
    backbone = project.backbones[name]
    arms = [spec for spec in experiment.arms.values() if not spec.steps]
    if not arms:
        why = "has no weights to train" if backbone.weights is None else "is not to be trained"
        what = f"'{name}' {why}, and every arm has steps"
        raise project.folder.error(file, loc, what, "add an arm without steps (base: []), or take it out of backbones")
    if backbone.recorded is None:
        return
    styles = dict.fromkeys(style for spec in arms for style in experiment.styles_of(spec))
    for kind, names, fix in (
        ("style", list(styles), "let the arms without steps have one (`styles` of the arm)"),
        ("decoding", experiment.decodings, f"ask here with one, or give '{name}' an experiment of its own"),
    ):
        if len(names) > 1:
            what = f"the answers of '{name}' were recorded once: {', '.join(names)} cannot each be their {kind}"
            raise project.folder.error(file, loc, what, fix)
    for benchmark in experiment.benchmarks:
        is_asked = not styles.keys().isdisjoint(project.styles(project.benchmarks[benchmark].task))
        if is_asked and benchmark not in backbone.recorded.files:
            what = f"'{name}' has no recorded answers to '{benchmark}'"
            recorded = ", ".join(backbone.recorded.files)
            fix = f"add {benchmark} to its files in backbones.yaml, or ask here only {recorded}"
            raise project.folder.error(file, loc, what, fix)


def _check_sharding(project: Project, file: str, backbone: str, experiment: Experiment) -> None:
    """InputError for "auto" in a recipe with zero3: a trial of what fits in memory would run before sharding."""
    for loc, step in experiment.placed_steps:
        recipe = project.recipe(step)
        automatic = [key for key in ("micro_batch_size", "max_length") if getattr(recipe, key, None) == "auto"]
        requests = [request for request in project.requests if request.is_for(recipe.stage, backbone, step)]
        shardings = [request.sharding for request in requests if request.sharding]
        if automatic and shardings[-1:] == ["zero3"]:
            what = f"'{step}' of '{backbone}' is sharded by zero3 and leaves its {automatic[0]} to a trial"
            fix = f"give it a number in recipes/{recipe.stage}.yaml, or another sharding in resources.yaml"
            raise project.folder.error(file, loc, what, fix)


def _check_leaks(project: Project, file: str, experiment: Experiment) -> None:
    """InputError if a step of an arm trains on what a benchmark of the experiment tests."""
    for loc, step in experiment.placed_steps:
        for benchmark in experiment.benchmarks:
            checks = project.task(benchmark).checks
            for learned in project.with_judge(step):
                for part in project.recipe(learned).parts:
                    if leak := checks.leak(project, part, benchmark):
                        what, fix = leak
                        raise project.folder.error(file, loc, f"'{learned}' {what}", fix)


def _check_encoders(project: Project, file: str, experiment: Experiment) -> None:
    """InputError if all of a benchmark's several encoders are rewards of arms: one should judge independently."""
    rewarded = {encoder for step in experiment.steps for encoder in project.rewarded_encoders(step)}
    for position, name in enumerate(experiment.benchmarks):
        encoders = project.benchmarks[name].encoders
        if len(encoders) > 1 and rewarded.issuperset(encoders):
            raise project.folder.error(
                file,
                ("benchmarks", position),
                f"every encoder that scores '{name}' ({', '.join(encoders)}) is also a reward of a GRPO step here",
                f"give {name} in benchmarks.yaml an encoder that no GRPO recipe of this experiment uses",
            )
