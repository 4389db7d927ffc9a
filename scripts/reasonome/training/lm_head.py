"""The language-model head on CPUs: labelled tokens alone, in plain PyTorch.

TRL scores every position where it has no Triton kernel, prompts and padding too, in several fp32 passes over the whole
vocabulary. That is 40 % of a training step of a 135M model.
"""

from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from trl.trainer import utils as trl_utils

ROWS = 1024  # tokens whose logits are held for the backward pass; of more they are computed again, part by part
OUTPUTS = ("entropy", "log_sum_sq_probs", "mean_logits", "is_top1")  # what TRL may ask for beside log-probabilities
# What TRL looks up whenever a model with its fused head is called.
TRLS = {name: getattr(trl_utils, name) for name in ("_ChunkedLogProbFunction", "_use_triton")}


def score(hidden, weight, bias, targets, temperature, chunk_size, softcapping, logit_scale, outputs=OUTPUTS) -> tuple:
    """The outputs of TRL's ChunkedLogProbFunction for `hidden` (N × width): five tensors of N.

    Those that are not in `outputs` are None. Log-probabilities (fp32) of `targets` have a gradient; the other four have
    none. `chunk_size` is not used.
    """
    part = partial(_scored, temperature=temperature, softcapping=softcapping, logit_scale=logit_scale, outputs=outputs)
    if len(targets) <= ROWS:
        return part(hidden, weight, bias, targets)
    again = partial(checkpoint, part, use_reentrant=False, preserve_rng_state=False)
    parts = zip(hidden.split(ROWS), targets.split(ROWS), strict=True)
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
        beside = [functions[name]() if name in outputs else None for name in OUTPUTS]
    return log_probs.gather(1, targets[:, None])[:, 0], *beside


OURS: dict[str, Any] = {
    "_ChunkedLogProbFunction": SimpleNamespace(apply=score),
    "_use_triton": lambda device: True,  # asked in order to know whether labelled positions alone are to be scored
}


def use(labels_alone: bool) -> None:
    """From now on models with TRL's fused head score labelled positions alone, by `score`; or as TRL does it."""
    for name, value in (OURS if labels_alone else TRLS).items():
        setattr(trl_utils, name, value)
