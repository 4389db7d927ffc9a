"""Log-probabilities of labelled tokens on a CPU, in place of TRL's way there, which scores every position.

TRL's fused language-model head is a Triton kernel on GPUs. Elsewhere it takes the whole vocabulary for prompts and
padding too, several times over in fp32: 40 % of a training step of a 135M model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from trl.kernels import ChunkedLogProbFunction
from trl.trainer import utils as trl_utils

ROWS = 512  # tokens whose logits are held at once
KNOWN = {"log_probs", "entropy", "is_top1"}  # the outputs of TRL's head that LabelLogProbs has
# Settings of models that have TRL's head scale logits, and cap them; a scale of 1 changes nothing.
SCALES = ("logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
CAP = "final_logit_softcapping"
# What TRL looks up whenever a model with its fused head is called.
OF_TRL = {name: getattr(trl_utils, name) for name in ("_ChunkedLogProbFunction", "_use_triton")}


class LabelLogProbs(torch.autograd.Function):
    """Log-probabilities of `targets` (N) under softmax of `hidden` (N × width) · `weight`ᵀ (vocabulary × width) / T.

    Beside them come the entropy (nats) of each distribution and whether the target is its most likely token, both
    without gradient. Products are in autocast's precision; all that is summed over the vocabulary is in fp32, but for
    the probabilities in the backward pass, which are rounded to that precision before the products of the gradients.
    """

    @staticmethod
    def forward(ctx, hidden, weight, targets, temperature):
        """Three tensors of N: fp32, fp32 and bool."""
        ctx.precision = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else hidden.dtype
        ctx.temperature = temperature
        head, count = weight.to(ctx.precision).t(), len(hidden)
        log_probs, entropy = torch.empty(count), torch.empty(count)
        is_top = torch.empty(count, dtype=torch.bool)
        for part in _parts(count):
            log_probs[part], entropy[part], is_top[part] = _measured(
                hidden[part].to(ctx.precision), head, targets[part], temperature
            )
        ctx.save_for_backward(hidden, weight, targets, log_probs)
        ctx.mark_non_differentiable(entropy, is_top)
        return log_probs, entropy, is_top

    @staticmethod
    def backward(ctx, grad, *_):
        """Gradients of `hidden` and `weight`, summed in fp32."""
        hidden, weight, targets, log_probs = ctx.saved_tensors
        of_hidden = torch.empty(hidden.shape) if ctx.needs_input_grad[0] else None
        of_weight = None
        scale = -grad.float()[:, None] / ctx.temperature
        with trl_utils.maybe_gather_lm_head_ctx(weight):
            # Where nothing has a label the weight still has a gradient, which several processes wait for.
            if ctx.needs_input_grad[1] and not len(hidden):
                of_weight = torch.zeros(weight.shape)
            head = weight.to(ctx.precision)
            for part in _parts(len(hidden)):
                inputs = hidden[part].to(ctx.precision)
                change = _change(inputs, head, targets[part], log_probs[part], ctx.temperature)
                if of_hidden is not None:
                    of_hidden[part] = torch.mm(change, head).float() * scale[part]
                if ctx.needs_input_grad[1]:
                    product = torch.mm(change.t(), (inputs * scale[part]).to(ctx.precision))
                    of_weight = product.float() if of_weight is None else of_weight.add_(product)
                    del product
                del change  # before the next part needs as much
        return (
            None if of_hidden is None else of_hidden.to(hidden.dtype),
            None if of_weight is None else of_weight.to(weight.dtype),
            None,
            None,
        )


def _measured(inputs, head, targets, temperature: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probabilities of targets, entropies, and whether targets are the most likely, under `inputs` · `head`."""
    logits = torch.mm(inputs, head)
    every = torch.log_softmax(_cooled(logits, temperature), -1, dtype=torch.float32)
    entropy = -torch.exp(every).mul_(every).sum(-1)
    return every.gather(1, targets[:, None])[:, 0], entropy, logits.argmax(-1) == targets


def _change(inputs, head, targets, log_probs, temperature: float) -> torch.Tensor:
    """What the loss -log p changes by with each logit: the probabilities, less one at the target."""
    change = torch.softmax(_cooled(torch.mm(inputs, head.t()), temperature), -1).to(inputs.dtype)
    # p - 1 of a target that is nearly certain would be lost in the rounding of p.
    return change.scatter_(1, targets[:, None], torch.expm1(log_probs[:, None]).to(inputs.dtype))


def _parts(count: int) -> list[slice]:
    return [slice(start, start + ROWS) for start in range(0, count, ROWS)]


def _cooled(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    return logits if temperature == 1 else logits.float() / temperature


def _as_trl_calls(hidden, weight, bias, targets, temperature, chunk_size, softcapping, logit_scale, outputs) -> tuple:
    """What ChunkedLogProbFunction gives; by that itself for heads with a bias, softcapping or a scale of logits."""
    if bias is not None or softcapping is not None or logit_scale != 1 or not set(outputs) <= KNOWN:
        return ChunkedLogProbFunction.apply(
            hidden, weight, bias, targets, temperature, chunk_size, softcapping, logit_scale, outputs
        )
    log_probs, entropy, is_top = LabelLogProbs.apply(hidden, weight, targets, temperature)
    return (
        log_probs,
        entropy if "entropy" in outputs else None,
        None,
        None,
        is_top if "is_top1" in outputs else None,
    )


OF_LABELS: dict[str, Any] = {
    "_ChunkedLogProbFunction": SimpleNamespace(apply=_as_trl_calls),
    "_use_triton": lambda device: True,  # asked in order to know whether labelled positions alone are to be scored
}


def serves(model) -> bool:
    """Whether LabelLogProbs is for this model's head: one without a bias, whose logits are taken as they are."""
    config = model.config.get_text_config()
    as_they_are = getattr(config, CAP, None) is None and all(getattr(config, one, None) in (None, 1) for one in SCALES)
    return as_they_are and model.get_output_embeddings().bias is None


def use(labels_alone: bool) -> None:
    """From now on models with TRL's fused head score labelled positions alone, by LabelLogProbs; or as TRL does it."""
    for name, value in (OF_LABELS if labels_alone else OF_TRL).items():
        setattr(trl_utils, name, value)


@contextmanager
def left_to_trl() -> Iterator[None]:
    """Models with TRL's fused head are scored as TRL does it, for as long as this lasts."""
    before = {name: getattr(trl_utils, name) for name in OF_TRL}
    use(False)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(trl_utils, name, value)
