"""The layers of a model compiled by torch.compile while they train: fewer passes over memory between their products."""

import os
import shutil
import sysconfig
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers.modeling_layers import GradientCheckpointingLayer

SHAPES = 64  # versions of a layer that are kept: by length of the texts, with and without a mask or gradients


def missing() -> str:
    """What this machine lacks to compile layers; "" if nothing."""
    compilers = [os.environ.get("CXX", "g++"), "clang++"]
    if not any(map(shutil.which, compilers)):
        return "a C++ compiler (g++)"
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    return "" if header.is_file() else f"{header.name} (package python3-dev)"


def use(model: torch.nn.Module) -> None:
    """Have the model's layers compiled at their first step of training; without gradients they run as they are.

    All layers share what is compiled for the first ones.
    """
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, SHAPES)
    for layer in model.modules():
        if isinstance(layer, GradientCheckpointingLayer):
            plain = layer.forward
            layer.forward = partial(_forward, torch.compile(plain, dynamic=True), plain)


def _forward(compiled: Callable[..., Any], plain: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return (compiled if torch.is_grad_enabled() else plain)(*args, **kwargs)
