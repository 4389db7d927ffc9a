"""Checks of cross-references between the files of a project, and of targets: each name exists and fits."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from reasonome.config import Benchmark
from reasonome.config.annotations import SHIPPED, Annotation, is_file_name
from reasonome.config.backbones import AdapterWeights, Backbone
from reasonome.config.experiments import Experiment, arms_without_a_step, parent_arm
from reasonome.config.preferences import Preferences, SamplePreferences, TierPreferences
from reasonome.config.project import Project
from reasonome.config.project.recipe_references import check_arm, check_chain, check_recipe, check_samples
from reasonome.config.resources import CLUSTER_RULES
from reasonome.config.sources import FORMAT_FILES, GMT_FORMATS, Corpus
from reasonome.config.teachers import GeneNamesTeacher, RecallTeacher
from reasonome.core.errors import lookup, nearest
from reasonome.core.yaml_text import Loc

_TABLES = {"backbone": "backbones", "benchmark": "benchmarks", "corpus": "corpora", "experiment": "experiments"}
# What the folders of a path below results/ are called by, by the first of them.
_NAMES_IN_PATHS = {
    "models": ("backbone", "chain", "file"),
    "answers": ("backbone", "chain", "question"),
    "scores": ("backbone", "chain", "question"),
    "samples": ("backbone", "chain", "question"),
    "recall": ("backbone", "chain"),
    "experiments": ("experiment",),
    "benchmarks": ("benchmark",),
    "prompts": ("question",),
    "facts": ("corpus",),
    "statements": ("corpus",),
}


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
    _check_twins(project, file, experiment)
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


def _check_twins(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for an arm with the steps, styles and seeds of another: their models and answers would be the same."""
    seen: dict[tuple, str] = {}
    for arm, spec in experiment.arms.items():
        same = (tuple(spec.steps), frozenset(experiment.styles_of(spec)), frozenset(experiment.seeds_of(spec)))
        if (twin := seen.setdefault(same, arm)) != arm:
            what = f"'{arm}' has the steps, styles and seeds of '{twin}': one model would be compared with itself"
            raise project.folder.error(file, ("arms", arm), what, "take one of them out, or let them differ")


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
        for benchmark, style in dict.fromkeys(tested + learned if trained else tested):
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
        requests = [request for request in project.requests if request.is_for(recipe.stage, backbone, step, recipe)]
        shardings = [request.sharding for request in requests if request.sharding]
        if recipe.micro_batch_size == "auto" and shardings[-1:] == ["zero3"]:
            what = f"'{step}' of '{backbone}' is sharded by zero3 and leaves its micro_batch_size to a trial"
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


def check_references(project: Project) -> None:
    """InputError for the first file with mistakes, or name that is unknown or does not fit where it is used."""
    project.read_all()
    project.folder.check_known("config.yaml", ("experiments",), project.settings.experiments, project.experiments)
    for name, backbone in project.backbones.items():
        _check_backbone(project, name, backbone)
    if (asked := project.settings.annotation_model) is not None:
        weighted = [name for name, backbone in project.backbones.items() if backbone.kind == "weights"]
        project.folder.check_known("config.yaml", ("annotation_model",), asked, weighted, "backbone with weights")
    for name, corpus in project.corpora.items():
        _check_corpus(project, name, corpus)
    _check_left_out(project)
    for name, benchmark in project.benchmarks.items():
        _check_benchmark(project, name, benchmark)
    for name, annotation in project.annotations.items():
        _check_annotation(project, name, annotation)
    for name, teacher in project.teachers.items():
        if isinstance(teacher, RecallTeacher):
            project.folder.check_known("teachers.yaml", (name, "corpus"), teacher.corpus, project.corpora)
        elif not isinstance(teacher, GeneNamesTeacher):
            project.folder.check_known("teachers.yaml", (name, "encoder"), teacher.encoder, project.encoders)
    for name, preferences in project.preferences.items():
        _check_preferences(project, name, preferences)
    for stage, variants in project.recipes.items():
        for variant, recipe in variants.items():
            check_recipe(project, f"recipes/{stage}.yaml", variant, recipe)
    for name, experiment in project.experiments.items():
        check_experiment(project, f"experiments/{name}.yaml", experiment)
    _check_requests(project)
    project.folder.check_known("sizes.yaml", ("rows",), project.sizes.rows, project.benchmarks, "benchmark")
    project.folder.check_known("sizes.yaml", ("tokens",), project.sizes.tokens, project.corpora, "corpus")
    styles = {style for task in project.tasks for style in project.styles(task)}
    project.folder.check_known("sizes.yaml", ("lengths",), project.sizes.lengths, styles, "style")


def check_target(project: Project, target: str) -> None:
    """InputError with the nearest name for an unknown one in a path below results/; other words are let through."""
    path = Path(target)
    if not path.is_relative_to(project.results.root):
        return
    folder, *names = *path.relative_to(project.results.root).parts, ""
    for kind, name in zip(_NAMES_IN_PATHS.get(folder, ()), names[:-1], strict=False):
        if kind == "chain":
            check_chain(project, name)
        elif kind == "question":
            benchmark, _, style = name.rpartition(".")
            project.style(benchmark, style)
        elif kind != "file":
            lookup(getattr(project, _TABLES[kind]), name, kind)
        elif of_experiment := re.fullmatch(r"card\.(.+)\.md|joined\.(.+)", name):
            lookup(project.experiments, of_experiment[1] or of_experiment[2], "experiment")


def _check_backbone(project: Project, name: str, backbone: Backbone) -> None:
    """InputError for unknown benchmarks of recorded answers, and for an adapter of a backbone without whole weights."""
    if backbone.recorded is not None:
        loc = (name, "recorded", "files")
        project.folder.check_known("backbones.yaml", loc, backbone.recorded.files, project.benchmarks)
    if isinstance(backbone.weights, AdapterWeights):
        whole = [
            other
            for other, spec in project.backbones.items()
            if spec.kind == "weights" and not isinstance(spec.weights, AdapterWeights)
        ]
        loc, kind = (name, "weights", "backbone"), "backbone with weights of its own"
        project.folder.check_known("backbones.yaml", loc, backbone.weights.backbone, whole, kind)


def _check_corpus(project: Project, name: str, corpus: Corpus) -> None:
    """InputError if a source of a corpus holds no facts, none defines the genes, or its tokenizer has no weights."""
    file = "corpora.yaml"
    project.folder.check_known(file, (name, "sources"), corpus.sources, project.sources)
    for position, source in enumerate(corpus.sources):
        if not FORMAT_FILES[form := project.sources[source].format].facts:
            what = f"'{source}' is of format {form}, which holds no facts"
            raise project.folder.error(file, (name, "sources", position), what, "it is a source of benchmarks")
    project.folder.check_known(file, (name, "leave_out"), corpus.leave_out, project.benchmarks)
    _check_authority(project, name, corpus)
    if corpus.only is not None and corpus.only.genes_of is not None:
        listing = [other for other in project.benchmarks if "genes" in project.task(other).Example.model_fields]
        loc = (name, "only", "genes_of")
        project.folder.check_known(
            "corpora.yaml", loc, corpus.only.genes_of, listing, "benchmark whose rows list genes"
        )
    if corpus.tokenizer is None:
        return
    project.folder.check_known(file, (name, "tokenizer"), corpus.tokenizer, project.backbones)
    if project.backbones[corpus.tokenizer].weights is None:
        with_weights = [other for other, backbone in project.backbones.items() if backbone.weights is not None]
        what = f"backbone '{corpus.tokenizer}' has no weights, and so no tokenizer here"
        raise project.folder.error(file, (name, "tokenizer"), what, nearest(corpus.tokenizer, with_weights))


def _check_authority(project: Project, name: str, corpus: Corpus) -> None:
    """InputError if no source of a corpus can define its genes, or several can and none of them is named."""
    able = project.authorities(name)
    if corpus.authority is not None:
        kind = "authority for gene symbols"
        project.folder.check_known("corpora.yaml", (name, "authority"), corpus.authority, able, kind)
    elif len(able) != 1:
        what = f"corpus '{name}' has {len(able)} sources that can be the authority for gene symbols"
        formats = ", ".join(form for form, files in FORMAT_FILES.items() if files.authority)
        fix = f"name one as 'authority': {', '.join(able)}" if able else f"add one, of the formats {formats}"
        raise project.folder.error("corpora.yaml", (name, "sources"), what, fix)


def _check_benchmark(project: Project, name: str, benchmark: Benchmark) -> None:
    """InputError for an unknown name in a benchmark."""
    project.folder.check_known("benchmarks.yaml", (name, "leave_out"), benchmark.leave_out, project.akin(name))
    project.folder.check_known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, project.encoders)
    project.task(name).checks.check_benchmark(project, name, benchmark)


def _check_left_out(project: Project) -> None:
    """InputError for a cycle in `leave_out`: the benchmarks left out are built first."""
    try:
        TopologicalSorter({name: benchmark.leave_out for name, benchmark in project.benchmarks.items()}).prepare()
    except CycleError as error:
        name = error.args[1][0]
        what = f"'{name}' is left out by what it leaves out: neither can be built first"
        fix = "let only one of two benchmarks leave the other out"
        raise project.folder.error("benchmarks.yaml", (name, "leave_out"), what, fix) from None


def _check_annotation(project: Project, name: str, annotation: Annotation) -> None:
    file = "annotations.yaml"
    able = [benchmark for benchmark in project.benchmarks if project.task(benchmark).checks.annotates]
    benchmark = annotation.benchmark or SHIPPED.benchmark
    project.folder.check_known(file, (name, "benchmark"), benchmark, able)
    styles = project.styles(project.benchmarks[benchmark].task)
    if annotation.style is not None:
        project.folder.check_known(file, (name, "style"), annotation.style, styles)
    libraries = [source for source, spec in project.sources.items() if spec.format in GMT_FORMATS]
    libraries += [library for library in annotation.libraries if is_file_name(library)]
    project.folder.check_known(file, (name, "libraries"), annotation.libraries, libraries, "source of gene sets")


def _check_preferences(project: Project, name: str, preferences: Preferences) -> None:
    """InputError for an unknown name in preferences, and for samples of which there are not two."""
    file = "preferences.yaml"
    if isinstance(preferences, TierPreferences):
        project.folder.check_known(file, (name, "teacher"), preferences.teacher, project.teachers)
    if isinstance(preferences, SamplePreferences):
        check_samples(project, file, (name,), preferences)
        if project.decodings[preferences.decoding].samples < 2:
            what = f"decoding '{preferences.decoding}' gives one sample, and two are compared"
            fix = "name one with `samples: 2` or more"
            raise project.folder.error(file, (name, "decoding"), what, fix)


def _check_requests(project: Project) -> None:
    """InputError for an unknown rule, backbone, recipe, benchmark or corpus in resources.yaml."""
    recipes = [f"{stage}.{variant}" for stage, variants in project.recipes.items() for variant in variants]
    known = {
        "rules": ([*CLUSTER_RULES, *project.stages], "rule"),
        "backbones": (project.backbones, "backbone"),
        "recipes": (recipes, "recipe"),
        "data": ([*project.benchmarks, *project.corpora], "benchmark or corpus"),
    }
    for position, request in enumerate(project.requests):
        for key, (valid, kind) in known.items():
            project.folder.check_known("resources.yaml", (position, key), getattr(request, key) or [], valid, kind)
