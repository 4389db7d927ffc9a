"""DPO: make better answers more likely and worse ones less, against the parent model."""

from inspect import getfile
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from reasonome.config.project import Project
from reasonome.core.code_digest import code_sha256
from reasonome.stages.preferring import PreferenceRecipe, conversations, first_pairs, read

if TYPE_CHECKING:
    from reasonome.training.job import TrainingJob


class DpoRecipe(PreferenceRecipe):
    """Direct preference optimisation (Rafailov et al., 2023)."""

    in_words = "preference optimisation (DPO)"
    stage: Literal["dpo"]
    max_pairs: Annotated[int, Field(ge=1)] | None = None
    beta: Annotated[float, Field(gt=0)] = Field(0.1, description="how far the parent holds the model back")
    loss: Literal["sigmoid", "ipo"] = "sigmoid"

    @property
    def most(self) -> int | None:
        return self.max_pairs

    @property
    def holds_parent(self) -> bool:
        return True

    def train(self, project: Project, job: "TrainingJob") -> None:
        """Train the parent on pairs of answers, and measure held-out ones before, during and after."""
        from datasets import Dataset
        from trl import DPOConfig, DPOTrainer

        from reasonome.training import adapters

        tokenizer = job.load_tokenizer()
        pairs = read(job, tokenizer)
        train = first_pairs(self, pairs)
        job.fit(pairs.longest)
        trainer = DPOTrainer(
            model=job.load_model(),
            args=DPOConfig(
                **job.arguments(),
                **job.evaluation(bool(pairs.held_out)),
                max_length=self.max_length,
                beta=self.beta,
                loss_type=[self.loss],
            ),
            train_dataset=Dataset.from_list(conversations(train)),
            eval_dataset=Dataset.from_list(conversations(pairs.held_out)) if pairs.held_out else None,
            processing_class=tokenizer,
            peft_config=adapters.configuration(self.adapter),
        )
        job.train(trainer)
        job.evaluate_last(trainer)
        facts = {"pairs": len(train), "too_long": pairs.too_long, "code": code_sha256(__file__, getfile(type(job)))}
        job.finish(trainer, tokenizer, facts)
