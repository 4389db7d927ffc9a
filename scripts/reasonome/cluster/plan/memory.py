"""Memory and disk of one job, in GB (10⁹ bytes): as assumed for its parameters, or as an equal job took."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reasonome.cluster.plan.estimates import Estimate
from reasonome.cluster.plan.measured import MeasuredRun
from reasonome.config import Recipe
from reasonome.config.project.job_resources import JobResources
from reasonome.training.retention import WHILE_TRAINING

GB = 1e9
# Bytes of a GPU's memory for each parameter by `sharding`: whole on each GPU, and shared by all. Trained are weights,
# gradients and two moments in fp32, with DeepSpeed also weights in bf16; beside an adapter weights are frozen.
BYTES = {
    "training": {"none": (16, 0), "zero2": (2, 16), "zero3": (0, 18)},
    "adapter": {"none": (2.4, 0), "zero2": (2.4, 0), "zero3": (0, 2.4)},
    "4-bit adapter": {"none": (1, 0), "zero2": (1, 0), "zero3": (0, 1)},
}
ANSWERING_BYTES = 2  # weights in bf16
READ_BYTES = 4  # weights in fp32, which each process reads into the node's memory before they go to its GPU
SPARE = 1.3  # fragments and buffers; activations are not counted
PROCESS_GB = 1.5  # Python, torch and the other libraries
# Bytes on disk for each parameter: of a model (bf16), and of a checkpoint (weights and both moments).
MODEL_BYTES = 2
CHECKPOINT_BYTES = {"none": 12, "zero2": 14, "zero3": 14}
ADAPTER_CHECKPOINT_BYTES = 0.4


@dataclass(frozen=True)
class Need:
    """GB on each GPU (None without GPUs), on the node, and on disk: for good, and until the job is done."""

    gpu: Estimate | None
    node: Estimate
    kept: Estimate
    meanwhile: Estimate


def of_training(size: Estimate, recipe: Recipe, asked: JobResources) -> Need:
    """What a training job needs, without activations; `size` is the parameters of its backbone."""
    processes = asked.processes or max(1, asked.gpus)
    part = "training"
    if recipe.adapter is not None:
        part = "4-bit adapter" if recipe.adapter.quantize else "adapter"
    whole, shared = BYTES[part][asked.sharding]
    each = whole + shared / (processes * asked.nodes)
    on_device = Estimate(SPARE * each / GB, "assumed", "without activations") * size
    weights = Estimate(READ_BYTES / GB, "assumed") * size if asked.gpus else on_device
    node = (weights + Estimate(PROCESS_GB)).times(processes)
    saved = size.times((ADAPTER_CHECKPOINT_BYTES if recipe.adapter else CHECKPOINT_BYTES[asked.sharding]) / GB)
    model = size.times(MODEL_BYTES / GB)
    kept = model if recipe.checkpoints == "prune" else model + saved.times(WHILE_TRAINING)
    return Need(on_device if asked.gpus else None, node, kept, saved.times(WHILE_TRAINING + 1))


def of_answering(size: Estimate, gpus: int) -> Need:
    """What answering on `gpus` GPUs needs: the weights, read once and spread evenly, without keys and values."""
    weights = Estimate(SPARE * ANSWERING_BYTES / GB, "assumed", "without keys and values") * size
    return Need(weights.times(1 / gpus) if gpus else None, weights + Estimate(PROCESS_GB), Estimate(0), Estimate(0))


def as_measured(need: Need, runs: Sequence[MeasuredRun]) -> Need:
    """The same with the highest memory of `runs`, which are of equal jobs, where there are any."""
    if not runs:
        return need
    peak = Estimate(max(run.peak_memory_gb for run in runs), "measured", "memory of an equal job")
    if need.gpu is None:
        return replace(need, node=peak)
    on_gpus = [run.gpu_peak_memory_gb for run in runs if run.gpu_peak_memory_gb]
    return replace(need, gpu=replace(peak, value=max(on_gpus))) if on_gpus else need
