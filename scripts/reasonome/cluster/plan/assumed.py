"""Assumptions where nothing was measured: the speed of machines, and a parameter's share of memory and disk.

The speed of a CPU core is what the demo measures (SmolLM2-135M on two cores), rounded down. No other machine was
measured: the numbers of GPUs are guesses, low on purpose. Finished jobs take the place of all of them (measured.py).
"""

from dataclasses import dataclass

GB = 1e9


@dataclass(frozen=True)
class Machine:
    """A GPU or a CPU core: GB of its memory, and tokens a second with a model of a billion parameters.

    Tokens are those of training (through a backward pass), and those that vLLM and transformers generate. A model of
    another size is faster or slower by its parameters.
    """

    memory_gb: float
    training: float
    vllm: float
    transformers: float


MACHINES = {
    "cpu": Machine(0, 8, 7, 7),
    "b200": Machine(180, 100_000, 100_000, 10_000),
    "mi300x": Machine(192, 50_000, 50_000, 5_000),
    "h200": Machine(141, 50_000, 50_000, 5_000),
    "h100": Machine(80, 50_000, 50_000, 5_000),
    "a100": Machine(80, 15_000, 15_000, 1_500),
    "l40s": Machine(48, 15_000, 15_000, 1_500),
    "a10": Machine(24, 5_000, 5_000, 500),
    "l4": Machine(24, 5_000, 5_000, 500),
}
UNNAMED_GPU = "a100"
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


def gpu_in(name: str) -> str | None:
    """The GPU of MACHINES that a name means, the longest where several are in it: an L40S is no L4."""
    return max((model for model in MACHINES if model in name.lower()), key=len, default=None)
