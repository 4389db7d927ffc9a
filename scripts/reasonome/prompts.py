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
    """Chat messages, the symbols that they show (in order), how many genes did not fit, and the genes as written.

    `facts_left_out` are those of the shown genes, `neighbours_left_out` the examples that did not fit.
    """

    messages: list[Message]
    shown: list[str]
    left_out: int
    listing: str
    facts_left_out: int = 0
    neighbours_left_out: int = 0


def gene_order(symbols: Sequence[str], seed: int) -> list[int]:
    """Positions of `symbols` in the order in which a prompt lists them.

    The order depends on the seed and the set of symbols alone, so it says nothing about the answer.
    """
    order = sorted(range(len(symbols)), key=lambda i: symbols[i])
    random.Random(f"{seed}:{' '.join(sorted(symbols))}").shuffle(order)
    return order


def gene_text(gene: Any, style: Style) -> str:
    """One gene as the style writes it, on one line whatever white space is in its name."""
    return style.gene.format(symbol=one_line(gene.symbol), name=one_line(gene.name) or "name unknown")


def fact_texts(gene: Any, style: Style) -> list[str]:
    """The gene's facts as the style writes them, the first with what stands between a gene and its facts."""
    if style.facts is None:
        return []
    written = [
        style.facts.fact.format(relation=fact.relation.replace("_", " "), object=one_line(fact.object))
        for fact in gene.facts[: style.facts.most]
    ]
    return [
        (style.facts.separator if position else style.facts.opening) + text for position, text in enumerate(written)
    ]


def genes_text(genes: Sequence, style: Style) -> str:
    """All genes with all of their facts, whatever the budget."""
    return style.separator.join(gene_text(gene, style) + "".join(fact_texts(gene, style)) for gene in genes)


def gene_set_prompt(genes: Sequence, style: Style, count_tokens: CountTokens, neighbours: Sequence = ()) -> Prompt:
    """Ask for the name of a gene set: `genes` have `symbol`, `name` and `facts`, `neighbours` have `name` and `genes`.

    `count_tokens` gives the tokens of each text; at least one gene is always shown. Genes, facts and neighbours
    have a budget each, so that none takes another's place: a style with facts shows the same genes as one without.
    InputError for an empty set, and for one without the neighbours that the style shows.
    """
    if not genes:
        raise InputError("empty gene set", fix="give at least one gene")
    listed = range(len(genes))
    order = listed if style.order == "listed" else gene_order([gene.symbol for gene in genes], style.seed)
    ordered = [genes[i] for i in order]
    entries = [gene_text(gene, style) for gene in ordered]
    kept = max(1, count_fitting(count_tokens([entry + style.separator for entry in entries]), style.budget_tokens))
    facts = [fact_texts(gene, style) for gene in ordered[:kept]]
    shown = _shown_facts(facts, style, count_tokens)
    listing = style.separator.join(
        entry + "".join(texts[:count]) for entry, texts, count in zip(entries[:kept], facts, shown, strict=True)
    )
    if style.neighbours is not None and not neighbours:
        fix = "take the sets from results/prompts/{benchmark}.{style}/, which write_prompt_facts.py writes"
        raise InputError("the style shows neighbours and this set has none", field="neighbours", fix=fix)
    examples = _neighbour_texts(neighbours, style)
    fitting = 0
    if examples:
        costs = count_tokens([text + style.neighbours.separator for text in examples])
        fitting = count_fitting(costs, style.neighbours.budget_tokens)
    parts = {"{genes}": listing}
    if style.neighbours is not None:
        parts["{neighbours}"] = style.neighbours.separator.join(examples[:fitting])
    return Prompt(
        [{"role": "system", "content": style.system}, {"role": "user", "content": filled_template(style.user, parts)}],
        [gene.symbol for gene in ordered[:kept]],
        len(ordered) - kept,
        listing,
        sum(map(len, facts)) - sum(shown),
        len(examples) - fitting,
    )


def one_line(text: str) -> str:
    """The text with one space for all white space in it."""
    return " ".join(text.split())


def count_fitting(costs: Sequence[int], budget: int) -> int:
    """How many from the first on fit into the budget."""
    spent = 0
    for count, cost in enumerate(costs):
        spent += cost
        if spent > budget:
            return count
    return len(costs)


def _shown_facts(facts: Sequence[Sequence[str]], style: Style, count_tokens: CountTokens) -> list[int]:
    """How many facts of each gene are shown: the first of every gene, then the second of every gene, and so on.

    What does not fit is left out, with the less informative facts of the same gene.
    """
    shown = [0] * len(facts)
    texts = [text for of_gene in facts for text in of_gene]
    if not texts:
        return shown
    counted = iter(count_tokens(texts))
    costs = [[next(counted) for _ in of_gene] for of_gene in facts]
    left = style.facts.budget_tokens
    for place in range(max(map(len, costs))):
        for gene, of_gene in enumerate(costs):
            if place == shown[gene] < len(of_gene) and of_gene[place] <= left:
                left -= of_gene[place]
                shown[gene] += 1
    return shown


def _neighbour_texts(neighbours: Sequence, style: Style) -> list[str]:
    if style.neighbours is None:
        return []
    return [
        style.neighbours.example.format(
            genes=style.separator.join(gene_text(gene, style) for gene in one.genes), name=one_line(one.name)
        )
        for one in neighbours[: style.neighbours.most]
    ]


def filled_template(template: str, parts: dict[str, str]) -> str:
    """The template with its placeholders filled in; braces in what is filled in are only braces."""
    return re.sub("|".join(map(re.escape, parts)), lambda match: parts[match[0]], template)


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
