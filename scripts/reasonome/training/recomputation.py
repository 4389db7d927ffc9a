"""Activations computed again in the backward pass: less memory for more time, by the name transformers has for it."""

from transformers import PreTrainedModel

# Renamed after the newest transformers that vLLM takes, which is the GPU environment's.
_RENAMED = hasattr(PreTrainedModel, "activation_checkpointing_enable")


def arguments(wanted: bool) -> dict[str, bool]:
    """The trainer's argument that switches it."""
    return {"activation_checkpointing" if _RENAMED else "gradient_checkpointing": wanted}


def enable(model: PreTrainedModel) -> None:
    """Switch it on for a model without a trainer."""
    (model.activation_checkpointing_enable if _RENAMED else model.gradient_checkpointing_enable)()
