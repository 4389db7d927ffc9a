"""Memory and disk of one job: what a model's weights, gradients, optimizer and activations take, in GB (10⁹ bytes)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from reasonome.cluster.plan.backbones import Shape
from reasonome.cluster.plan.estimates import Estimate, combine, counted
from reasonome.cluster.plan.measured import MeasuredRun
from reasonome.cluster.plan.rates import GPU_MEMORY_GB, UNNAMED_GPU
from reasonome.config import GrpoRecipe, PretrainRecipe, Recipe
from reasonome.config.project.job_resources import JobResources
from reasonome.training import room
from reasonome.training.retention import WHILE_TRAINING

GB = 1e9
# Bytes per parameter. Training keeps fp32 weights (bf16 is autocast); AdamW has two fp32 moments.
FP32, BF16, FOUR_BITS = 4, 2, 0.56
MOMENTS = 8
PRECISION = {"fp32": FP32}  # of passes; `auto` is bf16 on the GPUs that are planned with
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

    @property
    def checkpoint(self) -> Estimate:
        """GB that one save writes."""
        return self.meanwhile.times(1 / (WHILE_TRAINING + 1))


def of_training(size: Estimate, shape: Shape | None, recipe: Recipe, asked: JobResources, prompt: float = 0) -> Need:
    """What a training job needs; `prompt` are the tokens before a completion of GRPO.

    Without the model's shape activations are left out, and the note says so. GRPO passes and samples in turn: what
    takes more counts.
    """
    processes = _processes(asked)
    shards = ranks(asked)
    trained = trained_share(recipe)
    weights = _of_weights(recipe, asked)
    gradients, optimizer = FP32 * trained, MOMENTS * trained
    over = {"none": (1, 1), "zero2": (1, shards), "zero3": (shards, shards)}[asked.sharding]
    # DeepSpeed's optimizer has an fp32 copy of its own beside the weights that pass forward and backward.
    master = FP32 * trained if asked.sharding != "none" else 0
    bytes_each = weights / over[0] + (gradients + optimizer + master) / over[1]
    on_device = Estimate(SPARE * bytes_each / GB, "assumed") * size
    passing = _activations(shape, recipe, prompt)
    if isinstance(recipe, GrpoRecipe):
        on_device += _reference(size, recipe, asked)
        passing = combine(max, passing, _sampling(size, shape, recipe, asked, prompt))
    on_device += passing
    if asked.gpus:
        # Each process reads the weights into the node's memory before they go to its GPU.
        node = Estimate(processes * FP32 / GB, "assumed") * size + counted(processes * PROCESS_GB)
    else:
        node = (on_device + counted(PROCESS_GB)).times(processes)
    saved = size.times(((FP32 * trained if recipe.adapter else weights) + optimizer + master) / GB)
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


def _of_weights(recipe: Recipe, asked: JobResources) -> float:
    """Bytes of each weight that passes forward and backward: frozen ones, and DeepSpeed's, are not fp32 in bf16."""
    if recipe.adapter and recipe.adapter.quantize:
        return FOUR_BITS
    kept_in_fp32 = recipe.adapter is None and asked.sharding == "none"
    return FP32 if kept_in_fp32 else PRECISION.get(recipe.precision, BF16)


def _reference(size: Estimate, recipe: GrpoRecipe, asked: JobResources) -> Estimate:
    """The model that `beta` holds the policy to, in its type, whole unless zero3 spreads it; none beside an adapter."""
    if not recipe.beta or recipe.adapter:
        return counted(0)
    over = ranks(asked) if asked.sharding == "zero3" else 1
    return Estimate(SPARE * _of_weights(recipe, asked) / over / GB, "assumed", "with a reference model (beta)") * size


def _sampling(size: Estimate, shape: Shape | None, recipe: GrpoRecipe, asked: JobResources, prompt: float) -> Estimate:
    """What answering takes beside what is trained: vLLM's share in rollouts, else gathered weights and a cache.

    Held-out prompts are answered by the trained weights themselves, whoever samples.
    """
    rows = min(room.HELD_OUT_ROWS, math.ceil(recipe.validation / ranks(asked)))
    if recipe.rollouts == "transformers":
        rows = max(rows, recipe.batch_size / ranks(asked))
    own = counted(0)
    if rows:
        tokens = rows * (prompt + recipe.max_completion_length)
        own += _keys_and_values(shape, tokens, PRECISION.get(recipe.precision, BF16))
    if rows and asked.sharding == "zero3":
        gathered = _of_weights(recipe, asked)
        own += Estimate(SPARE * gathered / GB, "assumed", "weights gathered whole to answer") * size
    if recipe.rollouts != "vllm-colocate" or not asked.gpus:
        return own
    return combine(max, own, _share_of_vllm(asked))


def _keys_and_values(shape: Shape | None, tokens: float, each: int) -> Estimate:
    """What is kept of `tokens` while answers are drawn, in numbers of `each` bytes."""
    if shape is None:
        return Estimate(0, "assumed", "keys and values not counted")
    numbers = tokens * shape.layers * shape.cached
    return Estimate(SPARE * each * numbers / GB, "assumed", f"keys and values of {tokens:,.0f} tokens")


def _share_of_vllm(asked: JobResources) -> Estimate:
    name = (asked.gpu_model or UNNAMED_GPU).lower()
    if name not in GPU_MEMORY_GB:
        return Estimate(0, "assumed", f"vLLM's {room.VLLM_SHARE:.0%} of a {asked.gpu_model} not counted")
    card = GPU_MEMORY_GB[name]
    return Estimate(room.VLLM_SHARE * card, "assumed", f"vLLM's {room.VLLM_SHARE:.0%} of {card} GB ({name.upper()})")


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


def of_answering(
    size: Estimate, shape: Shape | None, answers: Estimate, tokens: Estimate, gpus: int, at_once: float | None = None
) -> Need:
    """What answering on `gpus` GPUs needs: the weights in bf16, read once and spread evenly; and the answers' file.

    `at_once` are the tokens, prompts and answers, whose keys and values are kept; None: as many as vLLM has room for.
    """
    weights = Estimate(SPARE * BF16 / GB, "assumed") * size
    if at_once is None:
        weights += counted(0, "vLLM takes 90% of each GPU, for keys and values")
    else:
        weights += _keys_and_values(shape, at_once, BF16)
    node = weights + counted(PROCESS_GB)
    kept = combine(lambda rows, n: (ROW_BYTES * rows + TOKEN_BYTES * n) / GB, answers, tokens)
    return Need(weights.times(1 / gpus) if gpus else None, node, kept, counted(0))
