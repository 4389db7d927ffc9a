"""The least memory that a training takes of each of its GPUs, by the number of the model's weights."""

import json
import math
from pathlib import Path

from reasonome.config import Recipe
from reasonome.config.project import Project, chains

# Bytes of a weight that trains: fp32 itself, its gradient and two moments. Under zero2 a GPU holds each weight in bf16,
# and its part of the rest. A frozen weight is in bf16, or in 4 bits.
_TRAINED, _OF_ZERO2, _FROZEN, _IN_FOUR_BITS = 16, 2, 2, 0.5


def weights_of(project: Project, backbone: str) -> float | None:
    """How many weights a backbone has, by its entry, or by its files once they are here; None if neither says it."""
    entry = project.backbones.get(backbone)
    if entry is None:
        return None
    if entry.billion_weights is not None:
        return 1e9 * entry.billion_weights
    if entry.weights is not None and entry.weights.source == "adapter":
        return weights_of(project, entry.weights.backbone)
    files = (project.results.model(backbone, chains.BASE) / "model").glob("*.safetensors")
    return sum(map(_weights_in, files)) or None


def least_gb(weights: float, recipe: Recipe, sharding: str, ranks: int) -> float:
    """GB that weights, gradients and moments take of each GPU; activations, a reference and vLLM come on top.

    `ranks` are the processes, of which each has a GPU.
    """
    if recipe.adapter:
        # vLLM is sent whole weights, which zero3 brings together on every GPU.
        spread = sharding == "zero3" and getattr(recipe, "rollouts", "") != "vllm-colocate"
        each = (_IN_FOUR_BITS if recipe.adapter.quantize else _FROZEN) / (ranks if spread else 1)
    elif sharding == "zero2":
        each = _OF_ZERO2 + (_TRAINED - _OF_ZERO2) / ranks
    else:
        each = _TRAINED / (ranks if sharding == "zero3" else 1)
    return weights * each / 1e9


def _weights_in(file: Path) -> int:
    """The weights of a safetensors file, by its header: eight bytes of its length, and JSON."""
    with open(file, "rb") as opened:
        header = json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
