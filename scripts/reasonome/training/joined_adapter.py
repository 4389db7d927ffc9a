"""One LoRA adapter with the effect of all adapters of a chain: what ships of a model whose backbone is had elsewhere.

The factors of the steps are concatenated, not added up: each is rounded to bf16 by itself, so that a small update
(GRPO's) is not lost beside a large one (SFT's). Ranks add up.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from peft.tuners.lora import Linear
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, PreTrainedModel

from reasonome.answering.engine import check_answers
from reasonome.config.project import chains
from reasonome.core import atomic
from reasonome.core.errors import InputError

CONFIGURATION, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_JOINED = "joined"
# A step of bf16 is at most 2⁻⁷ of a number. The sum is rounded at random, by less than a step, and the parent's weights
# to the nearest, if they were fp32; sums in fp32 add less than the second.
_ROUNDED, _SUMMED = 1.5 * 2.0**-7, 1e-6


@dataclass(frozen=True)
class Rounding:
    """What rounding did to a step's update when its adapter was merged, in shares of the update, over all its weights.

    `lost` is what is missing along the update: 0 (none) to 1 (all); errors of rounding at random cancel there, as in a
    layer's sums. `error` is the size of all that is missing, whatever its direction.
    """

    lost: float
    error: float


def write_joined(model: Path, folder: Path) -> dict[str, Rounding]:
    """Write one adapter for the backbone to `folder`, from the adapters of all steps of the chain in `model`.

    Returns by step what rounding did to its update. InputError, which names the step, for one that trained all weights,
    that has a head of its own or 4-bit weights below it, and for weights that are not the parent's with the adapter.
    """
    steps = chains.lineage(model.name)[1:]
    for chain, manifest in zip(steps, chains.step_manifests(model)[1:], strict=True):
        _check_joinable(model.with_name(chain), manifest)
    lost = {str(chains.last_step(chain)): rounding(model.with_name(chain)) for chain in steps}
    names = [f"step{number}" for number in range(len(steps))]
    joined = _with_adapter(model.with_name(chains.BASE), model.with_name(steps[0]), names[0])
    for chain, name in list(zip(steps, names, strict=True))[1:]:
        joined.load_adapter(model.with_name(chain) / "adapter", adapter_name=name)
    joined.add_weighted_adapter(names, [1.0] * len(names), _JOINED, combination_type="cat")
    _save(joined, model.parent.name, folder)
    return lost


def rounding(folder: Path) -> Rounding:
    """What rounding did to the update of the step in `folder`; InputError where a weight differs by more than that."""
    written = _load(folder).state_dict()
    arrived, missing, update = 0.0, 0.0, 0.0
    for name, before, change in _changes(_with_adapter(folder.with_name(chains.parent(folder.name)), folder, "step")):
        moved = written[name] - before
        left = moved - change  # in this order fp32 holds even a tiny change
        if (left.abs() > _ROUNDED * written[name].abs() + _SUMMED).any():
            what = f"the weights of {chains.last_step(folder.name)} are not those of its parent with its adapter"
            fix = f"remove {folder}, and train it again: snakemake --cores 2 {folder / 'manifest.json'}"
            raise InputError(what, file=folder / "adapter" / WEIGHTS, fix=fix)
        arrived += float((moved.double() * change).sum())
        missing += float(left.double().square().sum())
        update += float(change.double().square().sum())
    if not update:
        return Rounding(0.0, 0.0)
    return Rounding(min(1.0, max(0.0, 1 - arrived / update)), math.sqrt(missing / update))


def _check_joinable(folder: Path, manifest: Mapping[str, Any]) -> None:
    """InputError for a step whose update is no adapter of the backbone's own weights."""
    step, recipe = chains.last_step(folder.name), manifest["recipe"]
    fix = "name a chain of which each step has `adapter:` in its recipe, without `quantize`"
    if not recipe.get("adapter"):
        raise InputError(f"{step} trained all weights, which no adapter has", file=folder, fix=fix)
    if recipe["adapter"].get("quantize"):
        raise InputError(f"{step} was trained beside 4-bit weights, not the backbone's own", file=folder, fix=fix)
    check_answers(folder / "model")
    for name in (CONFIGURATION, WEIGHTS):
        if not (folder / "adapter" / name).is_file():
            again = f"snakemake --cores 2 --forcerun {step.stage} {folder / 'manifest.json'}"
            raise InputError(f"the adapter of {step} is missing", file=folder / "adapter" / name, fix=again)


def _load(folder: Path) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)


def _with_adapter(parent: Path, step: Path, name: str) -> PeftModel:
    return PeftModel.from_pretrained(_load(parent), step / "adapter", adapter_name=name)


def _changes(model: PeftModel) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """(name in the model without adapters, weights before, what the adapter adds) of every layer with an adapter."""
    weights = dict(model.get_base_model().named_parameters())
    for name, layer in model.get_base_model().named_modules():
        if isinstance(layer, Linear):
            [adapter] = layer.lora_A
            with torch.no_grad():
                yield f"{name}.weight", weights[f"{name}.base_layer.weight"], layer.get_delta_weight(adapter)


def _save(joined: PeftModel, backbone: str, folder: Path) -> None:
    """Write the joined adapter in bf16; equal adapters give equal bytes."""
    weights = get_peft_model_state_dict(joined, adapter_name=_JOINED)
    # PEFT makes zeros by multiplication, of which some have a sign that is drawn at random.
    rounded = {name: (value + 0.0).to(torch.bfloat16).contiguous() for name, value in weights.items()}
    with atomic.replacing(folder / WEIGHTS) as temporary:
        save_file(rounded, temporary, metadata={"format": "pt"})
        temporary.chmod(0o644)
    settings = joined.peft_config[_JOINED].to_dict() | {"base_model_name_or_path": backbone, "inference_mode": True}
    # PEFT writes sets in an order that changes from run to run.
    listed = {key: sorted(value) if isinstance(value, set) else value for key, value in settings.items()}
    atomic.write_json(folder / CONFIGURATION, listed)
