"""A LoRA adapter added to a model's weights, which are rounded at random where bf16 is all that they may have.

Most updates are smaller than half a step of bf16. Rounding to the nearest would take them back; rounding up or down at
random, with the chances that keep a weight on average, leaves them in the sums over many weights that a layer makes.
"""

from pathlib import Path

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors import safe_open
from tqdm import tqdm
from transformers import PreTrainedModel

from reasonome.core.manifest import file_sha256

_BITS = 16  # of fp32 that bf16 lacks


def rounded(weights: torch.Tensor, dtype: torch.dtype, generator: torch.Generator) -> torch.Tensor:
    """fp32 `weights` as `dtype`: to bf16 up or down at random, and what bf16 holds as it is; else to the nearest."""
    if dtype != torch.bfloat16:
        return weights.to(dtype)
    bits = weights.contiguous().view(torch.int32)
    drawn = torch.empty_like(bits).random_(0, 2**_BITS, generator=generator)
    return ((bits + drawn) & -(2**_BITS)).view(torch.float32).to(dtype)


def merged(model: PreTrainedModel, adapter: Path, dtype: torch.dtype) -> PreTrainedModel:
    """`model` with the adapter in a folder added to its weights in fp32, then rounded to `dtype` (on the CPU).

    Equal weights and adapters give equal bytes. ValueError for an adapter whose tensors are not those of the model's
    layers, ValueError or RuntimeError of PEFT for one of other shapes.
    """
    adapted = PeftModel.from_pretrained(model.float(), adapter)
    wanted = set(get_peft_model_state_dict(adapted))
    with safe_open(adapter / "adapter_model.safetensors", "pt") as file:
        given = set(file.keys())
    if given != wanted:  # PEFT warns, and adds what fits
        of_none, without = len(given - wanted), len(wanted - given)
        raise ValueError(f"{of_none} of its {len(given)} tensors are of no layer, and {without} of {len(wanted)} lack")
    whole = adapted.merge_and_unload()
    # Adapters of a chain must not draw alike: their errors would add up.
    seed = int(file_sha256(adapter / "adapter_model.safetensors")[:8], 16)
    generator = torch.Generator().manual_seed(seed)
    for weights in tqdm(list(whole.parameters()), desc="rounding", delay=5):
        weights.data = rounded(weights.data, dtype, generator)
    return whole.to(dtype)
