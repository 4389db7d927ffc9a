"""vLLM as the sampler of completions, inside the training processes.

It draws by the step's seed, and leaves the weights that it is sent alone.
"""

import importlib.util
import os
import random
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import is_peft_model
from peft.tuners.lora import Linear as LoraLinear
from trl.generation import vllm_generation
from trl.generation.vllm_generation import VLLMGeneration
from trl.trainer import grpo_trainer

from reasonome.answering import precision
from reasonome.config import RolloutRecipe
from reasonome.core.errors import InputError
from reasonome.core.terminal import say
from reasonome.training import adapters, fitting, processes, sharding

# vLLM's share of a GPU's memory, at least and at most, and how much of a GPU is used in all.
LEAST_SHARE, MOST_SHARE, USED = 0.4, 0.7, 0.9
# A fact of a machine, not of a recipe, so it comes from the environment of the job.
MEMORY = "REASONOME_VLLM_MEMORY"
# How far a token counts more because the trainer finds it likelier than vLLM did. TRL by default weighs whole
# completions instead: small differences add up over tokens, and of those with a thousand one in eight is left out.
CORRECTION = {"vllm_importance_sampling_mode": "token_truncate", "vllm_importance_sampling_clip_max": 2.0}
# What TRL looks up in its pinned version: a name that is gone ends the import.
TRLS = (
    grpo_trainer.VLLMGeneration,  # pyright: ignore[reportPrivateImportUsage]
    VLLMGeneration._iter_named_params,
    VLLMGeneration._init_vllm,
)


def check(recipe: RolloutRecipe) -> None:
    """InputError where the recipe's rollouts cannot work on this machine; done before any weights are loaded."""
    if recipe.rollouts == "transformers":
        return
    lacking, fix = "", "ask for an A100 or newer by `gpu_model:` in config/resources.yaml"
    if importlib.util.find_spec("vllm") is None:
        lacking = "the package vllm, which is not installed here"
        fix = "train in the GPU environment (docs/environments.md)"
    elif not torch.cuda.is_available():
        lacking, fix = "a GPU, and torch sees none", "ask for GPUs in config/resources.yaml"
    # TRL starts vLLM with the weights as they are stored, in bf16, which vLLM refuses on older GPUs.
    elif (best := precision.fastest())[0] != "bf16":
        lacking = f"a GPU with bf16 instructions: {best[1]}"
    if lacking:
        what = f"rollouts '{recipe.rollouts}' need {lacking}"
        raise InputError(what, field="rollouts", fix=f"{fix}, or use `rollouts: transformers`")


def arguments(recipe: RolloutRecipe, parent_model: Path, longest: int, ends: Sequence[int]) -> dict[str, Any]:
    """Trainer arguments of the recipe's rollouts; `longest` is of a prompt and its completion, in tokens.

    `ends` are the tokens that end an answer. vLLM itself looks for those of the model's folder alone, and would go on
    behind what only the chat template ends an answer with.
    """
    if recipe.rollouts == "transformers":
        return {}
    from reasonome.answering.vllm_engine import tensor_parallel, weight_bytes

    gpu_bytes = torch.cuda.get_device_properties(0).total_memory
    share = share_of_gpu(recipe, weight_bytes(parent_model), gpu_bytes)
    over = tensor_parallel(parent_model, share * gpu_bytes, int(os.environ.get("LOCAL_WORLD_SIZE", 1)))
    if processes.is_first():
        held = f"{weight_bytes(parent_model) / 1e9:.1f} GB of weights, half of its share of a GPU is"
        say(f"vLLM: tensor parallel size {over} ({held} {share * gpu_bytes / 2e9:.1f} GB)")
    return {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": share,
        "vllm_enable_sleep_mode": True,
        "vllm_max_model_length": longest,
        "vllm_tensor_parallel_size": over,
        # TRL reads the tokens of completions, never their text.
        "generation_kwargs": {"stop_token_ids": list(ends), "detokenize": False},
        **CORRECTION,
    }


def share_of_gpu(recipe: RolloutRecipe, weight_bytes: int, gpu_bytes: int) -> float:
    """The share of each training process's GPU that vLLM takes while it draws: what the trainer's tensors leave.

    The trainer computes when vLLM sleeps, so only what stays there counts: weights, and without an adapter fp32 copies
    of them, gradients and Adam's moments. `weight_bytes` are of the model's files, in bf16.
    """
    static = weight_bytes if recipe.adapter else weight_bytes // 2 * _static_bytes(recipe)
    left = min(max(USED - static / gpu_bytes, LEAST_SHARE), MOST_SHARE)
    text = os.environ.get(MEMORY, f"{left:.2f}")
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise InputError(f"{MEMORY} is {text}, no share of a GPU's memory", fix=f"export {MEMORY}={LEAST_SHARE}")
    return share


def _static_bytes(recipe: RolloutRecipe) -> float:
    """Bytes of a trained weight that stay on a GPU between passes: itself, its gradient, two moments, a reference."""
    if sharding.chosen() == "none":
        return 4 + 4 + fitting.ADAM_BYTES + (fitting.REFERENCE_BYTES if recipe.holds_parent else 0)
    whole, shared = fitting.width(recipe) * (1 + recipe.holds_parent), fitting.SHARED_BYTES
    spread = processes.count()
    return whole + shared / spread if sharding.chosen() == "zero2" else (whole + shared) / spread


def use(seed: int) -> None:
    """Have trainers that are made from here on sample with vLLM by the seed of a step."""
    grpo_trainer.VLLMGeneration = partial(Sampler, seed=seed)  # pyright: ignore[reportPrivateImportUsage]


def engine_seed(seed: int, engine: int) -> int:
    """The seed of one of a step's engines (0, 1 …), below 2³²: no two of them, and of two seeds, draw alike."""
    return random.Random(f"{seed}.{engine}").getrandbits(32)


class Sampler(VLLMGeneration):
    """TRL's sampler; it adds adapters to copies of the weights, and gives engines of other seeds other streams."""

    def __init__(self, *args, seed: int, **settings):
        self._seed, self._rounding = seed, None
        super().__init__(*args, **settings)

    def _init_vllm(self) -> None:
        made = vllm_generation.LLM  # pyright: ignore[reportPrivateImportUsage]

        def seeded(*, seed: int, **settings):
            # TRL's seed is the number of the engine. It sends all weights before the first completion is drawn.
            return made(seed=engine_seed(self._seed, seed), load_format="dummy", **settings)

        vllm_generation.LLM = seeded  # pyright: ignore[reportPrivateImportUsage]
        try:
            super()._init_vllm()
        finally:
            vllm_generation.LLM = made  # pyright: ignore[reportPrivateImportUsage]

    def _iter_named_params(self) -> Iterator[tuple[str, torch.Tensor]]:
        """(vLLM's name, weights) of all layers, one at a time.

        TRL adds adapters to the frozen weights and takes them off again, in bf16: what rounding changes then stays.
        """
        if not is_peft_model(self.model):
            yield from super()._iter_named_params()
            return
        # One stream for all processes: what several GPUs of an engine hold of a layer has to be the same.
        device = next(self.model.parameters()).device
        self._rounding = self._rounding or torch.Generator(device).manual_seed(self._seed)
        layers = {
            f"{name}.base_layer.weight": layer
            for name, layer in self.model.named_modules()
            if isinstance(layer, LoraLinear)
        }
        with self._dist.gather_params(list(self.model.parameters())):
            for name, weight in self.model.named_parameters():
                if str(self.model.prefix) in name or "original_module" in name:
                    continue
                theirs = name.removeprefix("base_model.model.").replace(".base_layer", "")
                theirs = theirs.replace("modules_to_save.default.", "")
                yield theirs, adapters.added(layers[name], self._rounding) if name in layers else weight.data
