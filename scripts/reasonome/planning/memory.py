"""Memory and disk of one job: what a model's weights, gradients, optimizer and activations take, in GB (10⁹ bytes)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from reasonome.config import GrpoRecipe, PretrainRecipe, Recipe
from reasonome.job_resources import JobResources
from reasonome.planning.backbones import Shape
from reasonome.planning.estimates import Estimate, combine, counted
from reasonome.planning.measured import MeasuredRun
from reasonome.training.retention import WHILE_TRAINING

GB = 1e9
# Bytes per parameter. Training keeps fp32 weights (bf16 is autocast); AdamW has two fp32 moments.
FP32, BF16, FOUR_BITS = 4, 2, 0.56
MOMENTS = 8
# Per token and layer, times the hidden size: what the backward pass needs again, in bf16; and with it recomputed.
ACTIVATIONS, RECOMPUTED = 34, 2
LOGITS = 12  # per token and entry of the vocabulary: bf16, fp32 and the gradient
SPARE = 1.3  # fragmentation and buffers
ROW_BYTES, TOKEN_BYTES = 600, 4  # of a row of answers: ids, digests and numbers, and its text
PROCESS_GB = 1.5  # Python, torch and the other libraries
ADAPTER_SHARE = 0.03  # of the weights, at rank 16 on all linear layers

# Fields of recipes that change no peak of memory. All others may: lengths and rows, what lies on the device; data, as
# the longest text decides; and `max_steps`, as a short trial may not have met that.
WITHOUT_EFFECT = frozenset(
    {
        "learning_rate",
        "epochs",
        "scheduler",
        "warmup",
        "weight_decay",
        "max_grad_norm",
        "save_steps",
        "log_steps",
        "checkpoints",
        "scale_rewards",
        "max_drift",
    }
)


@dataclass(frozen=True)
class Need:
    """GB on each GPU (None without GPUs), on the node, and on disk: for good, and until the job is done."""

    gpu: Estimate | None
    node: Estimate
    kept: Estimate
    meanwhile: Estimate


def of_training(size: Estimate, shape: Shape | None, recipe: Recipe, asked: JobResources, prompt: float = 0) -> Need:
    """What a training job needs; `prompt` are the tokens before a completion of GRPO.

    Without the model's shape activations are left out, and the note says so.
    """
    processes = _processes(asked)
    shards = ranks(asked)
    trained = trained_share(recipe)
    weights = FOUR_BITS if recipe.adapter and recipe.adapter.quantize else FP32
    gradients, optimizer = FP32 * trained, MOMENTS * trained
    over = {"none": (1, 1), "zero2": (1, shards), "zero3": (shards, shards)}[asked.sharding]
    # DeepSpeed's optimizer has an fp32 copy of its own beside the weights that pass forward and backward.
    master = FP32 * trained if asked.sharding != "none" else 0
    bytes_each = weights / over[0] + (gradients + optimizer + master) / over[1]
    on_device = Estimate(SPARE * bytes_each / GB, "assumed") * size + _activations(shape, recipe, prompt)
    if asked.gpus:
        # Each process reads the weights into the node's memory before they go to its GPU.
        node = Estimate(processes * FP32 / GB, "assumed") * size + counted(processes * PROCESS_GB)
    else:
        node = (on_device + counted(PROCESS_GB)).times(processes)
    saved = size.times((FP32 * (trained if recipe.adapter else 1) + optimizer + master) / GB)
    model = size.times(BF16 / GB)
    kept = model if recipe.checkpoints == "prune" else model + saved.times(WHILE_TRAINING)
    return Need(on_device if asked.gpus else None, node, kept, saved.times(WHILE_TRAINING + 1))


def ranks(asked: JobResources) -> int:
    """Processes of a training job on all of its nodes."""
    return _processes(asked) * asked.nodes


def _processes(asked: JobResources) -> int:
    return asked.processes or max(1, asked.gpus)


def takes_as_much(recipe: Recipe, before: dict[str, Any]) -> bool:
    """Whether a job with the settings `before` (of a recipe.json) takes the memory that one of `recipe` does.

    Settings that were not there yet count as their defaults; those that are there no longer make it another job.
    """
    try:
        earlier = type(recipe).model_validate(before)
    except ValidationError:
        return False
    return earlier.model_dump(exclude=WITHOUT_EFFECT) == recipe.model_dump(exclude=WITHOUT_EFFECT)


def measured(need: Need, runs: Sequence[MeasuredRun]) -> Need:
    """The same with the highest memory of `runs`, which are of equal jobs, where there are any."""
    if not runs:
        return need
    peak = Estimate(max(run.peak_memory_gb for run in runs), "measured", "memory of an equal job")
    if need.gpu is None:
        return replace(need, node=peak)
    on_gpus = [run.gpu_peak_memory_gb for run in runs if run.gpu_peak_memory_gb]
    return replace(need, gpu=Estimate(max(on_gpus), "measured", peak.note)) if on_gpus else need


def trained_share(recipe: Recipe) -> float:
    """The share of the parameters that gets gradients: an adapter's grows with its rank."""
    return 1.0 if recipe.adapter is None else min(1.0, ADAPTER_SHARE * recipe.adapter.rank / 16)


def _activations(shape: Shape | None, recipe: Recipe, prompt: float) -> Estimate:
    if isinstance(recipe, GrpoRecipe):
        length: float | str = prompt + recipe.max_completion_length
    else:
        length = recipe.sequence_length if isinstance(recipe, PretrainRecipe) else recipe.max_length
    if shape is None or "auto" in (length, recipe.micro_batch_size):
        return Estimate(0, "assumed", "activations not counted")
    tokens = recipe.micro_batch_size * length
    one_layer = ACTIVATIONS * shape.hidden * tokens
    if recipe.gradient_checkpointing:
        layers = one_layer + RECOMPUTED * shape.layers * shape.hidden * tokens
    else:
        layers = one_layer * shape.layers
    return Estimate(SPARE * (layers + LOGITS * shape.vocabulary * tokens) / GB, "assumed", "activations by shape")


def of_answering(size: Estimate, answers: Estimate, tokens: Estimate, gpus: int) -> Need:
    """What answering on `gpus` GPUs needs: the weights in bf16, read once and spread evenly; and the answers' file."""
    weights = Estimate(SPARE * BF16 / GB, "assumed") * size
    node = weights + counted(PROCESS_GB)
    kept = combine(lambda rows, n: (ROW_BYTES * rows + TOKEN_BYTES * n) / GB, answers, tokens)
    return Need(weights.times(1 / gpus) if gpus else None, node, kept, counted(0))
