"""The stages of training, a module for each: its settings, its files, its checks, its training and its words.

A stage is a class derived from `Recipe`, and an object of it is a recipe. Modules here import what computes only where
they train, so that planning needs no PyTorch.
"""

from pathlib import Path

from reasonome.config import Recipe
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.stages.dpo import DpoRecipe
from reasonome.stages.grpo import GrpoRecipe
from reasonome.stages.kto import KtoRecipe
from reasonome.stages.onlinedpo import OnlineDpoRecipe
from reasonome.stages.pretrain import PretrainRecipe
from reasonome.stages.reward import RewardRecipe
from reasonome.stages.rft import RftRecipe
from reasonome.stages.sft import SftRecipe

# By name, in the order in which steps of a chain may follow one another.
STAGES: dict[str, type[Recipe]] = {
    "pretrain": PretrainRecipe,
    "sft": SftRecipe,
    "rft": RftRecipe,
    "dpo": DpoRecipe,
    "kto": KtoRecipe,
    "reward": RewardRecipe,
    "onlinedpo": OnlineDpoRecipe,
    "grpo": GrpoRecipe,
}


def read_recipe(folder: Path) -> Recipe:
    """The recipe in a model's folder; InputError if there is none."""
    path = folder / "recipe.json"
    if not path.is_file():
        raise InputError("recipe is missing", file=path, fix=f"snakemake {path}")
    recipe = atomic.read_json(path)
    return STAGES[recipe["stage"]].model_validate(recipe)
