"""KTO: make good answers more likely and bad ones less, each by itself, against the parent model."""

from inspect import getfile
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from reasonome.config.project import Project
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.stages.preferring import PreferenceRecipe, as_often_worse, read, single_answers

if TYPE_CHECKING:
    from reasonome.training.job import TrainingJob


class KtoRecipe(PreferenceRecipe):
    """Kahneman–Tversky optimisation (Ethayarajh et al., 2024): each answer of a pair by itself, as good or bad."""

    in_words = "preference optimisation (KTO)"
    single_answers = True
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

    @property
    def most(self) -> int | None:
        return self.max_answers

    @property
    def holds_parent(self) -> bool:
        return True

    @property
    def order(self) -> str:
        return "sequential"  # that of `single_answers`: neighbours are compared

    def train(self, project: Project, job: "TrainingJob") -> None:
        """Train the parent on answers that are good or bad, and measure held-out ones before, during and after."""
        from datasets import Dataset
        from trl import KTOConfig, KTOTrainer

        from reasonome.training import adapters
        from reasonome.training.job import mixed

        tokenizer = job.load_tokenizer()
        pairs = read(job, tokenizer)
        seed = job.step.seed
        answers = {name: single_answers(rows, seed) for name, rows in pairs.train.items()}
        chosen = mixed(answers, self.weights_of_benchmarks, self.max_answers, "max_answers")
        train = self._whole(chosen)
        held_out = self._whole(single_answers(pairs.held_out, seed))
        if not train:
            what = f"there are fewer answers than micro_batch_size, {self.micro_batch_size}"
            raise InputError(what, field="micro_batch_size", fix="lower it to 2 or more, or write more preferences")
        job.fit(pairs.longest)
        trainer = KTOTrainer(
            model=job.load_model(),
            args=KTOConfig(
                **job.arguments(),
                **job.evaluation(bool(held_out)),
                max_length=None,  # longer ones are left out; TRL would also cut an answer after another's prompt
                beta=self.beta,
                desirable_weight=self.desirable_weight,
                undesirable_weight=self.undesirable_weight,
            ),
            train_dataset=Dataset.from_list(train),
            eval_dataset=Dataset.from_list(held_out) if held_out else None,
            processing_class=tokenizer,
            peft_config=adapters.configuration(self.adapter),
        )
        job.train(trainer)
        job.evaluate_last(trainer)
        facts = {
            "answers": len(train),
            "too_long": pairs.too_long,
            "as_often_worse": sum(map(as_often_worse, pairs.train.values())),
            "no_whole_micro_batch": len(chosen) - len(train),
            "code": code_sha256(__file__, getfile(type(job))),
        }
        job.finish(trainer, tokenizer, facts)

    def _whole(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """As many of the answers as fill micro-batches: the loss compares each with its neighbours in one."""
        return answers[: len(answers) - len(answers) % self.micro_batch_size]
