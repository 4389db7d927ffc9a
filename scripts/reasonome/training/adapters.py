"""LoRA and QLoRA: loading frozen weights, training an adapter beside them, and merging both."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig
from peft.tuners.lora import Linear as LoraLinear
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    BitsAndBytesConfig,
    PreTrainedModel,
)

from reasonome.answering import merging
from reasonome.answering.precision import DTYPES
from reasonome.config import Adapter, Recipe
from reasonome.core import atomic
from reasonome.core.errors import InputError


def loading(recipe: Recipe) -> dict[str, torch.dtype | BitsAndBytesConfig | str]:
    """Arguments of `from_pretrained` that follow from the recipe: types, and quantisation.

    Weights that train are fp32. Frozen ones are of the recipe's precision ("bf16" or "fp32"), or NF4 that computes in
    it. InputError where 4-bit weights cannot be had.
    """
    if recipe.adapter is None:
        return {"dtype": torch.float32}
    precision = DTYPES[recipe.precision]
    if recipe.adapter.quantize:
        return {"dtype": precision, "quantization_config": _four_bits(precision)}
    return {"dtype": precision}


def _four_bits(precision: torch.dtype) -> BitsAndBytesConfig:
    """NF4 with doubly quantised scales, as in Dettmers et al. 2023, whose products are of `precision`."""
    here, fix = "quantize: 4bit", "leave 'quantize' out of the recipe's adapter: LoRA on bf16 weights works everywhere"
    if not torch.cuda.is_available():
        raise InputError(f"{here} needs a CUDA GPU, and torch sees none", fix=fix)
    if importlib.util.find_spec("bitsandbytes") is None:
        raise InputError(f"{here} needs the package bitsandbytes", fix=f"pip install bitsandbytes, or {fix}")
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=precision,
    )


def load(folder: Path, recipe: Recipe, **settings: Any) -> PreTrainedModel:
    """The model in `folder`, of the kind that the recipe trains: a language model, or a reward model."""
    if recipe.answers:
        return AutoModelForCausalLM.from_pretrained(folder, **settings)
    return AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, **settings)


def outline(folder: Path, recipe: Recipe) -> PreTrainedModel:
    """The same model without its weights: which layers it has, and how it attends."""
    kind = AutoModelForCausalLM if recipe.answers else AutoModelForSequenceClassification
    with torch.device("meta"):
        return kind.from_config(AutoConfig.from_pretrained(folder))


def configuration(adapter: Adapter | None, reward_model: bool = False) -> LoraConfig | None:
    """The `peft_config` of TRL's trainers; None trains all weights. For a reward model the head is trained whole."""
    if adapter is None:
        return None
    return LoraConfig(
        task_type="SEQ_CLS" if reward_model else "CAUSAL_LM",
        modules_to_save=["score"] if reward_model else None,
        r=adapter.rank,
        lora_alpha=adapter.alpha,  # pyright: ignore[reportArgumentType] (PEFT divides it by the rank)
        lora_dropout=adapter.dropout,
        target_modules=adapter.targets,
    )


def add_in_one_product(model: torch.nn.Module) -> None:
    """Have adapters without dropout be added to the product of the weights that they are beside before it is rounded.

    PEFT adds them to an output that bf16 has already rounded, which takes most of a small update away. Layers of 4 bits
    stay as PEFT has them. Not for zero3, which gathers a layer's weights when that layer itself is called.
    """
    for layer in model.modules():
        if type(layer) is LoraLinear:
            layer.__class__ = _OneProduct


class _OneProduct(LoraLinear):
    def forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """The layer's output, shape (..., out)."""
        if args or kwargs or self.merged or self.disable_adapters or len(self.active_adapters) != 1:
            return super().forward(x, *args, **kwargs)
        (name,) = self.active_adapters
        base = cast(torch.nn.Linear, self.get_base_layer())
        device = x.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        down, up = self.lora_A[name].weight, self.scaling[name] * self.lora_B[name].weight
        parts = [part.to(kind) for part in (x.flatten(0, -2), base.weight, down, up)]
        output = _product_on(device)(*parts).unflatten(0, x.shape[:-1])
        return output if base.bias is None else output + base.bias.to(output.dtype)


def _product_on(device: str) -> Callable[..., torch.Tensor]:
    return _Product.apply if device == "cpu" else summed


def summed(x: torch.Tensor, weight: torch.Tensor, down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    """x · (weight + up · down)ᵀ for x of tokens × in, as `_Product`, but without copies of weights.

    The adapter's part is rounded by itself, to its own size, and the sum once.
    """
    return torch.addmm(x @ down.T @ up.T, x, weight.T)


class _Product(torch.autograd.Function):
    """x · (weight + up · down)ᵀ for x of tokens × in, rounded once; frozen `weight` has no gradient."""

    @staticmethod
    def forward(ctx, x, weight, down, up):
        inner = x @ down.T
        ctx.save_for_backward(x, inner, weight, down, up)
        return torch.cat([x, inner], 1) @ torch.cat([weight, up], 1).T

    @staticmethod
    def backward(ctx, gradient):
        x, inner, weight, down, up = ctx.saved_tensors
        of_inner = gradient @ up
        of_x = torch.addmm(gradient @ weight, of_inner, down) if ctx.needs_input_grad[0] else None
        return of_x, None, of_inner.T @ x, gradient.T @ inner


def added(layer: LoraLinear, generator: torch.Generator) -> torch.Tensor:
    """The layer's weights with its adapter added, rounded to their own type as `merging.rounded`; it stays as it is."""
    [name] = layer.active_adapters
    weight = cast(torch.nn.Linear, layer.get_base_layer()).weight
    with torch.no_grad():
        return merging.rounded(weight.float() + layer.get_delta_weight(name), weight.dtype, generator)


def to_fp32(model: torch.nn.Module) -> None:
    """Have what is trained beside frozen weights be fp32; call it before there is an optimizer.

    TRL makes adapters beside 4-bit weights bf16, where most steps of an optimizer are lost to rounding.
    """
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()


def check_targets(folder: Path, recipe: Recipe) -> None:
    """InputError for target modules that the model in `folder` lacks; it names those that the model has."""
    targets = recipe.adapter.targets if recipe.adapter else "all-linear"
    if targets == "all-linear":
        return
    model = outline(folder, recipe)
    linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    head = {name for name, module in model.named_modules() if module is model.get_output_embeddings()}
    known = sorted({name.rpartition(".")[2] for name in linear - head})
    for target in targets:
        if not any(name == target or name.endswith(f".{target}") for name in linear - head):
            raise InputError(f"the backbone has no linear layer '{target}': it has {', '.join(known)}", field="targets")


def save(trainer, folder: Path) -> None:
    """Write the trained adapter to `folder` (safetensors and its configuration); every process calls it."""
    if not trainer.is_world_process_zero():
        trainer.save_model(str(folder))  # takes part where weights are gathered, and writes nothing
        return
    with atomic.replacing(folder) as temporary:
        trainer.save_model(str(temporary))
        for path in temporary.iterdir():
            if not path.name.startswith("adapter_"):
                path.unlink()


def merged(parent: Path, folder: Path, recipe: Recipe) -> PreTrainedModel:
    """The parent's model with the adapter in `folder` added to its weights, in the recipe's precision (on the CPU).

    The adapter was trained beside the parent's weights in that precision, or quantised: they are what it is added to.
    """
    precision = DTYPES[recipe.precision]
    if recipe.adapter and recipe.adapter.quantize:
        model = load(parent, recipe, dtype=torch.bfloat16, quantization_config=_four_bits(torch.bfloat16))
        model = model.dequantize(torch.bfloat16).cpu()
    else:
        model = load(parent, recipe, dtype=precision)
    return merging.merged(model, folder, precision)
