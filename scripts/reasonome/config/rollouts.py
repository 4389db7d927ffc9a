"""A model's own completions as what it learns from: their rewards, and the settings of stages that draw them."""

import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from reasonome.config.recipes import RowsRecipe, ValidatedRecipe, multiples_near
from reasonome.config.reference import EncoderRef, Names
from reasonome.config.rewarded_samples import Grading, OwnFunction, OwnName
from reasonome.config.strict import WrongValue
from reasonome.core.terminal import show

if TYPE_CHECKING:
    from reasonome.config.preferences import Preferences

# The reward that a reward model gives, and what a completion loses that nears its limit of tokens: of all tasks.
JUDGE, OVERLONG = "judge", "overlong"


Weight = Annotated[float, Field(ge=0)]


class OwnReward(OwnFunction):
    """A reward of your own."""

    weight: Weight = 1.0


def _of_the_task(rewards: Any) -> Any:
    if not isinstance(rewards, Mapping):
        return rewards
    return {name: given for name, given in rewards.items() if not isinstance(given, Mapping)}


Rewards = Annotated[
    dict[str, Weight],
    BeforeValidator(_of_the_task, json_schema_input_type=dict[str, Weight | OwnReward]),
    Field(description="weights by name; of one of your own its function and more"),
]


@cache
def _tell_the_word(stage: str) -> None:
    what = "`graders` is an old word, which still works: write `rewards: {NAME: {function: …, weight: …}}`"
    show(f"recipes/{stage}.yaml: {what} (docs/your-own.md)", file=sys.stderr)


class RolloutRecipe(RowsRecipe, ValidatedRecipe):
    """The settings of stages that learn from the model's own completions, by what these earn."""

    further_files = ("validation", "constant")
    generates = True
    trained_by = "GRPOConfig"
    newer = (
        *RowsRecipe.newer,
        *ValidatedRecipe.newer,
        "shared_questions",
        "top_p",
        "overlong_cache",
        "dynamic_sampling",
    )
    compared = ("eval_reward", 1)
    # Recipes of models have rewards of your own apart, by this word.
    graders: dict[OwnName, OwnReward] = Field({}, description="old word for `rewards` of your own")
    rewards: Rewards
    grading: Grading = Field(Grading(), description="of rewards of rankings")
    encoders: Names[EncoderRef] = Field(description="encoders of the similarity reward; their mean is taken")
    prompts: Annotated[int, Field(ge=1)] | None = Field(
        None, description="drawn from the train split; all if not given"
    )
    max_completion_length: Annotated[int, Field(ge=8)]
    overlong_cache: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="last tokens before max_completion_length, over which the reward `overlong` falls from 0 to -1; "
        "a fifth of them if not given",
    )
    temperature: Annotated[float, Field(gt=0)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="completions are drawn from the likeliest tokens that have this share of the probability"
    )
    dynamic_sampling: Annotated[int, Field(ge=0)] = Field(
        0,
        description="further draws for a step, at most, in which other prompts replace those whose completions all "
        "earned the same; in one process",
    )
    validation: Annotated[int, Field(ge=0)] = Field(description="prompts of the valid split, before and after")
    validate_every: Annotated[int, Field(ge=1)] | None = Field(
        None, description="steps between which they are answered under way, too; not if not given"
    )
    rollouts: Literal["transformers", "vllm-colocate"] = Field(
        "transformers", description="what samples completions; vllm-colocate shares the trainer's GPUs"
    )
    shared_questions: Literal["auto", "never"] = Field(
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
    def trainer(self) -> type:
        """The class that trains."""

    @property
    @abstractmethod
    def trainer_settings(self) -> dict[str, Any]:
        """Its settings beside those that it shares with other classes."""

    @property
    @abstractmethod
    def group(self) -> int:
        """Completions for each prompt."""

    @property
    def apart(self) -> str:
        """What keeps answers to a question from being computed together, as words; empty where nothing does."""
        return "`trl` may change what is drawn, or what is learned from it" if self.trl else ""

    @property
    def weights(self) -> dict[str, float]:
        """The weight of every reward, by name; those of your own come first."""
        return {name: own.weight for name, own in self.graders.items()} | self.rewards

    @property
    def comparing(self) -> Sequence[str]:
        return self.encoders

    def rewarded_by(self, preferences: Mapping[str, "Preferences"]) -> Sequence[str]:
        return self.encoders if self.rewards.get("similarity") else []

    @property
    def grades(self) -> Grading:
        return self.grading

    def check_processes(self, processes: int) -> None:
        super().check_processes(processes)
        if self.dynamic_sampling and processes > 1:
            what = f"dynamic_sampling draws in one process, and these are {processes}"
            fix = f"ask for one, or leave it out of config/recipes/{self.stage}.yaml"
            raise WrongValue(what, fix, ("dynamic_sampling",))

    def pinned(self) -> Self:
        graders = {name: own.pinned() for name, own in self.graders.items()}
        return self.model_copy(update={"graders": graders}) if graders else self

    @model_validator(mode="before")
    @classmethod
    def _own_rewards_apart(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context and value.get("graders"):  # in the configuration, and not in the recipe of a model
            _tell_the_word(value["stage"])
        rewards = value.get("rewards")
        given = rewards.items() if isinstance(rewards, Mapping) else ()
        own = {name: reward for name, reward in given if isinstance(reward, Mapping)}
        return {**value, "graders": (value.get("graders") or {}) | own} if own else value

    @model_validator(mode="after")
    def _no_shared_name_for_ones_own(self) -> Self:
        if taken := self.graders.keys() & {JUDGE, OVERLONG}:
            raise ValueError(f"'{min(taken)}' is a reward of every task: give yours another name")
        return self

    @model_validator(mode="after")
    def _overlong_has_a_beginning(self) -> Self:
        if (self.overlong_cache or 0) >= self.max_completion_length:
            what = f"overlong_cache {self.overlong_cache} is not below max_completion_length"
            raise WrongValue(what, "give fewer tokens", ("overlong_cache", "max_completion_length"))
        if self.overlong_cache and not self.rewards.get(OVERLONG):
            raise WrongValue("overlong_cache changes nothing", "leave it out, or reward overlong", ("overlong_cache",))
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

    @model_validator(mode="after")
    def _something_to_choose_by(self) -> Self:
        if self.chooses and not (self.validation and self.validate_every):
            what = f"{self.chooses} chooses by answers to held-out prompts under way, and there are none"
            fix = "set validation to the prompts, and validate_every to the steps between two answers"
            raise WrongValue(what, fix, (self.chooses, "validate_every", "validation"))
        if self.keep == "best" and (self.validate_every or 0) % self.save_steps:
            what = f"keep: best needs a checkpoint where prompts are answered, each {self.validate_every} steps"
            fix = f"set validate_every to {multiples_near(self.validate_every or 0, self.save_steps)}"
            raise WrongValue(what, fix, ("validate_every", "save_steps"))
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
