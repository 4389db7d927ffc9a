"""Which checkpoint becomes the model, and when training ends, by what was measured under way.

All of it follows from the history, which checkpoints keep: a resumed run chooses as an undisturbed one does.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from transformers import TrainerCallback

from reasonome.config import Recipe, ValidatedRecipe
from reasonome.training import processes

History = Sequence[Mapping[str, Any]]


def measured(history: History, recipe: ValidatedRecipe) -> list[tuple[int, float]]:
    """Each step after which something held out was measured, and the value, larger where it is better."""
    name, sign = recipe.compared
    values = [(entry["step"], sign * entry[name]) for entry in history if name in entry and entry["step"]]
    return [(step, -math.inf if math.isnan(value) else value) for step, value in values]


def best(history: History, recipe: ValidatedRecipe) -> int | None:
    """The first step whose value is the best; None where nothing was measured."""
    return max(measured(history, recipe), key=lambda entry: entry[1], default=(None, 0.0))[0]


def is_enough(history: History, recipe: Recipe) -> bool:
    """Whether so many measurements as the recipe's `patience` came after the best one."""
    if not isinstance(recipe, ValidatedRecipe) or not recipe.patience:
        return False
    later = [step for step, _ in measured(history, recipe) if step > (best(history, recipe) or 0)]
    return len(later) >= recipe.patience


class Choose(TrainerCallback):
    """Note the best step for the trainer, which then keeps its checkpoint, and end training by `patience`.

    Add it behind what measures. All processes do as the first one has measured.
    """

    def __init__(self, recipe: ValidatedRecipe):
        self._recipe = recipe

    def _choose(self, state, control) -> None:
        values = measured(state.log_history, self._recipe)
        if not values or values[-1][0] != state.global_step:
            return
        found = (best(state.log_history, self._recipe), is_enough(state.log_history, self._recipe))
        step, enough = processes.gather(found)[0]
        if self._recipe.keep == "best":
            state.best_global_step = step
        if enough:
            print(f"training ends after step {state.global_step}: the best one is {step}", flush=True)
            control.should_save = control.should_training_stop = True

    def on_step_end(self, args, state, control, **kwargs):
        """Choose by what callbacks have measured, as that of GRPO does."""
        self._choose(state, control)

    def on_evaluate(self, args, state, control, **kwargs):
        """Choose by what the trainer has measured."""
        self._choose(state, control)
