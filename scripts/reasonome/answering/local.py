"""Answers from a local transformers model: batched by length, left-padded, streamed batch by batch."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
)

from reasonome.answering.engine import Completion, Span, batches, end_tokens, name_likelihood, token_ids
from reasonome.answering.precision import DTYPES
from reasonome.config import Decoding


class ChosenLogprobs(LogitsProcessor):
    """Adds up the log-probability of the chosen tokens without keeping every step's logits.

    It sees the raw logits, before temperature, so values of greedy and sampled answers compare.
    """

    def __init__(self, prompt_length: int):
        self._prompt_length = prompt_length
        self._last: torch.Tensor | None = None
        self.chosen: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        if input_ids.shape[1] > self._prompt_length:
            self.take(input_ids[:, -1])
        self._last = torch.log_softmax(scores.float(), dim=-1)
        return scores

    def take(self, tokens: torch.LongTensor) -> None:
        """Note the log-probability of the tokens chosen in the last step."""
        self.chosen.append(self._last.gather(1, tokens[:, None])[:, 0])


def load(folder: Path, precision: str):
    """Model ("bf16" or "fp32") and left-padding tokenizer of a model folder."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=DTYPES[precision])
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def generate(
    model,
    tokenizer,
    prompts: Sequence[str],
    decoding: Decoding,
    skip: set[int] = frozenset(),
    span: Span | None = None,
) -> Iterator[tuple[int, list[tuple[int, Completion]]]]:
    """Yield (batch number, [(position in prompts, completion), …]) for every batch not in `skip`.

    Batches are the same whatever is skipped and each is seeded by its number, so that a killed job that goes
    on gives what an undisturbed one gives. `span` finds the name in a text, for its log-probability.
    """
    ids = token_ids(tokenizer, prompts)
    config = GenerationConfig(
        max_new_tokens=decoding.max_new_tokens,
        do_sample=decoding.temperature > 0,
        **({"temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": 0} if decoding.temperature else {}),
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=end_tokens(model.generation_config.eos_token_id, tokenizer.eos_token_id),
    )
    for number, batch in enumerate(batches([len(i) for i in ids], decoding.batch_size)):
        if number not in skip:
            yield number, _generate_batch(model, tokenizer, ids, batch, config, decoding.seed + number, span)


def _generate_batch(
    model, tokenizer, ids, batch: list[int], config, seed: int, span: Span | None
) -> list[tuple[int, Completion]]:
    started = time.monotonic()
    torch.manual_seed(seed)
    inputs = tokenizer.pad({"input_ids": [ids[i] for i in batch]}, return_tensors="pt").to(model.device)
    width = inputs["input_ids"].shape[1]
    logprobs = ChosenLogprobs(width)
    with torch.inference_mode():
        output = model.generate(**inputs, generation_config=config, logits_processor=LogitsProcessorList([logprobs]))
    logprobs.take(output[:, -1])
    chosen = torch.stack(logprobs.chosen, dim=1)
    seconds = (time.monotonic() - started) / len(batch)
    ends = torch.tensor(config.eos_token_id)
    decode = partial(tokenizer.decode, skip_special_tokens=True)
    completions = []
    for row, position in enumerate(batch):
        tokens = output[row, width:].cpu()
        stops = torch.isin(tokens, ends).nonzero()
        length = int(stops[0]) + 1 if len(stops) else len(tokens)
        written, logprob = tokens[:length].tolist(), chosen[row, :length]
        text = decode(written)
        completions.append(
            (
                position,
                Completion(
                    text=text,
                    finish_reason="stop" if len(stops) else "length",
                    prompt_tokens=len(ids[position]),
                    completion_tokens=length,
                    logprob=round(float(logprob.sum()), 4),
                    seconds=round(seconds, 3),
                    **name_likelihood(text, span, written, logprob.tolist(), decode),
                ),
            )
        )
    return completions
