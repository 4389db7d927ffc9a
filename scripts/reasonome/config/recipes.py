"""recipes/{stage}.yaml: the settings of every training stage."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from reasonome.config.strict import FileAndName, Name, Names, Precision, Sha256, Strict, Variant

LongestList = Annotated[int, Field(ge=1)]


class Adapter(Strict):
    """LoRA (Hu et al. 2021): low-rank weights beside the frozen ones, merged into them when training ends."""

    rank: Annotated[int, Field(ge=1)] = 16
    alpha: Annotated[float, Field(gt=0)] = Field(32.0, description="the adapter's output is scaled by alpha / rank")
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    targets: Literal["all-linear"] | Annotated[list[str], Field(min_length=1)] = Field(
        "all-linear", description="module names that get an adapter"
    )
    quantize: Literal["4bit"] | None = Field(None, description="4bit is QLoRA: NF4 base weights; needs a GPU")


class TrainingSettings(Strict):
    """The settings that all training stages share."""

    learning_rate: Annotated[float, Field(gt=0)]
    epochs: Annotated[float, Field(gt=0)] = 1.0
    max_steps: Annotated[int, Field(ge=1)] | None = Field(None, description="overrides epochs")
    batch_size: Annotated[int, Field(ge=1)] = Field(
        description="examples in one optimizer step, all processes; rows where they are packed"
    )
    micro_batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        description="examples that pass through at once in a process; auto: the most that fit its GPU, 1 on a CPU"
    )
    adapter: Adapter | None = Field(None, description="train a LoRA adapter; all weights if not given")
    scheduler: Literal["constant", "linear", "cosine", "constant_with_warmup"] = "linear"
    warmup: Annotated[float, Field(ge=0, lt=1)] = Field(0.05, description="share of the steps")
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    precision: Precision = Field(
        "auto",
        description="auto: bf16 where the machine has instructions for it, else fp32. bf16 is autocast over fp32 "
        "weights; sharded, bf16 weights with an fp32 copy that steps",
    )
    gradient_checkpointing: bool = False
    kernels: Literal["auto", "plain"] = Field(
        "auto",
        description="auto: FlashAttention and Liger kernels where they are installed and a GPU is, and a head of "
        "labelled tokens alone on a CPU; plain: what PyTorch and TRL have",
    )
    save_steps: Annotated[int, Field(ge=1)]
    log_steps: Annotated[int, Field(ge=1)] = 1
    checkpoints: Literal["prune", "keep"] = Field("prune", description="trainer checkpoints once done")

    @model_validator(mode="after")
    def _whole_micro_batches(self) -> "TrainingSettings":
        if self.micro_batch_size != "auto" and self.batch_size % self.micro_batch_size:
            raise ValueError(f"batch_size {self.batch_size} is no multiple of micro_batch_size {self.micro_batch_size}")
        return self

    @property
    def parts(self) -> list[Self]:
        """The recipe split by benchmark: a copy for each one that it learns from."""
        return [self]

    @property
    def questions(self) -> list[tuple[str, str]]:
        """(benchmark, style) of the questions that it learns from; none for statements."""
        return []

    @property
    def rewarded_encoders(self) -> list[str]:
        """The encoders of a similarity reward with a weight above 0; only GRPO has rewards."""
        return []


class PretrainRecipe(TrainingSettings):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    stage: Literal["pretrain"]
    corpus: Name
    sequence_length: Annotated[int, Field(ge=32)]
    packing: Literal["wrapped", "separate"] = Field(
        "wrapped",
        description="wrapped: statements follow one another and may be cut; separate: whole, each seeing itself alone",
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")


class QuestionRecipe(TrainingSettings):
    """The settings of stages that learn from the questions of one benchmark or a mixture."""

    benchmark: Name | None = None
    mixture: Annotated[dict[Name, Annotated[float, Field(gt=0)]], Field(min_length=2)] | None = Field(
        None,
        description="benchmarks with their weights, instead of one: the training questions have them by weight, each "
        "question once, until one benchmark has no more",
    )
    style: Name | dict[Name, Name] = Field(description="of each of the benchmarks; of a mixture also one for each")

    @model_validator(mode="after")
    def _one_benchmark_or_a_mixture(self) -> Self:
        if (self.benchmark is None) == (self.mixture is None):
            raise ValueError("give either a benchmark or a mixture of several")
        if isinstance(self.style, dict) and set(self.style) != set(self.mixture or ()):
            raise ValueError(f"'style' has one for each benchmark of the mixture: {', '.join(self.mixture or ())}")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, values: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the key that the recipe does not use, `benchmark` or `mixture`."""
        unused = "benchmark" if self.mixture else "mixture"
        return {key: value for key, value in values(self).items() if key != unused}

    @property
    def weights_of_benchmarks(self) -> dict[str, float]:
        """The weight of each benchmark that is learned from, in the order of names: a file of the recipe sorts them."""
        return dict(sorted(self.mixture.items())) if self.mixture else {self.benchmark: 1.0}

    def data_name(self, kind: str, benchmark: str) -> str:
        """The name of a file of training data in a manifest: of a mixture, with the benchmark that it is of."""
        return f"{kind} of {benchmark}" if self.mixture else kind

    @property
    def parts(self) -> list[Self]:
        styles = self.style if isinstance(self.style, dict) else dict.fromkeys(self.weights_of_benchmarks, self.style)
        return [
            self.model_copy(update={"benchmark": name, "mixture": None, "style": styles[name]})
            for name in self.weights_of_benchmarks
        ]

    @property
    def questions(self) -> list[tuple[str, str]]:
        return [(part.benchmark, part.style) for part in self.parts]


class SftRecipe(QuestionRecipe):
    """Supervised fine-tuning on a teacher's reasoning, or on the names alone (teacher: none)."""

    stage: Literal["sft"]
    teacher: Name = Field(description="a name of teachers.yaml, or 'none': the name without reasoning")
    max_examples: Annotated[int, Field(ge=1)] | None = None
    max_length: Annotated[int, Field(ge=32)] | Literal["auto"] = Field(
        1024,
        description="of prompt and completion, in tokens; longer examples are left out. auto tries what fits on a GPU; "
        "on a CPU give a number",
    )
    packing: Literal["none", "separate"] = Field(
        "none", description="separate: several examples in a row of max_length, each seeing itself alone"
    )
    steps: Literal["mixed", "alike"] = Field(
        "mixed",
        description="examples of a step are drawn regardless of length, or are of similar length, which saves padding "
        "where steps are small; without packing",
    )

    @model_validator(mode="after")
    def _packed_rows_are_alike(self) -> "SftRecipe":
        if self.steps == "alike" and self.packing != "none":
            raise ValueError("'steps: alike' goes with 'packing: none': packed rows are all of one length")
        return self


class Grading(Strict):
    """Parameters of the rewards of rankings."""

    k: Annotated[int, Field(ge=2)] = Field(10, description="rank from which a decaying reward is zero")
    ratio: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="of a rank's geometric reward to that before")
    words: Annotated[int, Field(ge=1)] = Field(200, description="of reasoning, up to which brevity is rewarded whole")
    longest_list: LongestList = Field(25, description="genes of a list that count: as many as the benchmark counts")


class Grader(Strict):
    """A reward of your own: a function in a Python file, called with one answer at a time (docs/graders.md)."""

    function: FileAndName = Field(description="path/to/file.py:function, in the project")
    weight: Annotated[float, Field(ge=0)] = 1.0
    seconds: Annotated[float, Field(gt=0)] = Field(5.0, description="that one call may take")
    sha256: Sha256 = Field("unpinned", description="of the file; filled in when the recipe is read")


class GrpoRecipe(QuestionRecipe):
    """Group-relative policy optimisation against weighted rewards."""

    stage: Literal["grpo"]
    graders: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")], Grader] = Field(
        {}, description="rewards of your own, by name"
    )
    rewards: dict[str, Annotated[float, Field(ge=0)]]
    grading: Grading = Field(Grading(), description="of rewards of rankings")
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
    validate_every: Annotated[int, Field(ge=1)] | None = Field(
        None, description="steps between which they are answered under way, too; not if not given"
    )
    rollouts: Literal["transformers", "vllm-colocate", "vllm-server"] = Field(
        "transformers", description="what samples completions; vllm-colocate shares the trainer's GPUs"
    )
    max_drift: Annotated[float, Field(gt=0)] = Field(
        0.1,
        description="mean difference per token (nats) of the log-probabilities of sampler and trainer, above which the "
        "run fails",
    )

    @field_validator("rewards")
    @classmethod
    def _something_is_rewarded(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        graders = info.data.get("graders", {})
        if not any([*value.values(), *(grader.weight for grader in graders.values())]):
            raise ValueError("every reward has weight 0: there is nothing to learn from")
        if twins := sorted(value.keys() & graders.keys()):
            raise ValueError(f"'{twins[0]}' is a reward and a grader: give the grader another name")
        return value

    @property
    def rewarded_encoders(self) -> list[str]:
        return self.encoders if self.rewards.get("similarity") else []

    @property
    def weights(self) -> dict[str, float]:
        """The weight of every reward and grader, by name."""
        return {**self.rewards, **{name: grader.weight for name, grader in self.graders.items()}}

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
