"""The kernels of training: FlashAttention-2 and Liger where they can run, our head of labelled tokens on CPUs."""

from dataclasses import dataclass, replace

import torch
from transformers.utils import is_flash_attn_2_available, is_liger_kernel_available

from reasonome.config import Recipe
from reasonome.training import compiled_layers, sharding


@dataclass(frozen=True)
class Kernels:
    """The chosen kernels: attention as transformers calls it ("" is its default, sdpa), Liger's, our head, compiled."""

    attention: str = ""
    liger: bool = False
    labelled_head: bool = False
    compiled_layers: bool = False


def choose(recipe: Recipe, say: bool = True) -> Kernels:
    """The kernels of a recipe. Where layers cannot be compiled they run as they are, and a line tells why."""
    lacking = compiled_layers.missing() if recipe.compile_layers else ""
    if lacking and say:
        print(f"layers are not compiled, as compile_layers asks: this machine lacks {lacking}", flush=True)
    return replace(_hand_written(recipe), compiled_layers=recipe.compile_layers and not lacking)


def _hand_written(recipe: Recipe) -> Kernels:
    """The kernels of a recipe: `plain` are PyTorch's and TRL's; `auto` adds installed ones on a GPU, ours on a CPU.

    FlashAttention computes in bf16 alone, and FlashAttention-4, which installs a module of the same name, is not its
    second version. Our head needs the whole weight in the backward pass, where zero3 has parts.
    Liger's head of a language model does not know that a reward model has none.
    """
    if recipe.kernels == "plain":
        return Kernels()
    if not torch.cuda.is_available():
        return Kernels(labelled_head=sharding.chosen() != "zero3")
    flash = recipe.precision == "bf16" and is_flash_attn_2_available()
    liger = recipe.answers and is_liger_kernel_available()
    return Kernels("flash_attention_2" if flash else "", liger)
