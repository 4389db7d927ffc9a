"""Prompts: their content is chosen once, by a token count without a tokenizer, and then written.

Genes beyond a style's budget are left out in a seeded order that ignores the answer.
"""

import random
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from reasonome.config import GeneListStyle
from reasonome.config.styles import count_tokens
from reasonome.facts.text import one_line

Message = dict[str, str]


@dataclass(frozen=True)
class Prompt:
    """Chat messages, the symbols that they show (in order), how many genes did not fit, and the genes as written.

    `facts_left_out` are those of the shown genes, `neighbours_left_out` the examples that did not fit; `kind` is what
    is asked for of a gene set.
    """

    messages: list[Message]
    shown: list[str]
    left_out: int
    listing: str
    facts_left_out: int = 0
    neighbours_left_out: int = 0
    kind: str = ""


def gene_order(symbols: Sequence[str], seed: int) -> list[int]:
    """Positions of `symbols` in the order in which a prompt lists them.

    The order depends on the seed and the set of symbols alone, so it says nothing about the answer.
    """
    order = sorted(range(len(symbols)), key=lambda i: symbols[i])
    random.Random(f"{seed}:{' '.join(sorted(symbols))}").shuffle(order)
    return order


class _Gene(Protocol):
    @property
    def symbol(self) -> str: ...

    @property
    def name(self) -> str: ...


def gene_text(gene: _Gene, style: GeneListStyle) -> str:
    """One gene as the style writes it, on one line whatever white space is in its name."""
    return style.gene.format(symbol=one_line(gene.symbol), name=one_line(gene.name) or "name unknown")


def most_that_fit(entries: Sequence[str], style: GeneListStyle) -> int:
    """The number of these genes, from the first on, that fit into the style's budget; at least one, if there is any."""
    costs = count_tokens([entry + style.separator for entry in entries])
    return max(min(1, len(entries)), count_fitting(costs, style.budget_tokens))


def count_fitting(costs: Sequence[int], budget: int) -> int:
    """The number of costs, from the first on, that fit into the budget."""
    return bisect_right(list(accumulate(costs)), budget)


def filled_template(template: str, parts: dict[str, str]) -> str:
    """The template with its placeholders filled in; braces in the inserted texts are kept."""
    return re.sub("|".join(map(re.escape, parts)), lambda match: parts[match[0]], template)


def chat_messages(system: str, user: str) -> list[Message]:
    """The chat messages of a system text and a user text."""
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]
