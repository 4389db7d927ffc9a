"""Which kernels training uses: FlashAttention-2 and Liger where they can run, our head of labelled tokens on CPUs."""

import importlib.util
from dataclasses import dataclass

import torch

from reasonome.config import TrainingSettings
from reasonome.training import sharding


@dataclass(frozen=True)
class Kernels:
    """What was chosen: attention as transformers calls it, Liger's layers, our head.

    Without a name attention is the model's default (sdpa).
    """

    attention: str = ""
    liger: bool = False
    labelled_head: bool = False


def choose(recipe: TrainingSettings) -> Kernels:
    """`plain` is what PyTorch and TRL have. `auto` adds what is installed, on a CUDA GPU, and our head on a CPU.

    FlashAttention computes in bf16 alone. Our head needs the whole weight in the backward pass, where zero3 has parts.
    """
    if recipe.kernels == "plain":
        return Kernels()
    if not torch.cuda.is_available():
        return Kernels(labelled_head=sharding.asked() != "zero3")
    flash = recipe.precision == "bf16" and _installed("flash_attn")
    return Kernels("flash_attention_2" if flash else "", _installed("liger_kernel"))


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
