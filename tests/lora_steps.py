"""Steps of a chain with adapters of random numbers, merged and written as training does."""

from pathlib import Path
from types import SimpleNamespace

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM

from reasonome.answering.precision import DTYPES
from reasonome.config import Adapter
from reasonome.core import atomic
from reasonome.core.manifest import folder_sha256
from reasonome.training import adapters


def add_step(parent: Path, chain: str, adapter: Adapter | None, size: float, dtype: torch.dtype, **manifest) -> Path:
    """A step after the one in `parent`, with an adapter whose numbers have this size; its folder.

    Without an adapter it trained all weights, and has none. `manifest` goes over what stands in its manifest.
    """
    folder = parent.with_name(chain)
    stage = chain.rpartition("+")[2].partition(".")[0]
    torch.manual_seed(sum(chain.encode()))
    if adapter is not None:
        model = AutoModelForCausalLM.from_pretrained(parent / "model", dtype=torch.float32)
        beside = get_peft_model(model, adapters.configuration(adapter))
        for name, weights in beside.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weights, std=size)
        beside.save_pretrained(folder / "adapter")
        [precision] = (name for name, known in DTYPES.items() if known == dtype)
        recipe = SimpleNamespace(adapter=adapter, answers=True, precision=precision)
        adapters.merged(parent / "model", folder / "adapter", recipe).save_pretrained(folder / "model")
    recipe = {"stage": stage, "adapter": adapter and adapter.model_dump()} | manifest.pop("recipe", {})
    made = {"step": chain.rpartition("+")[2], "recipe": recipe, "model": folder_sha256(folder / "model")}
    atomic.write_json(folder / "manifest.json", made | manifest)
    return folder
