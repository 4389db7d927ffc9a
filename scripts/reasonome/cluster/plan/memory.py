"""Memory and disk of one job, in GB (10⁹ bytes): as assumed for its parameters, or as an equal job took."""

import json
import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reasonome.cluster.plan import assumed
from reasonome.cluster.plan.assumed import GB, MACHINES, PROCESS_GB, SPARE
from reasonome.cluster.plan.estimates import Estimate, counted, unknown
from reasonome.cluster.plan.rates import MeasuredRun
from reasonome.config import Recipe
from reasonome.config.backbones import AdapterWeights, Backbone, HubWeights
from reasonome.config.project.job_resources import JobResources
from reasonome.config.resources import gpu_in
from reasonome.core.errors import InputError
from reasonome.facts.fetching.weights import weight_files
from reasonome.training.gpus import VLLM_SHARE
from reasonome.training.retention import WHILE_TRAINING


def parameters(name: str, backbone: Backbone, folder: Path) -> Estimate:
    """Parameters of a backbone whose weights would lie in `folder`; by name it is `assumed`."""
    if shards := weight_files(folder):
        return counted(sum(_elements(shard) for shard in shards), "parameters counted in its weights")
    names = [name, *([backbone.weights.repository] if isinstance(backbone.weights, HubWeights) else [])]
    names += [backbone.weights.backbone] if isinstance(backbone.weights, AdapterWeights) else []
    for text in names:
        if written := re.search(r"(?<![\d.])(\d+(?:\.\d+)?)(b|m)(?![a-z0-9])", text.lower()):
            size = float(written[1]) * (1e9 if written[2] == "b" else 1e6)
            return Estimate(size, "assumed", f"{written[0].upper()} parameters by its name")
    return unknown(f"size of {name}: not fetched, and its name does not say it")


def _elements(shard: Path) -> int:
    """Numbers in a safetensors file, from its header: 8 bytes with its length, then JSON."""
    with open(shard, "rb") as handle:
        start = handle.read(8)
        try:
            header = json.loads(handle.read(struct.unpack("<Q", start)[0]))
        except (struct.error, ValueError, OverflowError, MemoryError):
            raise InputError("these are no safetensors", file=shard, fix="fetch the weights again") from None
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")


# Fields of recipes that change no peak of memory. All others may: `max_steps` too, as a short trial may not have met
# the longest text.
WITHOUT_EFFECT = {"learning_rate", "epochs", "scheduler", "warmup", "weight_decay", "max_grad_norm"}
WITHOUT_EFFECT |= {"save_steps", "save_minutes", "log_steps", "checkpoints", "scale_rewards", "max_drift", "gold"}


@dataclass(frozen=True)
class Need:
    """GB on each GPU (None without GPUs), on the node, and on disk: for good, and until the job is done."""

    gpu: Estimate | None
    node: Estimate
    kept: Estimate
    meanwhile: Estimate

    @property
    def checkpoint(self) -> Estimate:
        """GB that one save writes."""
        return self.meanwhile.times(1 / (WHILE_TRAINING + 1))


def training_need(size: Estimate, recipe: Recipe, resources: JobResources) -> Need:
    """The need of a training job, without activations; `size` is the parameters of its backbone."""
    parts = [assumed.BYTES[part][resources.sharding] for part in _parts(recipe)]
    each = sum(whole + shared / resources.ranks for whole, shared in parts)
    on_device = Estimate(SPARE * each / GB, "assumed", "without activations") * size
    if resources.gpus:
        if _shares_with_vllm(recipe):
            on_device += _share_of_vllm(resources)
        # Each process reads the weights, in fp32, into the node's memory before they go to its GPU.
        node = (Estimate(4 / GB, "assumed") * size + counted(PROCESS_GB)).times(resources.ranks_of_node)
    else:
        node = (on_device + counted(PROCESS_GB)).times(resources.ranks_of_node)
    bytes_saved = assumed.ADAPTER_CHECKPOINT_BYTES if recipe.adapter else assumed.CHECKPOINT_BYTES[resources.sharding]
    # A processor may compute in fp32, and saves what it computed in.
    in_bf16 = resources.gpus and recipe.precision != "fp32"
    saved, model = size.times(bytes_saved / GB), size.times(assumed.MODEL_BYTES["bf16" if in_bf16 else "fp32"] / GB)
    kept = model if recipe.checkpoints == "prune" else model + saved.times(WHILE_TRAINING)
    return Need(on_device if resources.gpus else None, node, kept, saved.times(WHILE_TRAINING + 1))


def answering_need(size: Estimate, gpus: int) -> Need:
    """The need of answering on `gpus` GPUs: the weights, read once and spread evenly, without keys and values."""
    note = "without keys and values" + (", for which vLLM takes 90% of each GPU" if gpus else "")
    weights = Estimate(SPARE * assumed.ANSWERING_BYTES / GB, "assumed", note) * size
    return Need(weights.times(1 / gpus) if gpus else None, weights + counted(PROCESS_GB), counted(0), counted(0))


def as_measured(need: Need, runs: Sequence[MeasuredRun]) -> Need:
    """The same with the highest memory of `runs`, which are of equal jobs, where there are any."""
    if not runs:
        return need
    peak = Estimate(max(run.peak_memory_gb for run in runs), "measured", "memory of an equal job")
    if need.gpu is None:
        return replace(need, node=peak)
    on_gpus = [run.gpu_peak_memory_gb for run in runs if run.gpu_peak_memory_gb]
    return replace(need, gpu=replace(peak, value=max(on_gpus))) if on_gpus else need


def takes_as_much(recipe: Recipe, before: dict[str, Any]) -> bool:
    """Whether a job with the settings `before` (of a recipe.json) takes the memory that one of `recipe` does."""
    settings = recipe.model_dump(mode="json", exclude=WITHOUT_EFFECT)
    return settings == {name: value for name, value in before.items() if name not in WITHOUT_EFFECT}


def _parts(recipe: Recipe) -> list[str]:
    """The rows of BYTES that count for a recipe; a reference model beside an adapter is the same frozen weights."""
    parts = ["training"]
    if recipe.adapter is not None:
        parts = ["4-bit adapter" if recipe.adapter.quantize else "adapter"]
    if recipe.holds_parent and recipe.adapter is None:
        parts.append("reference")
    if recipe.generates and not _shares_with_vllm(recipe):
        parts.append("rollouts")
    if recipe.judging:
        parts.append("judge")
    return parts


def _shares_with_vllm(recipe: Recipe) -> bool:
    return recipe.generates and recipe.rollouts == "vllm-colocate"


def _share_of_vllm(resources: JobResources) -> Estimate:
    """GB that vLLM takes of each GPU to draw GRPO's answers; a GPU that is not known counts as UNNAMED_GPU."""
    model = gpu_in(resources.gpu_model or "") or assumed.UNNAMED_GPU
    card = MACHINES[model].memory_gb
    return Estimate(VLLM_SHARE * card, "assumed", f"vLLM's {VLLM_SHARE:.0%} of {card} GB ({model.upper()})")
