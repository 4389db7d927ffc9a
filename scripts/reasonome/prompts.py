"""Prompts within a token budget: genes beyond it are left out in a seeded order that ignores the answer."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from reasonome.config import Style
from reasonome.errors import InputError

CountTokens = Callable[[list[str]], list[int]]
Message = dict[str, str]


@dataclass(frozen=True)
class Prompt:
    """Chat messages, the symbols that they show (in order), how many genes did not fit, and the genes as written."""

    messages: list[Message]
    shown: list[str]
    left_out: int
    listing: str


def gene_order(symbols: Sequence[str], seed: int) -> list[int]:
    """Positions of `symbols` in the order in which a prompt lists them.

    The order depends on the seed and the set of symbols alone, so it says nothing about the answer.
    """
    order = sorted(range(len(symbols)), key=lambda i: symbols[i])
    random.Random(f"{seed}:{' '.join(sorted(symbols))}").shuffle(order)
    return order


def gene_text(gene: Any, style: Style) -> str:
    """One gene as the style writes it, on one line whatever white space is in its name."""
    name = " ".join(gene.name.split()) or "name unknown"
    return style.gene.format(symbol=" ".join(gene.symbol.split()), name=name)


def gene_set_prompt(genes: Sequence, style: Style, count_tokens: CountTokens) -> Prompt:
    """Ask for the name of a gene set: `genes` have `symbol` and `name`.

    `count_tokens` gives the tokens of each text; at least one gene is always shown. InputError for an
    empty set.
    """
    if not genes:
        raise InputError("empty gene set", fix="give at least one gene")
    ordered = [genes[i] for i in gene_order([gene.symbol for gene in genes], style.seed)]
    entries = [gene_text(gene, style) for gene in ordered]
    tokens = count_tokens([entry + style.separator for entry in entries])
    kept = spent = 0
    for cost in tokens:
        if kept and spent + cost > style.budget_tokens:
            break
        spent += cost
        kept += 1
    listing = style.separator.join(entries[:kept])
    user = style.user.replace("{genes}", listing)
    messages = [{"role": "system", "content": style.system}, {"role": "user", "content": user}]
    return Prompt(messages, [gene.symbol for gene in ordered[:kept]], len(ordered) - kept, listing)


def token_counter(tokenizer) -> CountTokens:
    """Count tokens with a Hugging Face tokenizer."""
    return lambda texts: [len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]


def render(tokenizer, messages: list[Message]) -> str:
    """The text a model reads: the chat template with the answer's opening."""
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)


def conservative_count(texts: list[str]) -> list[int]:
    """A count that is at least a usual tokenizer's on gene symbols and names.

    Two small letters or spaces make a token; every other character (capital, digit, punctuation) is one.
    Teachers write before a backbone is chosen; with this count they speak of genes that its prompt shows.
    """
    return [len(re.findall(r"[^a-z ]", t)) + ceil(len(re.findall(r"[a-z ]", t)) / 2) for t in texts]
