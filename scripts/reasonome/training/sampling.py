"""Which statements a warm-up trains on: drawn by weight, up to a number of tokens."""

import random
from pathlib import Path

from reasonome.core import atomic


def sample_statements(path: Path, tokenizer, max_tokens: int | None, seed: int) -> list[str]:
    """Statements in a seeded order, up to `max_tokens` tokens in all.

    A row's weight (1 if it has none) says how soon it is drawn: of two rows, one of weight 2 comes before one of
    weight 1 in two thirds of the orders. Rows of weight 0 are never drawn, and none is drawn twice.
    """
    columns = atomic.read_columns(path, ["text"], {"weight": 1.0})
    texts = _in_order(columns["text"], columns["weight"], random.Random(seed))
    if max_tokens is None:
        return texts
    kept, spent = [], 0
    for start in range(0, len(texts), 1000):
        chunk = texts[start : start + 1000]
        for text, ids in zip(chunk, tokenizer(chunk, add_special_tokens=False)["input_ids"], strict=True):
            spent += len(ids) + 1  # the end-of-text token between statements
            if spent > max_tokens:
                return kept
            kept.append(text)
    return kept


def _in_order(texts: list[str], weights: list[float], rng: random.Random) -> list[str]:
    if set(weights) <= {1.0}:
        rng.shuffle(texts)
        return texts
    # Drawing by weight without replacement: the order of exponential waiting times with the weights as rates.
    drawn = [(rng.expovariate(weight), text) for text, weight in zip(texts, weights, strict=True) if weight]
    return [text for _, text in sorted(drawn)]
