"""Online DPO, which trains as GRPO does, on pairs of completions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from reasonome.config.project import Project
from reasonome.config.project.recipe_references import misplaced
from reasonome.config.reference import Mistake, StepRef
from reasonome.config.rollouts import JUDGE, Rewards
from reasonome.config.strict import WrongValue
from reasonome.stages.grpo import AlignmentRecipe


class OnlineDpoRecipe(AlignmentRecipe):
    """Online DPO (Guo et al., 2024): of two completions of a prompt the one that earns more is the better one."""

    in_words = "preference optimisation on its own answers (online DPO)"
    holds_parent = True
    stage: Literal["onlinedpo"]
    judge: Annotated[list[StepRef], Field(min_length=1)] | None = Field(
        None,
        description="the steps of the reward model's chain, as stage.variant; what it gives is the reward `judge`, "
        "beside `rewards`",
    )
    rewards: Rewards = {}
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

    @property
    def judging(self) -> Sequence[str]:
        return self.judge or []

    def mistakes(self, project: Project) -> Iterator[Mistake]:
        yield from super().mistakes(project)
        if not self.judge:
            return
        placed = misplaced(project.stages, project.recipes, self.judge)
        wrong = [mistake._replace(loc=("judge", *mistake.loc)) for mistake in placed]
        if [project.recipe(step).answers for step in self.judge] != [True] * (len(self.judge) - 1) + [False]:
            fix = "let one step of stage reward be the last, as in [sft.closedbook, reward.closedbook]"
            wrong.append(Mistake(("judge",), "these steps do not make a reward model", fix))
        yield from wrong
        judge = self.judge[-1]
        known, asked = (
            {(project.benchmarks[benchmark].task, style) for benchmark, style in recipe.questions}
            for recipe in (project.recipe(judge), self)
        )
        if not wrong and not asked <= known:
            what = f"'{judge}' judges answers of another task, or in another style"
            yield Mistake(("judge",), what, "train a reward model on pairs of this task, in this style")

    @property
    def trainer(self) -> type:
        from reasonome.training.rollouts import PairTrainer

        return PairTrainer

    @property
    def trainer_settings(self) -> dict[str, Any]:
        return {"beta": self.beta, "scale_rewards": "none"}  # which of two earned more is all that counts
