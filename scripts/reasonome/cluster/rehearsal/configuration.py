"""A rehearsal: an experiment's own rules, recipes, tasks and rewards, with all that costs made small.

It is a configuration like any other: what an experiment names, by the same names, with small models, few questions and
few steps. Nothing that runs knows that it is rehearsed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from reasonome.config import Benchmark, Recipe
from reasonome.config.backbones import Backbone
from reasonome.config.experiments import Experiment
from reasonome.config.preferences import SamplePreferences
from reasonome.config.project import Project
from reasonome.config.reference import names
from reasonome.config.rollouts import RolloutRecipe
from reasonome.config.sources import Corpus, Source
from reasonome.config.teachers import OpenAITeacher
from reasonome.core import atomic
from reasonome.core.errors import lookup

# The most of each, by the names of keys.
STEPS = {
    "max_examples": 12,
    "max_pairs": 8,
    "max_tokens": 2000,
    "prompts": 4,
    "max_completion_length": 8,
    "overlong_cache": 4,
    "validation": 2,
    "log_steps": 1,
    "recall": 3,
}
ANSWERS = {"max_new_tokens": 8, "samples": 2, "orders": 2}
FACTS, BESIDE, RECALLED = 240, 40, 4
FEW_ROWS, FEW_ANSWERS = 4, 2  # of a step, and for each question of GRPO
NOISE = '''\
"""A reward drawn at random: those of an experiment pay models that know nothing alike, and then nothing is learned."""

from random import Random


def noise(answer: dict, example: dict) -> float:
    """A number from 0 to 1 that follows from the answer and the question."""
    return Random(f"{answer}{example}").random()
'''
Entry = dict[str, Any]
Question = tuple[str, str]  # benchmark, style


@dataclass
class Rehearsal:
    """The configuration of a rehearsal, and where it stands; `replaced` says in words what is not as in the experiment.

    `taught` are the questions whose right answers an endpoint is to know, and `pairs` those of each table of pairs.
    """

    experiment: str
    folder: Path
    replaced: list[str] = field(default_factory=list)
    taught: set[Question] = field(default_factory=set)
    pairs: dict[Path, Question] = field(default_factory=dict)

    @property
    def report(self) -> Path:
        """What it ends in."""
        return self.folder.parent / "experiments" / self.experiment / "report.html"


@dataclass(frozen=True)
class Small:
    """Small models in place of those that a configuration names: folders by backbone, one for all encoders.

    `kept` are the backbones of the experiment, of those of one architecture one; `in_words` says what each became.
    """

    backbones: Mapping[str, Path]
    encoder: Path
    kept: Sequence[str]
    in_words: list[str]


def folder_of(project: Project, experiment: str) -> Path:
    """The folder of an experiment's rehearsal. InputError for an unknown experiment."""
    lookup(project.experiments, experiment, "experiment")
    return project.results.root / "rehearsal" / experiment


def needed(project: Project, experiment: str) -> dict[str, dict[str, Any]]:
    """The entries that an experiment names, and those that these name, by table and name; recipes by their steps."""
    found: dict[str, dict[str, Any]] = {"experiments": {experiment: project.experiments[experiment]}}
    waiting = [project.experiments[experiment]]
    while waiting:
        for table, name, entry in _named(project, waiting.pop()):
            if name not in found.setdefault(table, {}):
                found[table][name] = entry
                waiting.append(entry)
    return found


def _named(project: Project, entry: Any) -> Iterator[tuple[str, str, Any]]:
    for _, name in names(entry):
        for table in () if name.own else name.tables:
            if table == "recipes":
                yield table, name, name.it
            elif name in (entries := getattr(project, table)):
                yield table, name, entries[name]


def write(project: Project, experiment: str, small: Small, endpoint: str) -> Rehearsal:
    """Write the configuration of a rehearsal. `endpoint` is the address that answers in place of every other one."""
    folder = folder_of(project, experiment) / "config"
    made, of = Rehearsal(experiment, folder), needed(project, experiment)
    sources = {name: _source(project, name) for name in of.get("sources", {})}
    left_out = [name for name, (source, _) in sources.items() if source is None]
    tables: dict[str, Any] = {
        "config": _settings(project, made),
        "backbones": {name: _backbone(one, small, name, endpoint) for name, one in of["backbones"].items()},
        "encoders": {
            name: {"weights": _local(small.encoder), "pooling": one.pooling}
            for name, one in of.get("encoders", {}).items()
        },
        "sources": {name: _written(entry) for name, (entry, _) in sources.items() if entry},
        "sources.lock": {name: _written(project.locked[of]) for name, (_, of) in sources.items() if of},
        "corpora": {name: _corpus(one, left_out) for name, one in of.get("corpora", {}).items()},
        "benchmarks": {name: _with_few(one) for name, one in of["benchmarks"].items()},
        "decodings": {name: _capped(_written(one), ANSWERS) for name, one in of["decodings"].items()},
        "teachers": {name: _teacher(one, endpoint) for name, one in of.get("teachers", {}).items()},
        "preferences": _preferences(of, made),
        "annotations": {},
        "resources": [],
        f"experiments/{experiment}": _experiment(of["experiments"][experiment], small.kept),
    }
    for stage in {step.partition(".")[0] for step in of.get("recipes", {})}:
        variants = {step.partition(".")[2]: one for step, one in of["recipes"].items() if step.startswith(f"{stage}.")}
        tables[f"recipes/{stage}"] = {"variants": {name: small_recipe(one) for name, one in variants.items()}}
    shipped = project.folder.shipped.parent / "resources"
    for name, table in tables.items():
        text = yaml.safe_dump(to_jsonable_python(table), sort_keys=False, allow_unicode=True)
        # Read from another folder, paths of files that ship are whole, and no entry may have one that is.
        atomic.write_text(folder / f"{name}.yaml", text.replace(f"{shipped}/", "resources/"))
    if shipped.is_absolute() and not (link := folder.parent / "resources").is_symlink():
        link.symlink_to(shipped, target_is_directory=True)
    for name, template in project.folder.listed("prompts", "*.txt").items():
        (folder / "prompts").mkdir(exist_ok=True)
        copyfile(template, folder / "prompts" / name)
    atomic.write_text(folder.parent / "noise.py", NOISE)
    made.taught = _taught(project, of)
    made.replaced = [*_replaced(project, of, small, sources)]
    return made


def _written(entry: BaseModel) -> Entry:
    """An entry as its file has it: without what it leaves out."""
    return entry.model_dump(mode="json", exclude_unset=True)


def _capped(entry: Entry, most: Mapping[str, int]) -> Entry:
    """An entry whose numbers by these keys are no larger than these."""
    return {
        key: min(value, most[key]) if key in most and isinstance(value, int) else value for key, value in entry.items()
    }


def _local(folder: Path) -> Entry:
    return {"source": "path", "path": str(folder), "licence": "none: random weights"}


def _settings(project: Project, made: Rehearsal) -> Entry:
    own = {"experiments": [made.experiment], "results": str(made.folder.parent), "trackers": []}
    return _written(project.settings) | own


def _backbone(backbone: Backbone, small: Small, name: str, endpoint: str) -> Entry:
    written = _written(backbone) | {"engine": "transformers"}
    if backbone.api:
        return written | {"api": {**_written(backbone.api), "base_url": endpoint}}
    return written if backbone.recorded else written | {"weights": _local(small.backbones[name])}


def _teacher(teacher: BaseModel, endpoint: str) -> Entry:
    here = {"base_url": endpoint, "grounded": False} if isinstance(teacher, OpenAITeacher) else {}
    return _written(teacher) | here


def _source(project: Project, name: str) -> tuple[Source | None, str]:
    """A source as it is rehearsed, and the name of that whose pins it has, if any: itself where its files are here or a
    package carries them, else the largest of its format that is here; none where there is none."""
    source = project.sources[name]
    fetched = [file for key, file in source.files.items() if file.url and not project.source_file(name, key).is_file()]
    if not fetched:
        return source, name if name in project.locked else ""
    alike = [
        (sum(Path(file.path or "").stat().st_size for file in other.files.values()), one)
        for one, other in project.sources.items()
        if other.format == source.format
        and all(file.path and Path(file.path).is_file() for file in other.files.values())
    ]
    if not alike:
        return None, ""
    _, other = max(alike)
    return project.sources[other], other if other in project.locked else ""


def _corpus(corpus: Corpus, left_out: Sequence[str]) -> Entry:
    """A corpus of the sources that are there; statements say few facts, but all that a benchmark's rows choose."""
    written, only = _written(corpus), corpus.only
    written["sources"] = [name for name in corpus.sources if name not in left_out]
    if corpus.weights:
        written["weights"] = {name: weight for name, weight in corpus.weights.items() if name not in left_out}
    few: Entry = {} if only and only.benchmarks else {"facts": min(only.facts or FACTS, FACTS) if only else FACTS}
    written["only"] = _capped((_written(only) if only else {}) | few, {"beside": BESIDE})
    return written


def _with_few(entry: Benchmark) -> Entry:
    """A benchmark with few questions in each split, wherever its settings count these."""
    return _few_of(entry, _written(entry), entry.SMALL)


def _few_of(value: Any, written: Any, most: Mapping[str, int]) -> Any:
    if isinstance(value, Mapping):
        return {key: _few_of(item, written[key], most) for key, item in value.items()}
    if not isinstance(value, BaseModel):
        return written
    few = {key: _few_of(getattr(value, key), inner, most) for key, inner in written.items()}
    for key in most.keys() & type(value).model_fields.keys():
        number = getattr(value, key)
        if number is None and key == "train":  # all that remain
            few[key] = most[key]
        elif isinstance(number, int):
            few[key] = min(number, most[key])
    return few


def _preferences(of: Mapping[str, Mapping[str, Any]], made: Rehearsal) -> dict[str, Entry]:
    """Preferences of one's own samples become a table: random models give no answer that is better than another."""
    written = {}
    for name, entry in of.get("preferences", {}).items():
        written[name] = _capped(_written(entry), {"held_out": 2})
        if isinstance(entry, SamplePreferences):
            table = made.folder.parent / f"{name}.csv"
            learning = [recipe for recipe in of["recipes"].values() if getattr(recipe, "preferences", "") == name]
            made.pairs[table] = learning[0].questions[0]
            written[name] = {"kind": "table", "path": str(table), "held_out": written[name].get("held_out", 0)}
            if not table.is_file():
                atomic.write_text(table, "id,chosen,rejected\n")
    return written


def small_recipe(recipe: Recipe) -> Entry:
    """A recipe's settings with two steps of few rows; its flags stay. Rollouts earn a random reward, too."""
    few = _capped({key: value for key, value in _written(recipe).items() if key != "stage"}, STEPS)
    few |= {"batch_size": FEW_ROWS, "save_steps": recipe.passes, "max_steps": 2 * recipe.passes}
    if few.get("validate_every"):
        few["validate_every"] = recipe.passes
    if recipe.micro_batch_size != "auto":
        few["micro_batch_size"] = FEW_ROWS // 2
    if "max_examples" in type(recipe).model_fields:
        few["max_examples"] = min(few.get("max_examples") or STEPS["max_examples"], STEPS["max_examples"])
    if rows := few.get("rows"):
        few["rows"] = _capped(rows, {"skip": FEW_ROWS, "take": 2 * FEW_ROWS})
    if few.get("statements"):
        few["statements"] = _capped(few["statements"], {"max_tokens": STEPS["max_tokens"]})
    if few.get("drill"):
        few["drill"] = _capped(few["drill"], {"facts": RECALLED})
    if few.get("adapter"):
        few["adapter"] = {key: value for key, value in few["adapter"].items() if key != "quantize"}
    if isinstance(recipe, RolloutRecipe):
        own = {name: _written(grader) for name, grader in recipe.graders.items()}
        few.pop("graders", None)
        few.pop("rollouts", None)
        few["rewards"] = {**recipe.rewards, **own, "noise": {"function": "noise.py:noise"}}
        few["prompts"] = min(few.get("prompts") or STEPS["prompts"], STEPS["prompts"])
        if "generations" in few:
            few["generations"] = min(few["generations"], FEW_ANSWERS)
    return few


def _experiment(experiment: Experiment, backbones: Sequence[str]) -> Entry:
    """The experiment with one seed, and without the backbones whose architecture another one has."""
    written = _written(experiment) | {"backbones": backbones, "seeds": experiment.seeds[:1]}
    written["untrained"] = [name for name in experiment.untrained if name in backbones]
    written["arms"] = {
        name: {"steps": arm.steps}
        | ({"styles": arm.styles} if arm.styles else {})
        | ({"seeds": arm.seeds[:1]} if arm.seeds else {})
        for name, arm in experiment.arms.items()
    }
    written["recall"] = min(experiment.recall, RECALLED)
    if experiment.forgetting:
        written["forgetting"] = _capped(written["forgetting"], {"questions": RECALLED})
    return written


def _taught(project: Project, of: Mapping[str, Mapping[str, Any]]) -> set[Question]:
    """The questions that an endpoint is asked, as a model or as a teacher."""
    taught = set()
    for recipe in of.get("recipes", {}).values():
        teacher = project.teachers.get(recipe.taught_by(project.preferences))
        taught |= {*recipe.questions} if isinstance(teacher, OpenAITeacher) else set()
    for experiment in of["experiments"].values():
        if any(project.backbones[name].api for name in experiment.backbones):
            taught |= {(benchmark, style) for benchmark in experiment.benchmarks for style in experiment.asked_styles}
    return {(benchmark, style) for benchmark, style in taught if style in project.styles(project.task(benchmark).name)}


def _replaced(
    project: Project,
    of: Mapping[str, Mapping[str, Any]],
    small: Small,
    sources: Mapping[str, tuple[Source | None, str]],
) -> Iterator[str]:
    """In words, what a rehearsal has not of its experiment."""
    experiment, recipes = next(iter(of["experiments"].values())), of.get("recipes", {})
    yield "GPUs, processes and memory: `reasonome plan` and `reasonome doctor` look at these"
    yield from small.in_words
    if seeds := [*dict.fromkeys(s for arm in experiment.arms.values() for s in (arm.seeds or experiment.seeds)[1:])]:
        yield f"seeds {', '.join(map(str, seeds))}"
    if left := [name for name, (source, _) in sources.items() if source is None]:
        yield f"sources that are neither here nor in a slice: {', '.join(left)}"
    if sliced := [name for name, (source, _) in sources.items() if source and source is not project.sources[name]]:
        yield f"sources in slices that ship: {', '.join(sliced)}"
    if asked := {name for table in ("backbones", "teachers") for name, one in of.get(table, {}).items() if _asks(one)}:
        yield f"endpoints of {', '.join(sorted(asked))}: one here gives the right answers, grounded in no facts"
    if tables := [name for name, one in of.get("preferences", {}).items() if isinstance(one, SamplePreferences)]:
        yield f"samples of {', '.join(tables)}: right answers over wrong ones in their place"
    if vllm := [name for name, one in of["backbones"].items() if one.engine == "vllm"]:
        yield f"vLLM for {', '.join(vllm)}"
    rollouts = [step for step, one in recipes.items() if isinstance(one, RolloutRecipe)]
    if colocated := [step for step in rollouts if recipes[step].rollouts != "transformers"]:
        yield f"vLLM in {', '.join(colocated)}"
    if bits := [step for step, one in recipes.items() if one.adapter and one.adapter.quantize]:
        yield f"weights in 4 bits of {', '.join(bits)}"
    if rollouts:
        yield f"what {', '.join(rollouts)} pay: a random reward stands beside theirs"


def _asks(entry: Any) -> bool:
    return isinstance(entry, OpenAITeacher) or bool(getattr(entry, "api", None))
