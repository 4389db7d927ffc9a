"""Assumptions where nothing was measured: the speed of machines, and a parameter's share of memory and disk.

The speed of a CPU core is what the demo measures (SmolLM2-135M on two cores), rounded down. No other machine was
measured: GPUs' peaks and memory are their makers', and all else about them is a guess, low on purpose. Finished jobs
take the place of all of them (rates.py).
"""

import math
from dataclasses import dataclass

from reasonome.config import Recipe

GB = 1e9
# Met so often, most facts were recalled among twenty: .45 at 7 times, .59 at 10 (docs/experiments/micro-world.md).
FEW_EXPOSURES = 10


@dataclass(frozen=True)
class Machine:
    """A GPU or a CPU core: GB of its memory, its peak in TFLOP/s, and tokens that it generates a second.

    The peak is that of dense products in bf16. Tokens are those of vLLM and of transformers with a model of a billion
    parameters; one of another size is faster or slower by its parameters.
    """

    memory_gb: float
    tflops: float
    vllm: float
    transformers: float


MACHINES = {
    "cpu": Machine(0, 0.16, 7, 7),
    "b200": Machine(180, 2250, 100_000, 10_000),
    "mi300x": Machine(192, 1307, 50_000, 5_000),
    "h200": Machine(141, 989, 50_000, 5_000),
    "h100": Machine(80, 989, 50_000, 5_000),
    "a100": Machine(80, 312, 15_000, 1_500),
    "l40s": Machine(48, 362, 15_000, 1_500),
    "a10": Machine(24, 125, 5_000, 500),
    "l4": Machine(24, 121, 5_000, 500),
}
UNNAMED_GPU = "a100"
MFU = 0.3  # share of the peak that training reaches
SMALLEST_ON_GPU = 0.5e9  # parameters: a GPU waits for the CPU with fewer, and is no faster
START_SECONDS = 60  # to load libraries and weights, on a quiet file system

# Bytes of a GPU's memory for each parameter, by use and `sharding`: whole on each GPU, and shared by all.
BYTES = {
    # Weights and gradients in fp32, two moments of AdamW; DeepSpeed has bf16 weights beside those.
    "training": {"none": (16, 0), "zero2": (2, 16), "zero3": (0, 18)},
    # Frozen weights in bf16, or in 4 bits; the adapter's own, with gradients and moments.
    "adapter": {"none": (2.4, 0), "zero2": (2.4, 0), "zero3": (0, 2.4)},
    "4-bit adapter": {"none": (1, 0), "zero2": (1, 0), "zero3": (0, 1)},
    # GRPO beside that: the model that `beta` holds it to, and weights that are gathered to draw answers.
    "reference": {"none": (4, 0), "zero2": (2, 0), "zero3": (0, 2)},
    "rollouts": {"none": (0, 0), "zero2": (0, 0), "zero3": (2, 0)},
    # Online DPO: the reward model, whole on each GPU.
    "judge": {"none": (2, 0), "zero2": (2, 0), "zero3": (2, 0)},
}
ANSWERING_BYTES = 2  # weights in bf16
SPARE = 1.3  # fragments and buffers; activations are not counted
PROCESS_GB = 1.5  # Python, torch and the other libraries

# Bytes on disk for each parameter: of a model, and of a checkpoint (weights and both moments).
MODEL_BYTES = {"bf16": 2, "fp32": 4}
CHECKPOINT_BYTES = {"none": 12, "zero2": 14, "zero3": 14}
ADAPTER_CHECKPOINT_BYTES = 0.4
SAVED_GB_PER_SECOND = 0.1  # that a busy file system still takes


def flops(recipe: Recipe) -> int:
    """FLOPs that each token costs each parameter: 2 forward, 4 backward, 2 of these beside frozen weights; and 2 for
    each further pass forward, of recomputation, of a reference model, and of what drew the token."""
    further = recipe.gradient_checkpointing + recipe.holds_parent + recipe.drawn_elsewhere
    return 2 + (2 if recipe.adapter else 4) + 2 * further


def bits_held(parameters: float, exposures: float) -> float:
    """Bits of knowledge that a model can hold of facts that it meets so often.

    Two a parameter at a thousand exposures and one at a hundred, by Allen-Zhu and Li (arXiv 2404.05405); between them
    by the logarithm. Below a hundred, where they measured nothing, in proportion to exposures.
    """
    return parameters * min(2.0, math.log10(exposures) - 1 if exposures > 100 else exposures / 100)
