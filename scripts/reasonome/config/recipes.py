"""recipes/{stage}.yaml: the settings of every training stage."""

from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from reasonome.config.strict import FileAndName, Name, Names, Precision, Sha256, Strict, Variant, WrongValue

# The reward that a reward model gives.
JUDGE = "judge"
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

    # Keys that recipes had not when the first models were trained.
    newer: ClassVar[tuple[str, ...]] = ()

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
        description="auto: the one of the two that this machine computes faster in. bf16 is autocast over fp32 "
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

    @model_serializer(mode="wrap")
    def _as_written(self, values: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in values(self).items() if key not in self._unwritten()}

    def _unwritten(self) -> set[str]:
        """Keys that recipe.json leaves out: newer ones with their default, so that older models need no training."""
        return {key for key in self.newer if getattr(self, key) == type(self).model_fields[key].default}

    @property
    def corpora(self) -> list[str]:
        """The corpora whose statements it learns from."""
        return []

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
        """The encoders of a similarity reward with a weight above 0; stages without rollouts have no rewards."""
        return []

    @property
    def passes(self) -> int:
        """Optimizer steps that learn from the same completions."""
        return 1


class Drill(Strict):
    """Facts that the parent missed count more."""

    facts: Annotated[int, Field(ge=1)] = Field(
        description="training facts that the parent is asked: those that a warm-up reads first"
    )
    weight: Annotated[float, Field(gt=1)] = Field(description="by which statements of a missed fact are drawn sooner")


class PretrainRecipe(TrainingSettings):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    newer = ("drill",)
    stage: Literal["pretrain"]
    corpus: Name
    sequence_length: Annotated[int, Field(ge=32)]
    packing: Literal["wrapped", "separate"] = Field(
        "wrapped",
        description="wrapped: statements follow one another and may be cut; separate: whole, each seeing itself alone",
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")
    drill: Drill | None = None

    @property
    def corpora(self) -> list[str]:
        return [self.corpus]

    @model_validator(mode="after")
    def _drill_is_seen(self) -> Self:
        if self.drill is not None and self.max_tokens is None:
            raise ValueError("'drill' goes with 'max_tokens': where every statement is read, none is read sooner")
        return self


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

    def _unwritten(self) -> set[str]:
        return super()._unwritten() | {"benchmark" if self.mixture else "mixture"}

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


class Samples(Strict):
    """A model's own answers to training questions."""

    decoding: Name = Field(description="of decodings.yaml")
    questions: Annotated[int, Field(ge=1)] | None = Field(
        None, description="training questions, drawn at random; all if not given"
    )


class Statements(Strict):
    """Statements to learn beside the questions, in place of a warm-up before them."""

    corpus: Name
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="they are sampled up to this, as in a warm-up of the same number and seed"
    )
    share: Annotated[float, Field(gt=0, le=1)] = Field(1.0, description="of these, drawn at random")


class SftRecipe(QuestionRecipe):
    """Supervised fine-tuning on a teacher's reasoning, or on the names alone (teacher: none)."""

    newer = ("confidence_from", "statements")
    stage: Literal["sft"]
    teacher: Name = Field(description="a name of teachers.yaml, or 'none': the name without reasoning")
    confidence_from: Samples | None = Field(
        None,
        description="samples of the parent: a target states the share of right ones for its kind of question (subset "
        "and stratum) as its confidence; 50 without",
    )
    statements: Statements | None = None
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

    @property
    def corpora(self) -> list[str]:
        return [self.statements.corpus] if self.statements else []

    @model_validator(mode="after")
    def _packed_rows_are_alike(self) -> "SftRecipe":
        if self.steps == "alike" and self.packing != "none":
            raise ValueError("'steps: alike' goes with 'packing: none': packed rows are all of one length")
        return self


class PreferenceRecipe(QuestionRecipe):
    """The settings of stages that learn which of two answers is better."""

    preferences: Name = Field(description="of preferences.yaml")
    max_length: Annotated[int, Field(ge=32)] = Field(
        1024, description="of a prompt and its answer, in tokens; pairs with a longer one are left out"
    )

    @model_validator(mode="after")
    def _rows_are_counted(self) -> "PreferenceRecipe":
        if self.micro_batch_size == "auto":
            raise ValueError("'micro_batch_size' is a number here: no trial knows what both answers of a pair take")
        return self


class DpoRecipe(PreferenceRecipe):
    """Direct preference optimisation (Rafailov et al., 2023)."""

    stage: Literal["dpo"]
    max_pairs: Annotated[int, Field(ge=1)] | None = None
    beta: Annotated[float, Field(gt=0)] = Field(0.1, description="how far the parent holds the model back")
    loss: Literal["sigmoid", "ipo"] = "sigmoid"


class KtoRecipe(PreferenceRecipe):
    """Kahneman–Tversky optimisation (Ethayarajh et al., 2024): each answer of a pair by itself, as good or bad."""

    stage: Literal["kto"]
    max_answers: Annotated[int, Field(ge=2)] | None = None
    beta: Annotated[float, Field(gt=0)] = Field(0.1, description="how far the parent holds the model back")
    desirable_weight: Annotated[float, Field(gt=0)] = 1.0
    undesirable_weight: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _two_at_once(self) -> "KtoRecipe":
        if self.micro_batch_size == 1:
            raise ValueError("'micro_batch_size' is 2 or more: KTO compares the answers of a micro-batch")
        return self


class RewardRecipe(PreferenceRecipe):
    """A reward model (Ouyang et al., 2022): a number for a prompt and its answer, larger for the better one."""

    stage: Literal["reward"]
    max_pairs: Annotated[int, Field(ge=1)] | None = None


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
    low: float = Field(0.0, description="the least that it gives, and what an unusable answer earns")
    high: float = Field(1.0, description="the most that it gives")
    seconds: Annotated[float, Field(gt=0)] = Field(5.0, description="that one call may take")
    sha256: Sha256 = Field("unpinned", description="of the file; filled in when the recipe is read")

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> "Grader":
        if self.low >= self.high:
            raise ValueError("'low' should be below 'high'")
        return self


class RolloutRecipe(QuestionRecipe):
    """The settings of stages that learn from the model's own completions, by what these earn."""

    graders: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")], Grader] = Field(
        {}, description="rewards of your own, by name"
    )
    rewards: dict[str, Annotated[float, Field(ge=0)]]
    grading: Grading = Field(Grading(), description="of rewards of rankings")
    encoders: Names = Field(description="encoders of the similarity reward; their mean is taken")
    prompts: Annotated[int, Field(ge=1)] | None = Field(
        None, description="drawn from the train split; all if not given"
    )
    max_completion_length: Annotated[int, Field(ge=8)]
    temperature: Annotated[float, Field(gt=0)] = 1.0
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

    @property
    @abstractmethod
    def group(self) -> int:
        """Completions for each prompt."""

    @property
    def weights(self) -> dict[str, float]:
        """The weight of every grader and reward, by name.

        Graders come first: once they have graded it is known which questions they apply to.
        """
        return {name: grader.weight for name, grader in self.graders.items()} | self.rewards

    @property
    def rewarded_encoders(self) -> list[str]:
        return self.encoders if self.rewards.get("similarity") else []

    @model_validator(mode="after")
    def _no_twins(self) -> Self:
        if twins := sorted(self.rewards.keys() & self.graders.keys()):
            raise ValueError(f"'{twins[0]}' is a reward and a grader: give the grader another name")
        if JUDGE in self.graders:
            raise ValueError(f"'{JUDGE}' is the reward of a reward model: give the grader another name")
        return self

    @model_validator(mode="after")
    def _whole_groups(self) -> Self:
        if self.batch_size % self.group:
            raise ValueError(f"batch_size {self.batch_size} is no multiple of {self._group_in_words()}")
        step = self.batch_size // self.group
        if self.prompts is not None and self.prompts < step:
            raise ValueError(f"prompts {self.prompts} do not fill a step of {step} (batch_size / {self.group})")
        return self

    def _group_in_words(self) -> str:
        return f"generations {self.group}"

    @model_validator(mode="after")
    def _similarity_has_encoders(self) -> Self:
        if "similarity" in self.rewards and not self.encoders:
            raise ValueError("the similarity reward needs at least one encoder")
        return self


class GrpoRecipe(RolloutRecipe):
    """Group-relative policy optimisation against weighted rewards."""

    newer = ("iterations", "aggregation")
    stage: Literal["grpo"]
    generations: Annotated[int, Field(ge=2)] = Field(description="completions per prompt (the group)")
    iterations: Annotated[int, Field(ge=1)] = Field(1, description="optimizer steps on the same completions")
    aggregation: Literal["sum", "each"] = Field(
        "sum", description="what is normalised within a group: the weighted sum of rewards, or each reward by itself"
    )
    beta: Annotated[float, Field(ge=0)] = Field(0.0, description="weight of the KL term")
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "dapo"
    scale_rewards: Literal["group", "batch", "none"] = "group"

    @field_validator("rewards")
    @classmethod
    def _something_is_rewarded(cls, value: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        graders = info.data.get("graders", {})
        if not any([*value.values(), *(grader.weight for grader in graders.values())]):
            raise ValueError("every reward has weight 0: there is nothing to learn from")
        return value

    @property
    def group(self) -> int:
        return self.generations

    @property
    def passes(self) -> int:
        return self.iterations

    @model_validator(mode="after")
    def _scaled_once(self) -> Self:
        if self.aggregation == "each" and self.scale_rewards != "group":
            why = "each reward is normalised within its group, and their sum over the batch"
            raise ValueError(f"'scale_rewards' does nothing with aggregation each: {why}")
        return self

    @model_validator(mode="after")
    def _saves_between_batches(self) -> Self:
        for key in ("save_steps", "max_steps"):
            value = getattr(self, key)
            if value is not None and value % self.iterations:
                why = "a checkpoint holds no completions to go on with"
                raise ValueError(f"{key} {value} is no multiple of iterations {self.iterations}: {why}")
        return self


class OnlineDpoRecipe(RolloutRecipe):
    """Online DPO (Guo et al., 2024): of two completions of a prompt the one that earns more is the better one."""

    stage: Literal["onlinedpo"]
    judge: Annotated[list[str], Field(min_length=1)] | None = Field(
        None,
        description="the steps of the reward model's chain, as stage.variant; what it gives is the reward `judge`, "
        "beside `rewards`",
    )
    rewards: dict[str, Annotated[float, Field(ge=0)]] = {}
    beta: Annotated[float, Field(gt=0)] = Field(0.1, description="how far the parent holds the model back")

    @model_validator(mode="after")
    def _something_is_rewarded(self) -> Self:
        if not any(self.weights.values()):
            fix = "give `judge`, the steps of a reward model, or `rewards` with a weight above 0"
            raise WrongValue("nothing says which completion is better", fix)
        return self

    @property
    def group(self) -> int:
        return 2

    @property
    def weights(self) -> dict[str, float]:
        return super().weights | ({JUDGE: 1.0} if self.judge else {})

    def _group_in_words(self) -> str:
        return "2: a pair of completions for each prompt"

    @model_validator(mode="after")
    def _pairs_pass_together(self) -> Self:
        if self.micro_batch_size == "auto" or self.micro_batch_size % 2:
            raise ValueError("'micro_batch_size' is an even number: both completions of a prompt pass together")
        return self


STAGES: dict[str, type[TrainingSettings]] = {
    "pretrain": PretrainRecipe,
    "sft": SftRecipe,
    "dpo": DpoRecipe,
    "kto": KtoRecipe,
    "reward": RewardRecipe,
    "onlinedpo": OnlineDpoRecipe,
    "grpo": GrpoRecipe,
}
Recipe = PretrainRecipe | SftRecipe | DpoRecipe | KtoRecipe | RewardRecipe | OnlineDpoRecipe | GrpoRecipe


def _without_stage(values: dict[str, Any]) -> dict[str, Any]:
    if "stage" in values:
        raise ValueError("the file's name says the stage: leave out 'stage'")
    return values


RecipePart = Annotated[dict[str, Any], AfterValidator(_without_stage)]


class RecipeFile(Strict):
    """config/recipes/{stage}.yaml: defaults, and variants that change some of them."""

    defaults: RecipePart
    variants: dict[Variant, RecipePart | None]
