"""How a model is computed in training: Liger, the head, compiled layers, activations that are recomputed.

The language-model head on CPUs scores labelled tokens alone, in plain PyTorch. TRL scores every position where it has
no Triton kernel, prompts and padding too, in several fp32 passes over the whole vocabulary. That is 40 % of a training
step of a 135M model.
"""

import os
import shutil
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.utils.import_utils import is_liger_kernel_available
from trl.trainer import utils as trl_utils

from reasonome.config import Recipe
from reasonome.training import sharding

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Kernels:
    """The chosen kernels: Liger's, our head, compiled layers."""

    liger: bool = False
    labelled_head: bool = False
    compiled_layers: bool = False


def choose(recipe: Recipe, say: bool = True) -> Kernels:
    """The kernels of a recipe. Where layers cannot be compiled they run as they are, and a line tells why."""
    lacking = missing_to_compile() if recipe.compile_layers else ""
    if lacking and say:
        print(f"layers are not compiled, as compile_layers asks: this machine lacks {lacking}", flush=True)
    return replace(_hand_written(recipe), compiled_layers=recipe.compile_layers and not lacking)


def _hand_written(recipe: Recipe) -> Kernels:
    """The kernels of a recipe: `plain` are PyTorch's and TRL's; `auto` adds installed ones on a GPU, ours on a CPU.

    Our head needs the whole weight in the backward pass, where zero3 has parts.
    Liger's head of a language model does not know that a reward model has none.
    """
    if recipe.kernels == "plain":
        return Kernels()
    if not torch.cuda.is_available():
        return Kernels(labelled_head=sharding.chosen() != "zero3")
    return Kernels(liger=recipe.answers and is_liger_kernel_available())


# Renamed after the newest transformers that vLLM takes, which is the GPU environment's.
_RENAMED = hasattr(PreTrainedModel, "activation_checkpointing_enable")


def recomputation(wanted: bool) -> dict[str, bool]:
    """The trainer's argument that has activations computed again in the backward pass: less memory for more time."""
    return {"activation_checkpointing" if _RENAMED else "gradient_checkpointing": wanted}


def recompute(model: PreTrainedModel) -> None:
    """Have them computed again in a model without a trainer."""
    (model.activation_checkpointing_enable if _RENAMED else model.gradient_checkpointing_enable)()


SHAPES = 64  # versions of a layer that are kept: by length of the texts, with and without a mask or gradients


def missing_to_compile() -> str:
    """What this machine lacks to compile layers; "" if nothing."""
    compilers = [os.environ.get("CXX", "g++"), "clang++"]
    if not any(map(shutil.which, compilers)):
        return "a C++ compiler (g++)"
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    return "" if header.is_file() else f"{header.name} (package python3-dev)"


def compile_layers(model: torch.nn.Module) -> None:
    """Have the model's layers compiled at their first step of training; without gradients they run as they are.

    All layers share what is compiled for the first ones.
    """
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, SHAPES)
    for layer in model.modules():
        if isinstance(layer, GradientCheckpointingLayer):
            plain = layer.forward
            layer.forward = partial(_compiled_or_plain, torch.compile(plain, dynamic=True), plain)


def _compiled_or_plain(compiled: Callable[P, T], plain: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return (compiled if torch.is_grad_enabled() else plain)(*args, **kwargs)


HEAD_ROWS = 1024  # tokens whose logits are held for the backward pass; of more they are computed again, part by part
# What TRL may ask for beside log-probabilities.
HEAD_OUTPUTS = ("entropy", "log_sum_sq_probs", "mean_logits", "is_top1")
# What TRL looks up whenever a model with its fused head is called.
TRLS = {name: getattr(trl_utils, name) for name in ("_ChunkedLogProbFunction", "_use_triton")}


def head_scores(
    hidden, weight, bias, targets, temperature, chunk_size, softcapping, logit_scale, outputs=HEAD_OUTPUTS
) -> tuple:
    """The outputs of TRL's ChunkedLogProbFunction for `hidden` (N × width): five tensors of N.

    Those that are not in `outputs` are None. Log-probabilities (fp32) of `targets` have a gradient; the other four have
    none. `chunk_size` is not used.
    """
    part = partial(_scored, temperature=temperature, softcapping=softcapping, logit_scale=logit_scale, outputs=outputs)
    if len(targets) <= HEAD_ROWS:
        return part(hidden, weight, bias, targets)
    again = partial(checkpoint, part, use_reentrant=False, preserve_rng_state=False)
    parts = zip(hidden.split(HEAD_ROWS), targets.split(HEAD_ROWS), strict=True)
    scored = [again(states, weight, bias, labels) for states, labels in parts]
    return tuple(None if column[0] is None else torch.cat(column) for column in zip(*scored, strict=True))


def _scored(hidden, weight, bias, targets, *, temperature, softcapping, logit_scale, outputs) -> tuple:
    logits = functional.linear(hidden, weight.to(hidden.dtype), None if bias is None else bias.to(hidden.dtype))
    if logit_scale != 1 or softcapping is not None or temperature != 1:
        logits = logits.float() * logit_scale
        logits = logits if softcapping is None else softcapping * torch.tanh(logits / softcapping)
        logits = logits / temperature
    log_probs = torch.log_softmax(logits, -1, dtype=torch.float32)
    with torch.no_grad():
        functions = {
            "entropy": lambda: -torch.exp(log_probs).mul_(log_probs).sum(-1),
            "log_sum_sq_probs": lambda: torch.logsumexp(2 * log_probs, -1),
            "mean_logits": lambda: logits.mean(-1, dtype=torch.float32),
            "is_top1": lambda: logits.argmax(-1) == targets,
        }
        beside = [functions[name]() if name in outputs else None for name in HEAD_OUTPUTS]
    return log_probs.gather(1, targets[:, None])[:, 0], *beside


OURS: dict[str, Any] = {
    "_ChunkedLogProbFunction": SimpleNamespace(apply=head_scores),
    "_use_triton": lambda device: True,  # asked in order to know whether labelled positions alone are to be scored
}


def use_head(labels_alone: bool) -> None:
    """From now on models with TRL's fused head score labelled positions alone; or as TRL does it."""
    for name, value in (OURS if labels_alone else TRLS).items():
        setattr(trl_utils, name, value)
