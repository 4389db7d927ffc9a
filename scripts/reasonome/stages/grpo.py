"""GRPO, and what it shares with online DPO: settings, files and checks. What trains is `training/grpo.py`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from reasonome.config.preferences import Preferences
from reasonome.config.project import Project, Results, chains
from reasonome.config.project.recipe_references import wrong_function, wrong_rewards
from reasonome.config.recipes import multiples_near
from reasonome.config.reference import Mistake
from reasonome.config.rewarded_samples import in_words
from reasonome.config.rollouts import JUDGE, OVERLONG, RolloutRecipe
from reasonome.config.strict import WrongValue

if TYPE_CHECKING:
    from reasonome.training.job import TrainingJob


# As TRL calls them.
AGGREGATIONS = {"sum": "sum_then_normalize", "each": "normalize_then_sum"}
# The settings by which losses clip, where these are not both.
CLIPPED_BY = {"cispo": ("epsilon_high",), "sapo": (), "vespo": ()}


class AlignmentRecipe(RolloutRecipe):
    """The files, checks and training of stages that draw completions."""

    def files(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> dict[str, Path]:
        files = {}
        for benchmark, style in self.questions:
            folder = results.prompts(benchmark, style)
            files[self.data_name("examples", benchmark)] = folder / "train.jsonl"
            files[self.data_name("valid", benchmark)] = folder / "valid.jsonl"
        if judge := chains.judge_chain(self):
            files[JUDGE] = results.model(model[0], judge) / "manifest.json"
        return files | {f"encoder {name}": results.encoder(name) / "manifest.json" for name in self.encoders}

    def mistakes(self, project: Project) -> Iterator[Mistake]:
        """Benchmarks of a mixture that differ in their task, which defines the rewards, or in their style."""
        tasks = {name: project.benchmarks[name].task for name in self.weights_of_benchmarks}
        if len(set(tasks.values())) > 1:
            named = ", ".join(f"{benchmark} ({task})" for benchmark, task in tasks.items())
            what = f"rewards are of one task, and these are of several: {named}"
            yield Mistake(("mixture",), what, "mix benchmarks of one task here; SFT may mix tasks")
        styles = {style for _, style in self.questions}
        if len(styles) > 1:
            what = f"GRPO asks in one style, and these are several: {', '.join(sorted(styles))}"
            yield Mistake(("style",), what, "name one; SFT may have one for each benchmark")

    def mistakes_of_part(self, project: Project) -> Iterator[Mistake]:
        benchmark, style = self.question
        task = project.task(benchmark)
        rewards = task.rewards()
        yield from wrong_rewards([*rewards, OVERLONG], project.styles(task.name)[style], ("rewards",), self.rewards)
        weighted = [name for name, weight in self.rewards.items() if weight and name != OVERLONG]
        of_content = [name for name in weighted if rewards[name].semantic]
        if self.is_placebo and not (of_content or self.graders):
            what = "`gold: shuffled` changes nothing: no reward compares an answer with the right one"
            yield Mistake(("gold",), what, "leave it out, or reward what is answered too")
        for name, own in self.graders.items():
            yield from wrong_function(own, ("graders", name, "function"))
            if name in rewards:
                yield Mistake(("graders", name), f"'{name}' is a reward of {task.name}", "give yours another name")
        subsets = getattr(project.benchmarks[benchmark], "subsets", {}).values()
        if self.validation and subsets and not any(getattr(subset, "valid", 1) for subset in subsets):
            what = f"there are no valid questions of {benchmark} to answer: all of its subsets have `valid: 0`"
            fix = "set validation to 0, or `valid` in benchmarks.yaml to more"
            yield Mistake(("validation",), what, fix)

    @classmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        recipe = manifest["recipe"]
        own = {
            f"{name} ({reward['function'].partition(':')[0]})": reward["weight"]
            for name, reward in recipe.get("graders", {}).items()
        }
        rewards = in_words(recipe["rewards"] | own)
        if recipe.get("judge"):
            rewards = ", ".join(filter(None, [f"reward model {' → '.join(recipe['judge'])}", rewards]))
        encoders = f" (similarity by {', '.join(recipe['encoders'])})" if recipe.get("encoders") else ""
        placebo = (
            "; a placebo: rewarded by the right answers of other questions" if recipe.get("gold") == "shuffled" else ""
        )
        return f"{cls.examples_in_words(manifest)}; reward: {rewards}{encoders}{placebo}"

    def train(self, job: "TrainingJob") -> None:
        from reasonome.scoring.encoders import load_encoders, mean_similarity
        from reasonome.training.grpo import grpo

        # Rollouts bring new names at every step, which nobody asks for again: they are not kept.
        encoders = load_encoders(job.encoders, keep=False)
        [task] = set(job.tasks.values())
        grpo(job, task, mean_similarity(list(encoders.values())), encoders)


class GrpoRecipe(AlignmentRecipe):
    """Group-relative policy optimisation against weighted rewards."""

    in_words = "reinforcement learning (GRPO)"
    # Snakemake's records of trained models have `encoders` as a param: without it, all would be trained again.
    rule_params = ("style", "encoders")
    newer = (
        *AlignmentRecipe.newer,
        "iterations",
        "aggregation",
        "gold",
        "epsilon",
        "epsilon_high",
        "importance_sampling_level",
        "mask_truncated_completions",
        "use_bias_correction_kl",
    )
    stage: Literal["grpo"]
    generations: Annotated[int, Field(ge=2)] = Field(description="completions per prompt (the group)")
    iterations: Annotated[int, Field(ge=1)] = Field(1, description="optimizer steps on the same completions")
    aggregation: Literal["sum", "each"] = Field(
        "sum", description="what is normalised within a group: the weighted sum of rewards, or each reward by itself"
    )
    beta: Annotated[float, Field(ge=0)] = Field(0.0, description="weight of the KL term")
    use_bias_correction_kl: bool = Field(
        True, description="weigh the KL term by how much likelier a token became since it was drawn"
    )
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"] = Field(
        "dapo", description="as TRL has it; dapo is that paper's mean over the tokens of a step, and nothing else of it"
    )
    epsilon: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="by how much a token may become likelier or less so before it is clipped; 0.2 if not given"
    )
    epsilon_high: Annotated[float, Field(gt=0)] | None = Field(
        None,
        description="by how much it may become likelier; epsilon if not given. Of loss cispo the largest ratio itself",
    )
    importance_sampling_level: Literal["token", "sequence"] = Field(
        "token", description="sequence: the tokens of a completion have one ratio, the geometric mean of theirs (GSPO)"
    )
    mask_truncated_completions: bool = Field(
        False, description="learn nothing from completions that were cut off; their rewards count in the group's mean"
    )
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
        if not any([*value.values(), *(own.weight for own in graders.values())]):
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
    def _groups_stand_alone(self) -> Self:
        key = "aggregation" if self.aggregation == "each" else "scale_rewards"
        if self.dynamic_sampling and (self.aggregation == "each" or self.scale_rewards == "batch"):
            what = f"dynamic_sampling puts groups of several draws together, and {key} scales those of one draw"
            raise WrongValue(what, "leave one of them out", ("dynamic_sampling", key))
        return self

    @model_validator(mode="after")
    def _every_term_is_there(self) -> Self:
        epsilons = ("epsilon", "epsilon_high")
        for key in (key for key in epsilons if getattr(self, key) is not None):
            if key not in CLIPPED_BY.get(self.loss, epsilons):
                raise WrongValue(f"loss {self.loss} does not clip by {key}", "leave it out", (key, "loss"))
            if self.iterations == 1 and self.loss != "cispo":
                what = f"{key} clips nothing with iterations 1: no token has become likelier since it was drawn"
                raise WrongValue(what, "leave it out, or set iterations to 2 or more", (key, "iterations"))
        if self.loss == "cispo" and (self.epsilon_high or 0) < 1:
            what = "loss cispo weighs a token by its ratio, by epsilon_high at most: below 1 all tokens weigh that"
            raise WrongValue(what, "set epsilon_high to 5.0", ("loss", "epsilon_high"))
        if self.loss == "luspo" and self.importance_sampling_level != "sequence":
            keys = ("loss", "importance_sampling_level")
            raise WrongValue("loss luspo is of sequences", "set importance_sampling_level to sequence", keys)
        if not self.use_bias_correction_kl and not self.beta:
            what = "use_bias_correction_kl changes nothing without beta: there is no KL term"
            raise WrongValue(what, "leave it out, or set beta", ("use_bias_correction_kl", "beta"))
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

    @property
    def holds_parent(self) -> bool:
        return bool(self.beta)

    @property
    def is_placebo(self) -> bool:
        return self.gold == "shuffled"

    @property
    def apart(self) -> str:
        masked = "mask_truncated_completions leaves completions without a token"
        return masked if self.mask_truncated_completions else super().apart

    @property
    def trainer(self) -> type:
        from reasonome.training.rollouts import WatchedTrainer

        return WatchedTrainer

    @property
    def trainer_settings(self) -> dict[str, Any]:
        return {
            "beta": self.beta,
            "num_iterations": self.iterations,
            "multi_objective_aggregation": AGGREGATIONS[self.aggregation],
            "loss_type": self.loss,
            "scale_rewards": self.scale_rewards,
            "epsilon": 0.2 if self.epsilon is None else self.epsilon,
            "epsilon_high": self.epsilon_high,
            "importance_sampling_level": self.importance_sampling_level,
            "mask_truncated_completions": self.mask_truncated_completions,
            "use_bias_correction_kl": self.use_bias_correction_kl,
        }
