"""Names that lead nowhere in a configuration, and values that do not fit what they name; names of targets and files."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from reasonome.config import Benchmark, QuestionRecipe, Recipe, Style, is_variant
from reasonome.config.annotations import SHIPPED, Annotation, is_file_name
from reasonome.config.backbones import (
    ADAPTER_FILES,
    MODEL_FILES,
    SAVED_ADAPTER,
    SAVED_MODEL,
    AdapterWeights,
    Backbone,
    Encoder,
    PathWeights,
    lacking,
)
from reasonome.config.experiments import Experiment, Hypothesis
from reasonome.config.preferences import SamplePreferences
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import asked_questions, greedy_and_sampled, own_functions, rewarded_arms
from reasonome.config.project.folder import CHECKOUT, SETTINGS, is_whole
from reasonome.config.project.recipe_references import misplaced, wrong_function, wrong_samples
from reasonome.config.reference import Mistake, names, unknown_step
from reasonome.config.settings import Settings
from reasonome.config.sources import FORMAT_FILES, GMT_FORMATS, Corpus, Source
from reasonome.config.strict import WrongValue
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
OPTIONAL = ("preferences", "sources.lock")  # without them there are none
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
Entry = tuple[str, Loc, Any]  # its file, its place there, and what it says
StylesOf = Mapping[str, Mapping[str, Style]]  # those that a benchmark can be asked in, by its name and theirs


def check_references(project: Project) -> None:
    """Link all names of entries to what they name.

    InputError for all files with mistakes, and names that are unknown or do not fit where they are used.
    """
    mistakes, parts, right = Mistakes(), {}, []
    for name, part in vars(Project).items():
        if isinstance(part, read_once):
            with mistakes:
                parts[name] = getattr(project, name)

    def gather(file: str, loc: Loc, found: Iterable[Mistake]) -> None:
        with mistakes:
            for mistake in found:
                place = (mistake.file, mistake.loc) if mistake.file else (file, (*loc, *mistake.loc))
                with mistakes:
                    raise project.folder.error(*place, mistake.what, mistake.fix)

    for file, loc, entry in [("config.yaml", (), project.settings), *_entries(parts)]:
        unknown = []
        for place, name in names(entry):
            name.link(project, entry)
            with suppress(InputError):  # a table with mistakes, which are told where it is read
                if wrong := name.wrong(project, entry):
                    unknown.append(Mistake(place, *wrong))
        gather(file, loc, unknown)
        if not unknown:
            right.append((file, loc, entry))
    gather("benchmarks.yaml", (), _left_out_in_a_circle(parts.get("benchmarks", {})))
    for file, loc, entry in right:
        with mistakes:
            for rule in _rules(project, loc, entry):
                gather(file, loc, rule)
    with mistakes:
        _check_names_of_files({project.root, project.folder.own}, [*project.stages])
    mistakes.tell()


def _entries(parts: Mapping[str, Any]) -> Iterator[Entry]:
    """The entries of the parts of a project that could be read, recipes of sweeps in the experiments that have them."""
    placed = {
        arm.steps[-1]: (f"experiments/{name}.yaml", ("arms", arm.of, "sweep"))
        for name, experiment in parts.get("experiments", {}).items()
        for arm in experiment.swept.values()
    }
    for part in FILES:
        for name, entry in parts.get(part, {}).items():
            yield f"{part}.yaml", (name,), entry
    for stage, variants in parts.get("recipes", {}).items():
        for variant, recipe in variants.items():
            own: tuple[str, Loc] = (f"recipes/{stage}.yaml", ("variants", variant))
            file, loc = placed.get(f"{stage}.{variant}", own)
            yield file, loc, recipe
    for name, experiment in parts.get("experiments", {}).items():
        yield f"experiments/{name}.yaml", (), experiment
    for position, request in enumerate(parts.get("requests", ())):
        yield "resources.yaml", (position,), request


def _rules(project: Project, loc: Loc, entry: Any) -> Iterator[Iterable[Mistake]]:
    """What the rules between an entry and those that it names find, each by itself."""
    if isinstance(entry, Backbone | Encoder):
        yield _local_weights(entry.weights)
    elif isinstance(entry, Corpus):
        listing = [other for other in project.benchmarks if project.task(other).lists_genes]
        yield _of_corpus(entry, project.sources, listing)
    elif isinstance(entry, Benchmark):
        yield _of_benchmark(project, str(loc[0]), entry)
    elif isinstance(entry, Annotation):
        yield _of_annotation(project, entry)
    elif isinstance(entry, SamplePreferences):
        yield wrong_samples(project.decodings[entry.decoding], ("decoding",))
    elif isinstance(entry, Recipe):
        yield _of_recipe(project, entry)
    elif isinstance(entry, Experiment):
        yield from _of_experiment(project, entry)


def _local_weights(weights: object) -> Iterator[Mistake]:
    """A folder that lacks files of an adapter or a model."""
    if isinstance(weights, AdapterWeights | PathWeights):
        is_adapter, folder = isinstance(weights, AdapterWeights), Path(weights.path)
        names, fix = (ADAPTER_FILES, SAVED_ADAPTER) if is_adapter else (MODEL_FILES, SAVED_MODEL)
        if folder.exists() and (missing := lacking(folder, names)):
            yield Mistake(("weights", "path"), f"{folder} has no {missing}", fix)


def _of_corpus(corpus: Corpus, sources: Mapping[str, Source], listing: Sequence[str]) -> Iterator[Mistake]:
    """Sources of which none defines the genes, or several do, and benchmarks whose rows are not `listing` genes."""
    able = [source for source in corpus.sources if sources[source].authority]
    if corpus.authority not in (able if len(able) != 1 else [None, *able]):
        what = f"{len(able)} sources of the corpus can be the authority for gene symbols"
        formats = ", ".join(form for form, files in FORMAT_FILES.items() if files.authority)
        fix = f"name one as 'authority': {', '.join(able)}" if able else f"add one, of the formats {formats}"
        yield Mistake(("authority" if corpus.authority else "sources",), what, fix)
    for key in ("genes_of", "answers_of") if corpus.only else ():
        if (named := getattr(corpus.only, key)) not in (None, *listing):
            yield Mistake(("only", key), f"rows of '{named}' list no genes", nearest(named, listing))


def _of_benchmark(project: Project, name: str, benchmark: Benchmark) -> Iterator[Mistake]:
    akin = project.akin(name)
    foreign = [(position, other) for position, other in enumerate(benchmark.leave_out) if other not in akin]
    for position, other in foreign:
        what = f"no rows of '{other}' can leak into '{name}': it is of another kind of task"
        yield Mistake(("leave_out", position), what, nearest(other, akin))
    for metric, given in benchmark.metrics.items():
        if metric.startswith("shuffled_") or not project.task(name).metrics.unnamed([metric]):
            what = f"'{metric}' is a metric of {benchmark.task} already"
            yield Mistake(("metrics", metric), what, "give yours another name")
        yield from wrong_function(given, ("metrics", metric))
    if not foreign:
        project.task(name).checks.check_benchmark(project, name, benchmark)


def _left_out_in_a_circle(benchmarks: Mapping[str, Benchmark]) -> Iterator[Mistake]:
    """A circle in `leave_out`: the benchmarks left out are built first."""
    try:
        TopologicalSorter({name: benchmark.leave_out for name, benchmark in benchmarks.items()}).prepare()
    except CycleError as error:
        name = error.args[1][0]
        what = f"'{name}' is left out by what it leaves out: neither can be built first"
        yield Mistake((name, "leave_out"), what, "let only one of two benchmarks leave the other out")


def _of_annotation(project: Project, annotation: Annotation) -> Iterator[Mistake]:
    benchmark = annotation.benchmark or SHIPPED.benchmark
    able = [other for other in project.benchmarks if project.task(other).checks.libraries]
    if benchmark not in able:
        yield Mistake(("benchmark",), f"'{benchmark}' is no benchmark of gene sets", nearest(benchmark, able))
        return
    task = project.task(benchmark)
    sources = [source for source, spec in project.sources.items() if spec.format in GMT_FORMATS]
    for field, known in (("libraries", sources), ("only_libraries", [*sources, *task.checks.libraries])):
        for position, library in enumerate(getattr(annotation, field) or ()):
            if library not in known and not is_file_name(library):
                what = f"unknown source of gene sets '{library}'"
                yield Mistake((field, position), what, nearest(library, known))


def _of_recipe(project: Project, recipe: Recipe) -> Iterator[Mistake]:
    if wrong := [*recipe.mistakes(project)]:
        yield from wrong
        return
    for part in recipe.parts if isinstance(recipe, QuestionRecipe) else ():
        benchmark, style = part.question
        task = project.task(benchmark)
        if style not in (styles := project.styles(task.name)):
            what = f"unknown style of {task.name}, the task of {benchmark}: '{style}'"
            yield Mistake(("style",), what, nearest(style, styles))
            continue
        yield from part.mistakes_of_part(project)
        yield from task.checks.wrong_in_recipe(project, part)


# --- experiments -------------------------------------------------------------------------------------


def _of_experiment(project: Project, experiment: Experiment) -> Iterator[Iterable[Mistake]]:
    styles: StylesOf = {name: project.styles(project.task(name).name) for name in experiment.benchmarks}
    if unknown := [*_unknown_styles(experiment, styles)]:
        yield unknown
        return
    yield _steps(project, experiment)
    yield _benchmarks(project, experiment)
    yield _hypotheses(project, experiment, styles)
    yield _twins(experiment)
    yield _backbones(project, experiment, styles)
    yield _ranked(project, experiment)
    yield _matched(project, experiment)


def _unknown_styles(experiment: Experiment, styles: StylesOf) -> Iterator[Mistake]:
    known = [style for of_task in styles.values() for style in of_task]
    named = {("styles",): experiment.styles}
    named |= {("arms", arm, "styles"): spec.styles or [] for arm, spec in experiment.arms.items()}
    for loc, given in named.items():
        for position, style in enumerate(given):
            if style not in known:
                yield Mistake((*loc, position), f"unknown style '{style}'", nearest(style, known))


def _steps(project: Project, experiment: Experiment) -> Iterator[Mistake]:
    """Steps in a wrong order, reward models, and steps that train on what is tested here, at the first arm with it."""
    for arm, spec in experiment.arms.items():
        wrong = [*misplaced(project.stages, project.recipes, spec.steps)]
        for position, step in enumerate(spec.steps):
            if not project.recipe(step).answers:
                fix = "leave it out: `judge` of a recipe of onlinedpo names the steps of a reward model"
                wrong.append(Mistake((position,), "a reward model answers no questions", fix))
        yield from (mistake._replace(loc=("arms", arm, "steps", *mistake.loc)) for mistake in wrong)
    told = set()
    for loc, step in experiment.placed_steps:
        for benchmark in experiment.benchmarks:
            for learned in project.with_judge(step):
                for part in project.recipe(learned).parts:
                    leak = project.task(benchmark).checks.leak(project, part, benchmark)
                    if leak and (learned, leak) not in told:
                        told.add((learned, leak))
                        yield Mistake(loc, f"'{learned}' {leak[0]}", leak[1])


def _benchmarks(project: Project, experiment: Experiment) -> Iterator[Mistake]:
    """Benchmarks that share no table of scores, have no metric `primary`, or no encoder that judges independently."""
    first = experiment.benchmarks[0]
    comparable, tested = project.comparable(first), [*project.task(first).metrics.compared]
    of_each = [project.benchmarks[name].metrics for name in experiment.benchmarks]
    tested += [own for own in of_each[0] if all(own in metrics for metrics in of_each)]
    rewarded = {encoder for step in experiment.steps for encoder in project.rewarded_encoders(step)}
    for position, name in enumerate(experiment.benchmarks):
        encoders = project.benchmarks[name].encoders
        if name not in comparable:
            what = f"'{name}' and '{first}' are not scored by the same metrics"
            yield Mistake(("benchmarks", position), what, "make an experiment of each")
        try:
            own_functions(project, name)
        except InputError as error:
            yield Mistake(("benchmarks", position), error.what, error.fix or "")
        if len(encoders) > 1 and rewarded.issuperset(encoders):
            what = f"every encoder that scores '{name}' ({', '.join(encoders)}) is also a reward of a GRPO step here"
            fix = f"give {name} in benchmarks.yaml an encoder that no GRPO recipe of this experiment uses"
            yield Mistake(("benchmarks", position), what, fix)
    if experiment.primary not in (None, *tested):
        yield Mistake(("primary",), f"unknown metric '{experiment.primary}'", nearest(experiment.primary, tested))


def _hypotheses(project: Project, experiment: Experiment, styles: StylesOf) -> Iterator[Mistake]:
    """Hypotheses that name what is not there or leave open which test is meant, and those that could carry no claim."""
    tested = [*project.task(experiment.benchmarks[0]).metrics.compared]
    tested += [experiment.primary] if experiment.primary else []
    for position, one in enumerate(experiment.hypotheses):
        wrong = list(_open_setting(experiment, one, styles))
        subsets = project.benchmarks[one.benchmark].subset_names
        if one.metric not in tested:
            wrong.append(Mistake(("metric",), f"unknown metric '{one.metric}'", nearest(one.metric, tested)))
        subset = one.subset or ""
        if subset and subsets and subset not in subsets and not is_variant(subset):
            wrong.append(Mistake(("subset",), f"unknown subset '{subset}'", nearest(subset, subsets)))
        if not any(experiment.arms[arm].steps for arm in one.better):
            what = "neither arm has steps, and hypotheses are about training"
            wrong.append(Mistake(("better",), what, "name an arm that is trained"))
        for place, arm in enumerate(one.better):
            if arm in experiment.no_controls:
                what = f"'{arm}' is in no_controls: it cannot answer in the form, so that to beat it is no claim"
                wrong.append(Mistake(("better", place), what, "name another arm"))
        if one.as_sure:
            wrong += _not_as_sure(project, experiment, one)
        if one in experiment.hypotheses[:position]:
            wrong.append(Mistake((), "this hypothesis stands here twice", "take one of them out"))
        yield from (mistake._replace(loc=("hypotheses", position, *mistake.loc)) for mistake in wrong)


def _not_as_sure(project: Project, experiment: Experiment, one: Hypothesis) -> Iterator[Mistake]:
    """What keeps a hypothesis from a parent that answers in a matched decoding."""
    if not experiment.matched:
        yield Mistake(("as_sure",), "no decoding is matched here", "name some in `matched`")
    elif one.decoding != greedy_and_sampled(project, experiment)[1]:
        yield Mistake(("decoding",), f"'{one.decoding}' is not the one that `matched` goes with", "name that one")
    if rewarded_arms(project, experiment).get(one.better[0]) != one.better[1]:
        what = f"'{one.better[1]}' is not the arm that '{one.better[0]}' learned on from"
        yield Mistake(("better", 1), what, "name its parent, or leave `as_sure` out")


def _open_setting(experiment: Experiment, one: Hypothesis, styles: StylesOf) -> Iterator[Mistake]:
    """A backbone or a style that a hypothesis leaves open, or that it cannot be tested with."""
    backbones = [name for name in experiment.backbones if name not in experiment.untrained]
    if one.backbone is None and len(experiment.backbones) > 1:
        yield Mistake(("backbone",), "there are several backbones", f"name one: {', '.join(backbones)}")
    elif one.backbone is not None and one.backbone not in backbones:
        what = f"'{one.backbone}' is not trained here"
        yield Mistake(("backbone",), what, nearest(one.backbone, backbones))
    common = [style for style in experiment.styles_in_common(one.better) if style in styles[one.benchmark]]
    names = " and ".join(one.better)
    if not common:
        what = f"{names} have no style of {one.benchmark} in common: their answers are not compared"
        yield Mistake(("better",), what, "let them share one")
    elif one.style is None and len(experiment.styles_in_common(one.better)) > 1:
        yield Mistake(("style",), f"{names} are asked in several styles", f"name one: {', '.join(common)}")
    elif one.style is not None and one.style not in common:
        yield Mistake(("style",), f"{names} are not both asked in style '{one.style}'", nearest(one.style, common))


def _twins(experiment: Experiment) -> Iterator[Mistake]:
    """Arms with the steps, styles and seeds of another: their models and answers would be the same."""
    seen: dict[tuple, str] = {}
    for arm, spec in experiment.arms.items():
        same = (tuple(spec.steps), frozenset(experiment.styles_of(spec)), frozenset(experiment.arm_seeds(spec)))
        if (twin := seen.setdefault(same, arm)) != arm:
            what = f"'{arm}' has the steps, styles and seeds of '{twin}': one model would be compared with itself"
            yield Mistake(("arms", arm), what, "take one of them out, or let them differ")


def _backbones(project: Project, experiment: Experiment, styles: StylesOf) -> Iterator[Mistake]:
    """Benchmarks that no backbone is asked, and backbones that cannot be trained or asked as the arms say."""
    tested = asked_questions(project, experiment)
    recipes = {step: project.recipe(step) for step in experiment.steps}
    learned = [question for recipe in recipes.values() for question in recipe.questions]
    trained = [
        name for name in experiment.backbones if project.backbones[name].weights and name not in experiment.untrained
    ]
    arms = [arm for arm in experiment.arms.values() if trained or not arm.steps]
    asked = {style for arm in arms for style in experiment.styles_of(arm)}
    for position, (benchmark, of_task) in enumerate(styles.items()):
        if asked.isdisjoint(of_task):
            what = f"no arm is asked '{benchmark}': none has a style of {project.task(benchmark).name}"
            yield Mistake(("benchmarks", position), what, f"add one of {', '.join(of_task)} to styles")
    for position, name in enumerate(experiment.backbones):
        backbone, loc = project.backbones[name], ("backbones", position)
        if name not in trained and (wrong := _untrainable(experiment, name, backbone, styles)):
            yield Mistake(loc, *wrong)
        for placed, step in experiment.placed_steps if name in trained else ():
            longest = getattr(recipes[step], "max_completion_length", 0)
            if backbone.context and longest >= backbone.context:
                what = f"'{step}' draws completions of {longest:,} tokens, and '{name}' reads {backbone.context:,}"
                yield Mistake(placed, what, f"give max_completion_length less in recipes/{recipes[step].stage}.yaml")
        room = int(project.settings.prompt_share * backbone.context) if backbone.context else None
        for benchmark, style in dict.fromkeys(tested + learned if name in trained else tested):
            longest = project.style(benchmark, style).largest_prompt()
            if room is not None and longest > room:
                what = f"prompts of style '{style}' may have {longest:,} tokens, and '{name}' has room for {room:,}"
                fix = (
                    f"ask in a style with a smaller budget_tokens than config/prompts/*.{style}.txt has, or elsewhere; "
                    "room is the share prompt_share (config.yaml) of the context of a backbone"
                )
                yield Mistake(loc, what, fix)


def _ranked(project: Project, experiment: Experiment) -> Iterator[Mistake]:
    """Decodings that rank candidates, where questions have none or models do not tell how likely they are."""
    fix = "ask in a decoding that draws answers, or make an experiment of its own"
    for position, name in enumerate(experiment.decodings):
        if not project.decodings[name].ranked:
            continue
        for benchmark, style in asked_questions(project, experiment):
            asked = (project.benchmarks[benchmark], project.style(benchmark, style))
            if not project.task(benchmark).checks.can_be_ranked(*asked):
                what = f"'{name}' ranks candidates, and '{benchmark}' in style '{style}' asks for no list of them alone"
                yield Mistake(("decodings", position), what, fix)
        for backbone in experiment.backbones:
            if not project.backbones[backbone].weights:
                what = f"'{name}' ranks candidates by how likely they are, which '{backbone}' does not tell"
                yield Mistake(("decodings", position), what, fix)


def _matched(project: Project, experiment: Experiment) -> Iterator[Mistake]:
    """Matched decodings without a sampled one like them, without a greedy one, or without an arm to match."""
    if not experiment.matched:
        return
    greedy, sampled = greedy_and_sampled(project, experiment)
    like = project.decodings[sampled or experiment.matched[0]].model_dump(exclude={"temperature"})
    if sampled is None:
        what = f"no other decoding here is as '{experiment.matched[0]}' but for its temperature"
        yield Mistake(("matched", 0), what, "add the one in which trained arms are sampled to decodings")
    if greedy is None:
        what = "how sure a model is shows beside its greedy answers, and no decoding here is greedy"
        yield Mistake(("decodings",), what, "add one without a temperature")
    for position, name in enumerate(experiment.matched):
        own = project.decodings[name]
        if name in experiment.decodings or not own.temperature or own.model_dump(exclude={"temperature"}) != like:
            what = f"'{name}' is not as '{sampled or experiment.matched[0]}' but for a temperature of its own"
            yield Mistake(("matched", position), what, "give it the same keys in decodings.yaml")
    if not rewarded_arms(project, experiment):
        what = "no arm's last step learns from its own completions with an arm that lacks only this step"
        yield Mistake(("matched",), what, "leave it out, or add the arm")


def _untrainable(experiment: Experiment, name: str, backbone: Backbone, styles: StylesOf) -> tuple[str, str] | None:
    """Why a backbone that is not trained cannot be asked as the arms say, and the fix; None if it can."""
    arms = [arm for arm in experiment.arms.values() if not arm.steps]
    if not arms:
        why = "has no weights to train" if backbone.weights is None else "is not to be trained"
        fix = "add an arm without steps (base: []), or take it out of backbones"
        return f"'{name}' {why}, and every arm has steps", fix
    if backbone.recorded is None:
        return None
    given = dict.fromkeys(style for arm in arms for style in experiment.styles_of(arm))
    asked = {benchmark: [style for style in given if style in of_task] for benchmark, of_task in styles.items()}
    for kind, several, fix in (
        ("style", max(asked.values(), key=len), "let the arms without steps have one (`styles` of the arm)"),
        ("decoding", experiment.decodings, f"ask here with one, or give '{name}' an experiment of its own"),
    ):
        if len(several) > 1:
            return f"the answers of '{name}' were recorded once: {', '.join(several)} cannot each be their {kind}", fix
    for benchmark in experiment.benchmarks:
        if asked[benchmark] and benchmark not in backbone.recorded.files:
            recorded = ", ".join(backbone.recorded.files)
            fix = f"add {benchmark} to its files in backbones.yaml, or ask here only {recorded}"
            return f"'{name}' has no recorded answers to '{benchmark}'", fix
    return None


# --- names of targets and of files -------------------------------------------------------------------


def check_target(project: Project, target: str) -> None:
    """InputError with the nearest name for an unknown one in a path below results/; other words are let through.

    So are files directly in a folder of ours, which an option may name, such as `--report results/experiments/x.html`.
    """
    path = Path(target)
    if not path.is_relative_to(project.results.root):
        return
    folder, *parts = *path.relative_to(project.results.root).parts, ""
    if len(parts) == 2 and path.suffix[1:].isalpha():
        return
    for kind, name in zip(_NAMES_IN_PATHS.get(folder, ()), parts[:-1], strict=False):
        if kind == "chain":
            steps = [f"{step.stage}.{step.variant}" for step in chains.parse(name)]
            for step in steps:
                if wrong := unknown_step(project.recipes, step):
                    raise InputError(f"{name}: {wrong[0]}", fix=wrong[1])
            for mistake in misplaced(project.stages, project.recipes, steps):
                raise InputError(f"{name}: {mistake.what}", fix=mistake.fix)
        elif kind == "question":
            benchmark, _, style = name.rpartition(".")
            project.style(benchmark, style)
        elif kind != "file":
            lookup(getattr(project, _TABLES[kind]), name, kind)
        elif of_experiment := re.fullmatch(r"card\.(.+)\.md", name):
            lookup(project.experiments, of_experiment[1], "experiment")


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


def _check_names_of_files(folders: Iterable[Path], stages: Sequence[str]) -> None:
    """InputError for files and folders of the user's that nothing reads, and whose names are slips of those read."""
    mistakes = Mistakes()
    for folder in sorted(folders):
        for path in sorted(folder.glob("[!.]*")):
            with mistakes:
                _check_name_of_file(path, [*FILES, *FOLDERS], FOLDERS)
        for path in sorted(folder.glob("recipes/[!.]*")):
            with mistakes:
                _check_name_of_file(path, stages)
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

    It looks here, in the folder of the project whose config folder is `root`, and beside Snakemake's Snakefile: a copy
    of the shipped configuration may stand where nothing of the demo is.
    """
    places = (Path(), root.parent, Path(os.environ.get(CHECKOUT, "")))

    def look_up(path: str) -> str:
        if any((place / path).exists() for place in places):
            return path
        folder = Path(path).parent
        beside = {file.name for place in places if (place / folder).is_dir() for file in (place / folder).iterdir()}
        near = closest(Path(path).name, sorted(beside))
        fix = f"did you mean '{folder / near}'?" if near else "paths are from the project's folder"
        raise WrongValue(f"there is no file {path}", fix)

    return look_up
