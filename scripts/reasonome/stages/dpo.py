"""DPO: make better answers more likely and worse ones less, against the parent model."""

from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from reasonome.stages.preferring import PreferenceRecipe


class DpoRecipe(PreferenceRecipe):
    """Direct preference optimisation (Rafailov et al., 2023)."""

    in_words = "preference optimisation (DPO)"
    holds_parent = True
    trained_by = "DPOConfig"
    stage: Literal["dpo"]
    beta: Annotated[float, Field(gt=0)] = Field(0.1, description="how far the parent holds the model back")
    loss: Literal["sigmoid", "ipo"] = "sigmoid"

    def trainer(self):
        from trl.trainer.dpo_config import DPOConfig
        from trl.trainer.dpo_trainer import DPOTrainer

        return DPOTrainer, partial(DPOConfig, max_length=self.max_length, beta=self.beta, loss_type=[self.loss])
