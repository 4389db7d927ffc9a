"""How fast a training job was: real tokens per second, and the share of the machine's matrix-product peak it used.

Model FLOPs are counted as in PaLM (Chowdhery et al. 2022, appendix B): 6 for each weight of a matrix and token, which
are 2 forward and 4 backward, and 12 · layers · heads · head size for each pair of a token and one that it attends to.
Counted are pairs that causal attention within one text has (PaLM counts all pairs), the language-model head for tokens
with a label alone, and for frozen weights 4 instead of 6, since they need no gradient of their own. Padding,
recomputation and generation count nothing.
"""

from statistics import median
from typing import Any

import torch
from transformers import TrainerCallback

from reasonome.answering.precision import matmul_tflops, now


class Meter(TrainerCallback):
    """Count tokens and FLOPs of forward passes that a backward pass follows, and the seconds of optimizer steps.

    The total of tokens is kept in the trainer's state (`num_input_tokens_seen`), so that it outlives a resume; rates
    are those of this attempt. Data loading, evaluation and saving do not count.
    """

    def __init__(self) -> None:
        self.tokens = self.flops = self.peak_tflops = 0.0
        self.steps: list[float] = []  # seconds of each
        self._counts = torch.zeros(3, dtype=torch.float64)
        self._earlier, self._started = 0, 0.0

    def on_train_begin(self, args, state, control, **kwargs):
        """Watch the model from now on."""
        model = kwargs["model"]
        self._earlier = state.num_input_tokens_seen
        self._costs = costs(model)
        self._counts = self._counts.to(args.device)
        self._hook = model.register_forward_pre_hook(self._count, with_kwargs=True)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def _count(self, model, args, kwargs) -> None:
        if model.training and torch.is_grad_enabled() and "input_ids" in kwargs:
            self._counts += counts(kwargs).to(self._counts.device)

    def on_step_begin(self, args, state, control, **kwargs):
        """Start the clock."""
        self._started = now()

    def on_optimizer_step(self, args, state, control, **kwargs):
        """Stop the clock, before held-out prompts are answered at the step's end; add up what all processes did."""
        self.steps.append(now() - self._started)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.all_reduce(self._counts)
        tokens, labels, pairs = self._counts.tolist()
        self._counts.zero_()
        body, head, attention = self._costs
        self.tokens += tokens
        self.flops += body * tokens + head * labels + attention * pairs
        state.num_input_tokens_seen = self._earlier + int(self.tokens)

    def on_train_end(self, args, state, control, **kwargs):
        """Stop watching; all processes measure the peak at the same time, since they may share cores."""
        self._hook.remove()
        precision = torch.bfloat16 if args.bf16 else torch.float32
        self.peak_tflops = args.world_size * matmul_tflops(args.device.type, precision)

    def facts(self) -> dict[str, Any]:
        """The facts for run.json: of this attempt, over all processes. GPU memory is that of this process.

        An attempt that took no step, since it found all of them saved, has no rates.
        """
        seconds = sum(self.steps)
        facts = {"step_seconds": _rounded(seconds), "matmul_peak_tflops": _rounded(self.peak_tflops)}
        if seconds:
            rate = self.flops / seconds / 1e12
            facts |= {
                "median_step_seconds": _rounded(median(self.steps)),
                "tokens_per_second": round(self.tokens / seconds, 1),
                "model_tflops": _rounded(rate),
                "mfu": _rounded(rate / self.peak_tflops),
            }
        if torch.cuda.is_available():
            facts["gpu_peak_memory_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
        return facts


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def costs(model) -> tuple[float, float, float]:
    """FLOPs of forward and backward: per token in the layers, per label in the head, per attended pair."""
    config = model.config.get_text_config()
    embeddings = model.get_output_embeddings()  # a reward model has none
    head = None if embeddings is None else embeddings.weight
    body = 0.0
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and module.weight is not head:
            body += (6 if module.weight.requires_grad else 4) * _elements(module.weight)
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    attention = 12 * config.num_hidden_layers * config.num_attention_heads * size
    of_head = 0 if head is None else (6 if head.requires_grad else 4) * _elements(head)
    return body, of_head, attention


def _elements(weight: torch.Tensor) -> int:
    """Its elements, were it not spread over processes (ZeRO-3) or packed two to a byte (4 bits)."""
    whole = getattr(weight, "ds_numel", None) or getattr(getattr(weight, "quant_state", None), "shape", weight.shape)
    return whole if isinstance(whole, int) else whole.numel()


def counts(batch: dict[str, Any]) -> torch.Tensor:
    """Real tokens, tokens with a label, and attended pairs of a batch: a tensor of three doubles.

    Texts are kept apart by an attention mask of padding, or by positions that start again at 0; there padding is what
    has position 0 and is followed by a 0.
    """
    ids, mask, positions = batch["input_ids"], batch.get("attention_mask"), batch.get("position_ids")
    if "places" in batch:  # of shared questions: a row without padding, whose labels stand where they are predicted
        labels, pairs = (batch["shift_labels"] != -100).sum(), (batch["position_ids"] + 1).sum()
        return torch.stack([torch.full_like(pairs, ids.numel()), labels, pairs]).double()
    if mask is not None:
        positions, real = mask.cumsum(-1) - 1, mask.bool()
    elif positions is not None:
        starts = positions == 0
        real = ~(starts & torch.nn.functional.pad(starts[:, 1:], (0, 1), value=True))
    else:
        positions, real = torch.arange(ids.shape[1], device=ids.device).expand_as(ids), torch.ones_like(ids).bool()
    labels = batch.get("labels")
    labelled = real if labels is None else labels[:, 1:] != -100
    return torch.stack([real.sum(), labelled.sum(), ((positions + 1) * real).sum()]).double()
