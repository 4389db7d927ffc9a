"""A canary for GRPO: sampler and trainer must give the sampled tokens the same probabilities, or the run fails."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import LogitsProcessorList

from reasonome.answering.local import ChosenLogprobs
from reasonome.core.errors import InputError


@contextmanager
def recorded_logprobs(model, generate: Callable[..., torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Within it, `model.generate` is `generate`, and leaves the log-probabilities of the tokens it chose in the list.

    One tensor a call, shape (rows, new tokens); values behind a row's end mean nothing.
    """
    recorded = []

    def watched(*, input_ids, generation_config, **options):
        # As drawn from: the sampling temperature is applied after this processor, so it is here too.
        recorder = ChosenLogprobs(input_ids.shape[1], generation_config.temperature)
        processors = LogitsProcessorList([recorder])
        output = generate(
            input_ids=input_ids, generation_config=generation_config, logits_processor=processors, **options
        )
        recorder.take(output[:, -1])
        recorded.append(torch.stack(recorder.chosen, dim=1))
        return output

    with generating_by(model, watched):
        yield recorded


@contextmanager
def generating_by(model, generate) -> Iterator[None]:
    """Within it, calls of `model.generate` go to `generate`."""
    model.generate = generate
    try:
        yield
    finally:
        del model.generate


class Drift:
    """Mean |difference| per token, in nats, of two samples of log-probabilities over the micro-batches of a step."""

    def __init__(self, most: float, sampler: str, recipe: Path):
        """`most` is the mean above which `check` fails; `sampler` and `recipe` are named in its message."""
        self._most, self._sampler, self._recipe = most, sampler, recipe
        self._sums = torch.zeros(2, dtype=torch.float64)

    def add(self, trainer: torch.Tensor, sampler: torch.Tensor, mask: torch.Tensor) -> None:
        """Add a micro-batch: two tensors of log-probabilities and the mask of completion tokens, all of one shape.

        NaN of the sampler, which is how vLLM says that it did not score a token, is left out.
        """
        counted = mask.bool() & ~torch.isnan(sampler)
        differences = (trainer.double() - sampler.double()).abs()[counted]
        self._sums += torch.stack([differences.sum(), counted.sum().double()]).cpu()

    def take(self, reduce) -> float:
        """The mean over what was added since the last call, NaN without any; `reduce` sums over the processes."""
        total, tokens = reduce(self._sums).tolist()
        self._sums = torch.zeros(2, dtype=torch.float64)
        return total / tokens if tokens else math.nan

    def check(self, drift: float, step: int) -> None:
        """InputError if the drift of this step is above the limit, or not a number."""
        if math.isfinite(drift) and drift <= self._most:
            return
        raise InputError(
            f"step {step}: sampler ({self._sampler}) and trainer differ by {drift:.4g} nats per token in the "
            f"log-probabilities of the sampled tokens; {self._most:g} is the most that is let pass",
            file=self._recipe,
            field="max_drift",
            fix="usual causes: another chat template or tokenizer at the sampler, weights that were not passed on to "
            "it, another temperature, or weights or cache in lower precision than the trainer's; see docs/grpo.md",
        )
