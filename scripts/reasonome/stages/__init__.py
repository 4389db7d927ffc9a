"""The stages of training, a module for each: its settings, its files, its checks, its training and its words.

A stage is a class derived from `Recipe`, and an object of it is a recipe. Modules here import what computes only where
they train, so that planning needs no PyTorch.
"""

from functools import cached_property

from reasonome.config import Recipe
from reasonome.core.lazy import Lazy


class Stages(Lazy[type[Recipe]]):
    """The classes of stages by name, in the order in which steps of a chain may follow one another."""

    @cached_property
    def pretrain(self) -> type[Recipe]:
        from reasonome.stages.pretrain import PretrainRecipe

        return PretrainRecipe

    @cached_property
    def sft(self) -> type[Recipe]:
        from reasonome.stages.sft import SftRecipe

        return SftRecipe

    @cached_property
    def dpo(self) -> type[Recipe]:
        from reasonome.stages.dpo import DpoRecipe

        return DpoRecipe

    @cached_property
    def reward(self) -> type[Recipe]:
        from reasonome.stages.reward import RewardRecipe

        return RewardRecipe

    @cached_property
    def onlinedpo(self) -> type[Recipe]:
        from reasonome.stages.onlinedpo import OnlineDpoRecipe

        return OnlineDpoRecipe

    @cached_property
    def grpo(self) -> type[Recipe]:
        from reasonome.stages.grpo import GrpoRecipe

        return GrpoRecipe


STAGES = Stages()
