"""Checks of cross-references between the files of a project, and of targets: each name exists and fits."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from reasonome.config import Benchmark
from reasonome.config.annotations import SHIPPED, Annotation, is_file_name
from reasonome.config.backbones import SAVED_ADAPTER, AdapterWeights, Backbone, lacking
from reasonome.config.experiments import Experiment, arms_without_a_step, parent_arm
from reasonome.config.preferences import Preferences, SamplePreferences, TierPreferences
from reasonome.config.project import Project
from reasonome.config.project.experiments import asked_questions
from reasonome.config.project.folder import INSTALLED, SETTINGS, is_whole
from reasonome.config.project.recipe_references import check_arm, check_chain, check_recipe, check_samples
from reasonome.config.resources import CLUSTER_RULES
from reasonome.config.settings import Settings
from reasonome.config.sources import FORMAT_FILES, GMT_FORMATS, Corpus
from reasonome.config.strict import WrongValue
from reasonome.config.teachers import RecallTeacher, Teacher
from reasonome.core.errors import InputError, Mistakes, closest, lookup, nearest
from reasonome.core.lazy import read_once
from reasonome.core.yaml_text import Loc, YamlText

# What the files of YAML in a configuration are called, without `.yaml`.
FILES = (
    "annotations",
    "backbones",
    "benchmarks",
    "config",
    "corpora",
    "decodings",
    "encoders",
    "preferences",
    "resources",
    "sources",
    "sources.lock",
    "teachers",
)
FOLDERS = ("experiments", "prompts", "recipes")  # those of a configuration, beside folders with a file for each entry
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
    """InputError if names of an experiment are unknown; if all are known, for cells of its table that cannot be
    computed."""
    known, mistakes = project.folder.check_known, Mistakes()
    for field in ("backbones", "benchmarks", "decodings"):
        with mistakes:
            known(file, (field,), getattr(experiment, field), getattr(project, field))
    for field, own in (
        ("untrained", experiment.backbones),
        ("out_of_distribution", experiment.benchmarks),
        ("no_controls", experiment.arms),
    ):
        with mistakes:
            known(file, (field,), getattr(experiment, field), own)
    if experiment.forgetting is not None:
        with mistakes:
            known(file, ("forgetting", "decoding"), experiment.forgetting.decoding, project.decodings)
    for arm, spec in experiment.arms.items():
        with mistakes:
            check_arm(project, file, ("arms", arm, "steps"), spec.steps)
    mistakes.tell()
    for check in (
        _check_one_kind,
        _check_styles,
        _check_pairs,
        _check_contrasts,
        _check_primary,
        _check_twins,
        _check_context,
        _check_backbones,
        _check_leaks,
        _check_encoders,
    ):
        with mistakes:
            check(project, file, experiment)
    mistakes.tell()


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
    for benchmark, style in asked_questions(project, experiment):
        project.style(benchmark, style)  # raises if it does not fit


def _check_twins(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for an arm with the steps, styles and seeds of another: their models and answers would be the same."""
    seen: dict[tuple, str] = {}
    for arm, spec in experiment.arms.items():
        same = (tuple(spec.steps), frozenset(experiment.styles_of(spec)), frozenset(experiment.seeds_of(spec)))
        if (twin := seen.setdefault(same, arm)) != arm:
            what = f"'{arm}' has the steps, styles and seeds of '{twin}': one model would be compared with itself"
            raise project.folder.error(file, ("arms", arm), what, "take one of them out, or let them differ")


def _check_pairs(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for pairs with an unknown arm, or whose arms are never asked the same benchmark."""
    tasks, mistakes = {project.benchmarks[benchmark].task for benchmark in experiment.benchmarks}, Mistakes()
    placed = [
        ((field, position), pair)
        for field in ("contrasts", "compared")
        for position, pair in enumerate(getattr(experiment, field))
    ]
    for loc, pair in placed:
        with mistakes:
            project.folder.check_known(file, loc, pair, experiment.arms, "arm")
            styles = [set(experiment.styles_of(experiment.arms[arm])) for arm in pair]
            if not any(all(own.intersection(project.styles(task)) for own in styles) for task in tasks):
                what = (
                    f"{' and '.join(pair)} have no benchmark in common, and answers to the same questions are compared"
                )
                raise project.folder.error(file, loc, what, "take the pair out, or let them share one")
            if loc[0] == "compared" and not _share_a_reading(project, tasks, *styles):
                what = f"{' and '.join(pair)} have no style in common, nor two of one track that are no controls"
                fix = "take the pair out, or ask both in one style: other answers are not tested against each other"
                raise project.folder.error(file, loc, what, fix)
    mistakes.tell()


def _share_a_reading(project: Project, tasks: Iterable[str], styles: set[str], others: set[str]) -> bool:
    """Whether two arms that are asked in these styles have one in common, or two of one task and track that are no
    controls: answers are compared across such styles alone."""
    pairs = [
        (of_task[one], of_task[other])
        for of_task in map(project.styles, tasks)
        for one in styles & of_task.keys()
        for other in others & of_task.keys()
    ]
    return bool(styles & others) or any(
        one.reading() == other.reading() and not (one.is_control() or other.is_control()) for one, other in pairs
    )


def _check_contrasts(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for contrasts that can carry no claim, or that are tested already."""
    steps = {name: arm.steps for name, arm in experiment.arms.items()}
    tested, mistakes = list(map(set, experiment.compared)), Mistakes()
    for position, pair in enumerate(experiment.contrasts):
        arm, control = pair
        fix = "take the pair out of contrasts"
        one, other = (experiment.styles_of(experiment.arms[name]) for name in pair)
        parents = {parent_arm(arm, steps, experiment.asked_in(style)) for style in one}
        if not set(one).intersection(other):
            what = f"{arm} and {control} have no style in common, and answers in one style are compared"
            fix = "take the pair out, or let them share one"
        elif not steps[arm]:
            what, fix = f"'{arm}' has no steps, and claims are about trained arms", "name the trained arm first"
        elif control in experiment.no_controls:
            what = f"'{control}' is in no_controls: it cannot answer in the form, so that to beat it is no claim"
        elif control in (*parents, *arms_without_a_step(arm, steps)):
            what = f"the protocol compares '{arm}' with '{control}' already"
        elif set(pair) in tested:
            what, fix = f"{' and '.join(pair)} are compared twice", "name them once, in contrasts or in compared"
        else:
            tested.append(set(pair))
            continue
        with mistakes:
            raise project.folder.error(file, ("contrasts", position), what, fix)
    mistakes.tell()


def _check_primary(project: Project, file: str, experiment: Experiment) -> None:
    """InputError for a primary metric that the task of the benchmarks does not test."""
    if experiment.primary is not None:
        tested = project.task(experiment.benchmarks[0]).metrics.compared
        project.folder.check_known(file, ("primary",), experiment.primary, tested, "metric")


def _check_context(project: Project, file: str, experiment: Experiment) -> None:
    """InputError where the longest prompt of a style that is asked or trained in leaves no room to answer."""
    share, mistakes = project.settings.prompt_share, Mistakes()
    tested = asked_questions(project, experiment)
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
                with mistakes:
                    raise project.folder.error(file, ("backbones", position), what, fix)
    mistakes.tell()


def _check_one_kind(project: Project, file: str, experiment: Experiment) -> None:
    """InputError if the benchmarks of an experiment differ in their metrics: they share a table."""
    comparable = project.comparable(experiment.benchmarks[0])
    for position, name in enumerate(experiment.benchmarks):
        if name not in comparable:
            what = f"'{name}' and '{experiment.benchmarks[0]}' are not scored by the same metrics"
            raise project.folder.error(file, ("benchmarks", position), what, "make an experiment of each")


def _check_backbones(project: Project, file: str, experiment: Experiment) -> None:
    """InputError as of the checks of backbones that are not trained, and of those that are."""
    mistakes = Mistakes()
    for position, name in enumerate(experiment.backbones):
        with mistakes:
            if project.backbones[name].weights is None or name in experiment.untrained:
                _check_untrainable(project, file, ("backbones", position), name, experiment)
            else:
                _check_sharding(project, file, name, experiment)
    mistakes.tell()


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
    asked = {
        benchmark: [style for style in styles if style in project.styles(project.benchmarks[benchmark].task)]
        for benchmark in experiment.benchmarks
    }
    for kind, names, fix in (
        ("style", max(asked.values(), key=len), "let the arms without steps have one (`styles` of the arm)"),
        ("decoding", experiment.decodings, f"ask here with one, or give '{name}' an experiment of its own"),
    ):
        if len(names) > 1:
            what = f"the answers of '{name}' were recorded once: {', '.join(names)} cannot each be their {kind}"
            raise project.folder.error(file, loc, what, fix)
    for benchmark in experiment.benchmarks:
        if asked[benchmark] and benchmark not in backbone.recorded.files:
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
    """InputError for steps that train on what a benchmark here tests, each at the first arm that has it."""
    mistakes, told = Mistakes(), set()
    for loc, step in experiment.placed_steps:
        for benchmark in experiment.benchmarks:
            checks = project.task(benchmark).checks
            for learned in project.with_judge(step):
                for part in project.recipe(learned).parts:
                    leak = checks.leak(project, part, benchmark)
                    if leak and (learned, leak) not in told:
                        told.add((learned, leak))
                        with mistakes:
                            raise project.folder.error(file, loc, f"'{learned}' {leak[0]}", leak[1])
    mistakes.tell()


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
    """InputError for all files with mistakes, and names that are unknown or do not fit where they are used."""
    known, mistakes = project.folder.check_known, Mistakes()
    for name, part in vars(Project).items():
        if isinstance(part, read_once):
            with mistakes:
                getattr(project, name)
    with mistakes:
        known("config.yaml", ("experiments",), project.settings.experiments, project.experiments)
    with mistakes:
        _check_left_out(project)
    for part, check in (
        ("backbones", _check_backbone),
        ("corpora", _check_corpus),
        ("benchmarks", _check_benchmark),
        ("annotations", _check_annotation),
        ("teachers", _check_teacher),
        ("preferences", _check_preferences),
    ):
        with mistakes:
            _check_each(project, getattr(project, part), check)
    with mistakes:
        recipes = {
            (f"recipes/{stage}.yaml", variant): recipe
            for stage, variants in project.recipes.items()
            for variant, recipe in variants.items()
        }
        _check_each(project, recipes, lambda project, place, recipe: check_recipe(project, place[0], place[1], recipe))
    with mistakes:
        experiments = {f"experiments/{name}.yaml": experiment for name, experiment in project.experiments.items()}
        _check_each(project, experiments, check_experiment)
    with mistakes:
        _check_requests(project)
    with mistakes:
        _check_names_of_files(project)
    mistakes.tell()


def is_ours(config: Path) -> bool:
    """Whether a folder is a configuration of ours, a whole one or files of one's own. InputError for text that is not
    YAML.

    Other Snakemake workflows have config/config.yaml too, in which other keys stand; slips are no other keys.
    """
    if (settings := config / SETTINGS).is_file() and not is_whole(config):
        keys = YamlText.read(settings).data or {}
        return isinstance(keys, Mapping) and all(closest(key, Settings.model_fields) for key in keys)
    return any((config / name).is_dir() for name in (*FOLDERS, *FILES)) or any(
        (config / f"{name}.yaml").is_file() for name in FILES
    )


def _check_names_of_files(project: Project) -> None:
    """InputError for files and folders of the user's that nothing reads, and whose names are slips of those read."""
    top, mistakes = [*FILES, *FOLDERS], Mistakes()
    for folder in sorted({project.root, project.folder.own}):
        for path in sorted(folder.glob("[!.]*")):
            with mistakes:
                _check_name_of_file(path, top, FOLDERS)
        for path in sorted(folder.glob("recipes/[!.]*")):
            with mistakes:
                _check_name_of_file(path, [*project.stages])
    mistakes.tell()


def _check_name_of_file(path: Path, names: Sequence[str], folders: Sequence[str] = ()) -> None:
    """InputError if the path is not read though it is near one of `names`, of which `folders` are no files."""
    is_folder = any(file.suffix in (".yaml", ".yml", ".txt") for file in path.glob("*"))
    if not is_folder and path.suffix not in (".yaml", ".yml"):
        return
    name = path.name if is_folder else path.stem
    near = closest(name, names)
    meant = near if is_folder or near in folders else f"{near}.yaml"
    if near and path.name != meant and abs(len(near) - len(name)) < 3:  # my_config.yaml is no slip
        raise InputError("nothing of this name is read", file=path, fix=f"did you mean '{meant}'?")


def existing(root: Path) -> Callable[[str], str]:
    """A look-up of paths: WrongValue, with the nearest name beside it, for one that is nowhere.

    It looks here, in the folder of the project whose config folder is `root`, and among what ships: a copy of the
    shipped configuration may stand where nothing of the demo is.
    """
    places = (Path(), root.parent, INSTALLED)

    def look_up(path: str) -> str:
        if any((place / path).exists() for place in places):
            return path
        folder = Path(path).parent
        beside = {file.name for place in places if (place / folder).is_dir() for file in (place / folder).iterdir()}
        near = closest(Path(path).name, sorted(beside))
        fix = f"did you mean '{folder / near}'?" if near else "paths are from the project's folder"
        raise WrongValue(f"there is no file {path}", fix)

    return look_up


def _check_each(project: Project, entries: Mapping[Any, Any], check: Callable[[Project, Any, Any], None]) -> None:
    """InputError for all mistakes that the check finds in the entries, each with its name."""
    mistakes = Mistakes()
    for name, entry in entries.items():
        with mistakes:
            check(project, name, entry)
    mistakes.tell()


def check_target(project: Project, target: str) -> None:
    """InputError with the nearest name for an unknown one in a path below results/; other words are let through.

    So are files directly in a folder of ours, which an option may name, such as `--report results/experiments/x.html`.
    """
    path = Path(target)
    if not path.is_relative_to(project.results.root):
        return
    folder, *names = *path.relative_to(project.results.root).parts, ""
    if len(names) == 2 and path.suffix[1:].isalpha():
        return
    for kind, name in zip(_NAMES_IN_PATHS.get(folder, ()), names[:-1], strict=False):
        if kind == "chain":
            check_chain(project, name)
        elif kind == "question":
            benchmark, _, style = name.rpartition(".")
            project.style(benchmark, style)
        elif kind != "file":
            lookup(getattr(project, _TABLES[kind]), name, kind)
        elif of_experiment := re.fullmatch(r"card\.(.+)\.md", name):
            lookup(project.experiments, of_experiment[1], "experiment")


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
        folder = Path(backbone.weights.path)
        if folder.is_dir() and (missing := lacking(folder)):
            what = f"{folder} has no {missing}"
            raise project.folder.error("backbones.yaml", (name, "weights", "path"), what, SAVED_ADAPTER)


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
    if corpus.only is not None:
        listing = [other for other in project.benchmarks if project.task(other).lists_genes]
        for key in ("genes_of", "answers_of"):
            if (named := getattr(corpus.only, key)) is not None:
                loc = (name, "only", key)
                project.folder.check_known(file, loc, named, listing, "benchmark whose rows list genes")
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
    able = [benchmark for benchmark in project.benchmarks if project.task(benchmark).checks.libraries]
    benchmark = annotation.benchmark or SHIPPED.benchmark
    project.folder.check_known(file, (name, "benchmark"), benchmark, able)
    styles = project.styles(project.benchmarks[benchmark].task)
    if annotation.style is not None:
        project.folder.check_known(file, (name, "style"), annotation.style, styles)
    sources = [source for source, spec in project.sources.items() if spec.format in GMT_FORMATS]
    branches = project.task(benchmark).checks.libraries
    for field, known in (("libraries", sources), ("only_libraries", [*sources, *branches])):
        named = getattr(annotation, field) or ()
        valid = [*known, *filter(is_file_name, named)]
        project.folder.check_known(file, (name, field), named, valid, "source of gene sets")


def _check_teacher(project: Project, name: str, teacher: Teacher) -> None:
    """InputError if the corpus or the encoder that a teacher uses is unknown."""
    if isinstance(teacher, RecallTeacher):
        project.folder.check_known("teachers.yaml", (name, "corpus"), teacher.corpus, project.corpora)
    else:
        project.folder.check_known("teachers.yaml", (name, "encoder"), teacher.encoder, project.encoders)


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
