"""recipes/{stage}.yaml: the settings of each training stage."""

from abc import abstractmethod
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from reasonome.config.strict import FileAndName, Name, Names, Sha256, Strict, Variant, WrongValue
from reasonome.config.training_settings import QuestionRecipe, RowsRecipe, TrainingSettings, multiples_near

# The reward that a reward model gives.
JUDGE = "judge"
LongestList = Annotated[int, Field(ge=1)]


class Drill(Strict):
    """Facts that the parent missed count more."""

    facts: Annotated[int, Field(ge=1)] = Field(
        description="training facts that the parent is asked: those that a warm-up reads first"
    )
    weight: Annotated[float, Field(gt=1)] = Field(description="by which statements of a missed fact are drawn sooner")


class PretrainRecipe(TrainingSettings):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    newer = (*TrainingSettings.newer, "drill", "recall")
    stage: Literal["pretrain"]
    corpus: Name
    sequence_length: Annotated[int, Field(ge=32)]
    packing: Literal["wrapped", "separate"] = Field(
        "wrapped",
        description="wrapped: statements follow one another and may be cut; separate: whole, each seeing itself alone",
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")
    drill: Drill | None = None
    recall: Annotated[int, Field(ge=1)] | None = Field(
        None, description="training facts that the model is asked whenever its loss is measured; none if not given"
    )

    @property
    def corpora(self) -> list[str]:
        return [self.corpus]

    @model_validator(mode="after")
    def _drill_is_seen(self) -> Self:
        if self.drill is not None and self.max_tokens is None:
            raise ValueError("'drill' goes with 'max_tokens': where every statement is read, none is read sooner")
        return self


class Samples(Strict):
    """A model's own answers to training questions."""

    decoding: Name = Field(description="of decodings.yaml")
    questions: Annotated[int, Field(ge=1)] | None = Field(
        None, description="training questions, drawn at random, of `rows` where that is given; all if not given"
    )


class Statements(Strict):
    """Statements to learn beside the questions, in place of a warm-up before them."""

    corpus: Name
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="they are sampled up to this, as in a warm-up of the same number and seed"
    )
    share: Annotated[float, Field(gt=0, le=1)] = Field(1.0, description="of these, drawn at random")


class Grading(Strict):
    """Parameters of the rewards of rankings."""

    k: Annotated[int, Field(ge=2)] = Field(10, description="rank from which a decaying reward is zero")
    ratio: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="of a rank's geometric reward to that before")
    words: Annotated[int, Field(ge=1)] = Field(200, description="of reasoning, up to which brevity is rewarded whole")
    longest_list: LongestList = Field(25, description="genes of a list that count: as many as the benchmark counts")


class RewardedSamples(Strict):
    """A model's own answers to training questions, which rewards compare."""

    decoding: Name = Field(description="of decodings.yaml")
    rewards: dict[str, Annotated[float, Field(ge=0)]]
    grading: Grading = Field(Grading(), description="of rewards of rankings")
    encoders: Names = Field([], description="of a similarity reward; their mean is taken")

    @model_validator(mode="after")
    def _something_is_compared(self) -> Self:
        if not any(self.rewards.values()):
            raise WrongValue("every reward has weight 0: no sample is better than another", "give one a weight above 0")
        if "similarity" in self.rewards and not self.encoders:
            raise WrongValue("the similarity reward needs at least one encoder", "name it: encoders: [minilm]")
        return self

    @property
    def rewarded_encoders(self) -> list[str]:
        """The encoders by whose similarity the better sample is chosen."""
        return self.encoders if self.rewards.get("similarity") else []


class BestSamples(RewardedSamples):
    """The sample of a question that earns most, as its target; of several one drawn at random."""

    threshold: float | None = Field(
        None, description="what the best sample earns at least; questions whose best earns less are left out"
    )
    margin: Annotated[float, Field(gt=0)] | None = Field(
        None, description="by which the best sample earns more than the worst at least; other questions are left out"
    )


class SftRecipe(RowsRecipe):
    """Supervised fine-tuning on a teacher's reasoning, on the names alone (teacher: none), or on samples."""

    newer = (*RowsRecipe.newer, "confidence_from", "statements", "samples")
    stage: Literal["sft"]
    teacher: Name = Field(description="a name of teachers.yaml, or 'none': the name without reasoning")
    confidence_from: Samples | None = Field(
        None,
        description="samples of the parent: a target states the share of right ones for its kind of question (subset "
        "and stratum) as its confidence; 50 without",
    )
    statements: Statements | None = None
    samples: BestSamples | None = Field(
        None, description="samples of the parent as targets, in place of right answers (rejection sampling)"
    )
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

    @property
    def encoders(self) -> list[str]:
        """The encoders that compare samples."""
        return self.samples.encoders if self.samples else []

    @property
    def rewarded_encoders(self) -> list[str]:
        return self.samples.rewarded_encoders if self.samples else []

    @model_validator(mode="after")
    def _samples_are_whole_targets(self) -> Self:
        if self.samples and self.teacher != "none":
            raise WrongValue("'samples' are the targets: a teacher's reasoning has no place in them", "teacher: none")
        if self.samples and self.confidence_from:
            what = "'confidence_from' does nothing with 'samples', which state their own confidence"
            raise WrongValue(what, "leave one of the two out")
        return self

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


class RolloutRecipe(RowsRecipe):
    """The settings of stages that learn from the model's own completions, by what these earn."""

    newer = (*RowsRecipe.newer, "shared_questions")
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
    shared_questions: Literal["auto", "always", "never"] = Field(
        "auto",
        description="whether a question is computed once for all of its completions, when they are drawn and when they "
        "are trained on; auto: where that works and saves something",
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
            what = f"batch_size {self.batch_size} is no multiple of {self._group_in_words()}"
            fix = f"set batch_size to {multiples_near(self.batch_size, self.group)}"
            raise WrongValue(what, fix, ("batch_size", "generations"))
        step = self.batch_size // self.group
        taken = self.rows.take if self.rows and not self.mixture else None
        for key, prompts in (("prompts", self.prompts), ("rows.take", taken)):
            if prompts is not None and prompts < step:
                what = f"{key} {prompts} do not fill a step of {step} (batch_size {self.batch_size} / {self.group})"
                raise WrongValue(what, f"set {key} to {step} or more, or batch_size to less", (key, "batch_size"))
        return self

    def _group_in_words(self) -> str:
        return f"generations {self.group}"

    @model_validator(mode="after")
    def _similarity_has_encoders(self) -> Self:
        if "similarity" in self.rewards and not self.encoders:
            raise ValueError("the similarity reward needs at least one encoder")
        return self

    @model_validator(mode="after")
    def _samples_are_of_the_trained_weights(self) -> Self:
        if self.adapter and self.adapter.dropout:
            what = "adapter.dropout: answers are drawn with the weights that train, which dropout changes in every pass"
            raise WrongValue(what, "dropout: 0.0")
        return self

    @model_validator(mode="after")
    def _vllm_is_sent_whole_weights(self) -> Self:
        if self.adapter and self.adapter.quantize and self.rollouts != "transformers":
            what = f"rollouts '{self.rollouts}' cannot sample from weights of `quantize: {self.adapter.quantize}`"
            fix = "leave `quantize` out: an 8B model in bf16 takes 16 GB of a GPU; or use `rollouts: transformers`"
            raise WrongValue(what, fix)
        return self


class GrpoRecipe(RolloutRecipe):
    """Group-relative policy optimisation against weighted rewards."""

    newer = (*RolloutRecipe.newer, "iterations", "aggregation", "gold")
    stage: Literal["grpo"]
    generations: Annotated[int, Field(ge=2)] = Field(description="completions per prompt (the group)")
    iterations: Annotated[int, Field(ge=1)] = Field(1, description="optimizer steps on the same completions")
    aggregation: Literal["sum", "each"] = Field(
        "sum", description="what is normalised within a group: the weighted sum of rewards, or each reward by itself"
    )
    beta: Annotated[float, Field(ge=0)] = Field(0.0, description="weight of the KL term")
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "dapo"
    scale_rewards: Literal["group", "batch", "none"] = "group"
    gold: Literal["own", "shuffled"] = Field(
        "own",
        description="shuffled is a placebo: completions are rewarded by the right answer of another training question "
        "of the subset",
    )

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
                what = f"{key} {value} is no multiple of iterations {self.iterations}: {why}"
                raise WrongValue(what, f"set {key} to {multiples_near(value, self.iterations)}", (key, "iterations"))
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
