"""KTO: make good answers more likely and bad ones less, each by itself, against the parent model."""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from reasonome.core.errors import InputError
from reasonome.stages.preferring import Pairs, PreferenceRecipe, as_often_worse, single_answers


class KtoRecipe(PreferenceRecipe):
    """Kahneman–Tversky optimisation (Ethayarajh et al., 2024): each answer of a pair by itself, as good or bad."""

    in_words = "preference optimisation (KTO)"
    single_answers = True
    holds_parent = True
    order = "sequential"  # that of `single_answers`: neighbours are compared
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

    def trainer(self):
        from trl.trainer.kto_config import KTOConfig
        from trl.trainer.kto_trainer import KTOTrainer

        return KTOTrainer, partial(
            KTOConfig,
            max_length=None,  # longer ones are left out; TRL would also cut an answer after another's prompt
            beta=self.beta,
            desirable_weight=self.desirable_weight,
            undesirable_weight=self.undesirable_weight,
        )

    def rows(self, pairs: Pairs, seed: int) -> tuple[list[dict], list[dict], dict[str, int]]:
        from reasonome.training.job import mixed

        answers = {name: single_answers(rows, seed) for name, rows in pairs.train.items()}
        chosen = mixed(answers, self.weights_of_benchmarks, self.max_answers, "max_answers")
        train = self._whole(chosen)
        if not train:
            what = f"there are fewer answers than micro_batch_size, {self.micro_batch_size}"
            raise InputError(what, field="micro_batch_size", fix="lower it to 2 or more, or write more preferences")
        counts = {
            "answers": len(train),
            "too_long": pairs.too_long,
            "as_often_worse": sum(map(as_often_worse, pairs.train.values())),
            "no_whole_micro_batch": len(chosen) - len(train),
        }
        return train, self._whole(single_answers(pairs.held_out, seed)), counts

    def _whole(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """As many of the answers as fill micro-batches: the loss compares each with its neighbours in one."""
        return answers[: len(answers) - len(answers) % int(self.micro_batch_size)]
