"""DeepSpeed: how a model's weights, gradients and optimizer are spread over processes, and put together again."""

import os
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments
from transformers.integrations.deepspeed import unset_hf_deepspeed_config

from reasonome.core.package import PACKAGE_ROOT
from reasonome.training import processes
from reasonome.training.gpus import SHARDING

SETTINGS = PACKAGE_ROOT / "training/deepspeed"


def chosen() -> str:
    """How this job's model is sharded: none, zero2 or zero3."""
    return os.environ.get(SHARDING, "none")


def arguments() -> dict[str, str]:
    """Trainer arguments for DeepSpeed; the trainer fills in what the recipe says."""
    return {} if chosen() == "none" else {"deepspeed": str(SETTINGS / f"{chosen()}.json")}


def prepare(trainer_arguments: dict[str, Any]) -> TrainingArguments | None:
    """Start DeepSpeed so that a model that is loaded next is loaded in pieces where the sharding asks for it.

    That holds for as long as the returned object is referred to.
    """
    if chosen() == "none":
        return None
    if not torch.cuda.is_available():
        os.environ["DS_ACCELERATOR"] = "cpu"
    # DeepSpeed calls collectives by the names that torch is about to drop, and torch says so at every step.
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed")
    import deepspeed

    made = TrainingArguments(**trainer_arguments)
    # Loading in pieces needs to know the number of processes, which the arguments alone do not tell DeepSpeed.
    deepspeed.init_distributed(dist_backend="nccl" if torch.cuda.is_available() else "gloo")
    return made


def whole_weights(trainer, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """All weights, as `dtype`, on the CPU of the first process, tied ones once; every process must call it.

    Empty on the others.
    """
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped) or {}
    if not processes.is_first():
        return {}
    tied = trainer.accelerator.unwrap_model(trainer.model).all_tied_weights_keys
    return {name: weight.to("cpu", dtype) for name, weight in state.items() if name not in tied}


def release() -> None:
    """Load models whole again from here on, in any process by itself."""
    if chosen() != "none":
        unset_hf_deepspeed_config()


def save_whole(model, weights: dict[str, torch.Tensor], dtype: torch.dtype, folder: Path) -> None:
    """Write what `whole_weights` gathered as `dtype`, as a model folder that transformers loads."""
    model.save_pretrained(folder, state_dict=weights)
    # The model in memory may have another type than what is written.
    model.config.dtype = dtype
    model.config.save_pretrained(folder)
