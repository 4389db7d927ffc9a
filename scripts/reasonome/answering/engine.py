"""Code that answer sources share: a completion, batches of prompts, and the tokens that wrote a part of a text.

An engine is a module with `load(folder, precision)`, which gives a model and its tokenizer, and
`generate(model, tokenizer, prompts, decoding, skip, span)`, which yields batches of completions.
"""

import json
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reasonome.core.errors import InputError

Span = Callable[[str], tuple[int, int] | None]
"""The place of the parsed answer in a completion's text (characters, end exclusive); None where there is none."""


@dataclass(frozen=True)
class Completion:
    """One generated text with its cost.

    Log-probabilities (nats, raw model, before temperature) are summed over the completion's tokens, and over those
    that wrote the parsed name; None where the source gives none.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    logprob: float | None
    seconds: float
    name_logprob: float | None = None
    name_tokens: int = 0


@dataclass(frozen=True)
class Drawn:
    """An engine's sample for one prompt: tokens, their log-probabilities and the sum of these, and why it ended."""

    tokens: list[int]
    logprobs: list[float]
    logprob: float
    finish_reason: str


def completions(
    tokenizer,
    prompts: Sequence[str],
    batch_size: int,
    draw: Callable[[int, list[int], list[list[int]]], list[Drawn]],
    skip: Collection[int],
    span: Span | None,
) -> Iterator[tuple[int, list[tuple[int, Completion]]]]:
    """Yield (batch number, [(position in prompts, completion), …]) for every batch not in `skip`.

    Batches are the same whatever is skipped. `draw` gets a batch's number, its positions in prompts and their tokens.
    `span` finds the name in a text, for its log-probability.
    """
    ids = token_ids(tokenizer, prompts)
    decode = partial(tokenizer.decode, skip_special_tokens=True)
    for number, batch in enumerate(batches([len(i) for i in ids], batch_size)):
        if number in skip:
            continue
        started = time.monotonic()
        drawn = draw(number, batch, [ids[i] for i in batch])
        seconds = round((time.monotonic() - started) / len(batch), 3)
        samples = zip(batch, drawn, strict=True)
        yield number, [(i, _completion(sample, len(ids[i]), seconds, decode, span)) for i, sample in samples]


def _completion(drawn: Drawn, prompt_tokens: int, seconds: float, decode, span: Span | None) -> Completion:
    text = decode(drawn.tokens)
    name_logprob, name_tokens = name_likelihood(text, span, drawn.tokens, drawn.logprobs, decode)
    return Completion(
        text=text,
        finish_reason=drawn.finish_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=len(drawn.tokens),
        logprob=round(drawn.logprob, 4),
        seconds=seconds,
        name_logprob=name_logprob,
        name_tokens=name_tokens,
    )


def check_answers(folder: Path) -> None:
    """InputError for the folder of a reward model: it has no head for tokens, and one drawn at random would answer."""
    file = folder / "config.json"
    kinds = json.loads(file.read_text(encoding="utf-8")).get("architectures") if file.is_file() else None
    if kinds and kinds[0].endswith("ForSequenceClassification"):
        raise InputError("a reward model answers no questions", file=file, fix="ask the model that it was trained from")


# Odd, so that no two seeds meet, and far above the number of batches and requests. CPUs take the lowest 32 bits.
_SEEDS_APART = 2_654_435_761


def seed_of(seed: int, number: int) -> int:
    """The seed of a batch or a request by its number; another seed's are elsewhere, and its samples its own."""
    return (seed * _SEEDS_APART + number) % 2**63


# Prompts up to this length fill a batch; of longer ones fewer go into it, so that memory does not grow with them.
USUAL_LENGTH = 512


def batches(lengths: Sequence[int], batch_size: int) -> list[list[int]]:
    """Positions in batches of similar length, longest first; they depend on the lengths alone.

    A batch has `batch_size` prompts, or as many longer ones as have no more tokens than that many of usual length.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    grouped = []
    while order:
        longest = lengths[order[0]]
        size = max(1, batch_size * USUAL_LENGTH // max(longest, USUAL_LENGTH))
        grouped.append(order[:size])
        order = order[size:]
    return grouped


def token_ids(tokenizer, prompts: Sequence[str]) -> list[list[int]]:
    """The tokens of each rendered prompt, which has all of its special tokens already."""
    # A tokenizer takes no empty list.
    return tokenizer(list(prompts), add_special_tokens=False)["input_ids"] if prompts else []


def name_likelihood(
    text: str, span: Span | None, tokens: Sequence[int], logprobs: Sequence[float], decode: Callable[[list[int]], str]
) -> tuple[float | None, int]:
    """The log-probability of a completion's name, None without one, and its number of tokens."""
    place = span(text) if span is not None else None
    positions = tokens_in_span(tokens, decode, text, place) if place else []
    return round(sum(float(logprobs[i]) for i in positions), 4) if positions else None, len(positions)


def tokens_in_span(
    tokens: Sequence[int], decode: Callable[[list[int]], str], text: str, span: tuple[int, int]
) -> list[int]:
    """Positions of the tokens that wrote any character of `text[span[0]:span[1]]`.

    `decode` gives the text of a token list, `text` that of all `tokens`. A token of a part of a character counts for
    the whole of it.
    """
    start, end = span
    inside: list[int] = []
    waiting: list[int] = []  # tokens that have completed no character yet
    written = 0
    for position in range(len(tokens)):
        if written >= end:
            break
        waiting.append(position)
        # An unfinished character decodes to a replacement, which is not that of the text.
        before, written = written, len(os.path.commonprefix([decode(list(tokens[: position + 1])), text]))
        if written > before:
            if written > start:
                inside += waiting
            waiting = []
    return inside
