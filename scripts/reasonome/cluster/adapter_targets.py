"""Layers that an adapter is for and the backbone lacks: told before a job runs, where the weights are at hand."""

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from safetensors import safe_open

from reasonome.config.project import Project, chains
from reasonome.core.errors import InputError


def check(project: Project, backbone: str, steps: str) -> None:
    """InputError, at its place in the recipe, for a target of the last step's adapter that the backbone lacks.

    The job says so itself where the backbone is yet to be fetched, and where jobs have an environment of their own.
    """
    step = chains.last_step(steps)
    recipe, folder = step.recipe(project.recipes), project.model_at_hand(backbone)
    targets = recipe.adapter.targets if recipe.adapter else "all-linear"
    if targets == "all-linear" or not folder or _stored(folder, targets) or not find_spec("torch"):
        return
    from reasonome.training import adapters  # which takes seconds to load

    try:
        adapters.check_targets(folder, recipe)
    except InputError as error:
        loc = ("variants", step.variant, "adapter", "targets")
        fix = "name layers that it has, or `all-linear`"
        raise project.folder.error(f"recipes/{step.stage}.yaml", loc, f"{backbone}: {error.what}", fix) from None


def _stored(folder: Path, targets: Sequence[str]) -> bool:
    """Whether a folder's files have weights of all of these layers, as their headers say."""
    names = list(chain.from_iterable(safe_open(file, "np").keys() for file in folder.glob("*.safetensors")))
    return all(any(name.endswith(f".{target}.weight") for name in names) for target in targets)
