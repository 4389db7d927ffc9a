"""vLLM as TRL's trainers use it, which draws by the seed of the step and leaves the weights that it is sent alone."""

import random
from collections.abc import Iterator
from functools import partial

import torch
from accelerate.utils import is_peft_model
from peft.tuners.lora import LoraLayer
from trl.generation import vllm_generation
from trl.generation.vllm_generation import VLLMGeneration
from trl.trainer import grpo_trainer

from reasonome.training import adapters

# What TRL looks up in its pinned version: a name that is gone ends the import.
TRLS = (grpo_trainer.VLLMGeneration, VLLMGeneration._iter_named_params, VLLMGeneration._init_vllm)


def use(seed: int) -> None:
    """Have trainers that are made from here on sample with vLLM by the seed of a step."""
    grpo_trainer.VLLMGeneration = partial(Sampler, seed=seed)


def engine_seed(seed: int, engine: int) -> int:
    """The seed of one of a step's engines (0, 1 …), below 2³²: no two of them, and of two seeds, draw alike."""
    return random.Random(f"{seed}.{engine}").getrandbits(32)


class Sampler(VLLMGeneration):
    """TRL's sampler; it adds adapters to copies of the weights, and gives engines of other seeds other streams."""

    def __init__(self, *args, seed: int, **settings):
        self._seed, self._rounding = seed, None
        super().__init__(*args, **settings)

    def _init_vllm(self) -> None:
        if self.mode != "colocate":  # a server has its own seed
            super()._init_vllm()
            return
        made = vllm_generation.LLM

        def seeded(*, seed: int, **settings):
            return made(seed=engine_seed(self._seed, seed), **settings)  # TRL's is the number of the engine

        vllm_generation.LLM = seeded
        try:
            super()._init_vllm()
        finally:
            vllm_generation.LLM = made

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
        layers = {f"{name}.base_layer.weight": layer for name, layer in _adapted(self.model)}
        with self._dist.gather_params(list(self.model.parameters())):
            for name, weight in self.model.named_parameters():
                if self.model.prefix in name or "original_module" in name:
                    continue
                theirs = name.removeprefix("base_model.model.").replace(".base_layer", "")
                theirs = theirs.replace("modules_to_save.default.", "")
                yield theirs, adapters.added(layers[name], self._rounding) if name in layers else weight.data


def _adapted(model: torch.nn.Module) -> Iterator[tuple[str, LoraLayer]]:
    return ((name, layer) for name, layer in model.named_modules() if isinstance(layer, LoraLayer))
