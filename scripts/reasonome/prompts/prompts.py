"""Prompts of gene sets: what they show is chosen once, by a count that no tokenizer takes part in, and then written.

Genes beyond a style's budget are left out in a seeded order that ignores the answer.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from reasonome.config import AnyStyle, RankingStyle, Style
from reasonome.core.errors import InputError
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


def listing_order(symbols: Sequence[str], style: Style) -> list[int]:
    """Positions of `symbols` in the order of which a prompt of the style shows the first that fit."""
    return list(range(len(symbols))) if style.order == "listed" else gene_order(symbols, style.seed)


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


def with_choice(example: Any, style: Style) -> Any:
    """The example with what its prompt shows: `shown` genes, their facts and neighbours, and how many did not fit.

    An example that has its choice stays as it is. At least one gene is shown. Genes, facts and neighbours have a
    budget each, so that none takes another's place: a style with facts shows the same genes as one without.
    InputError for an empty set, and for one without the neighbours that the style shows.
    """
    if example.shown is not None:
        return example
    if not example.genes:
        raise InputError("empty gene set", fix="give at least one gene")
    if style.neighbours is not None and not example.neighbours:
        fix = "take the sets from results/prompts/{benchmark}.{style}/, which write_prompts.py writes"
        raise InputError("the style shows neighbours and this set has none", field="neighbours", fix=fix)
    symbols = [gene.symbol for gene in example.genes]
    ordered = [example.genes[i] for i in listing_order(symbols, style)]
    kept = ordered[: most_that_fit([gene_text(gene, style) for gene in ordered], style)]
    facts = [fact_texts(gene, style) for gene in kept]
    told = dict(zip([gene.symbol for gene in kept], _fitting_facts(facts, style), strict=True))
    neighbours = _fitting_neighbours(example.neighbours, style)
    near = min(style.neighbours.most, len(example.neighbours)) if style.neighbours else 0
    return example.model_copy(
        update={
            "genes": [
                gene.model_copy(update={"facts": gene.facts[: told.get(gene.symbol, 0)]}) for gene in example.genes
            ],
            "neighbours": neighbours,
            "shown": [gene.symbol for gene in kept],
            "facts_left_out": sum(map(len, facts)) - sum(told.values()),
            "neighbours_left_out": near - len(neighbours),
        }
    )


def shown_genes(example: Any, style: Style, order: int = 0) -> list:
    """The genes that were chosen for the example's prompt; order 0 lists them so, others shuffle the same."""
    by_symbol = {gene.symbol: gene for gene in example.genes}
    if order and style.order == "seeded":
        return [by_symbol[example.shown[i]] for i in gene_order(example.shown, style.seed + order)]
    return [by_symbol[symbol] for symbol in example.shown]


def gene_set_prompt(example: Any, style: Style, order: int = 0) -> Prompt:
    """Ask for the name of a gene set, with what was chosen for it, or is chosen now. InputError as of `with_choice`."""
    example = with_choice(example, style)
    genes = shown_genes(example, style, order)
    parts = {"{genes}": genes_text(genes, style), "{kind}": example.kind or style.any_kind}
    if style.neighbours is not None:
        parts["{neighbours}"] = style.neighbours.separator.join(_neighbour_texts(example.neighbours, style))
    return Prompt(
        [
            {"role": "system", "content": filled_template(style.system, {"{kind}": parts["{kind}"]})},
            {"role": "user", "content": filled_template(style.user, parts)},
        ],
        [gene.symbol for gene in genes],
        len(example.genes) - len(genes),
        parts["{genes}"],
        example.facts_left_out,
        example.neighbours_left_out,
        parts["{kind}"],
    )


def most_that_fit(entries: Sequence[str], style: Any) -> int:
    """How many of these genes, from the first on, fit into the style's budget; one at least, if there is any."""
    costs = count_tokens([entry + style.separator for entry in entries])
    return max(min(1, len(entries)), count_fitting(costs, style.budget_tokens))


def count_fitting(costs: Sequence[int], budget: int) -> int:
    """How many from the first on fit into the budget."""
    spent = 0
    for count, cost in enumerate(costs):
        spent += cost
        if spent > budget:
            return count
    return len(costs)


def _fitting_facts(facts: Sequence[Sequence[str]], style: Style) -> list[int]:
    """How many facts of each gene are shown: the first of every gene, then the second of every gene, and so on.

    What does not fit is left out, with the less informative facts of the same gene.
    """
    shown = [0] * len(facts)
    costs = [count_tokens(of_gene) for of_gene in facts]
    left = 0 if style.facts is None else style.facts.budget_tokens
    for place in range(max(map(len, costs))):
        for gene, of_gene in enumerate(costs):
            if place == shown[gene] < len(of_gene) and of_gene[place] <= left:
                left -= of_gene[place]
                shown[gene] += 1
    return shown


def _fitting_neighbours(neighbours: Sequence, style: Style) -> list:
    """The nearest neighbours that fit, the nearest first."""
    if style.neighbours is None:
        return []
    costs = count_tokens([text + style.neighbours.separator for text in _neighbour_texts(neighbours, style)])
    return list(neighbours[: count_fitting(costs, style.neighbours.budget_tokens)])


def _neighbour_texts(neighbours: Sequence, style: Style) -> list[str]:
    return [
        style.neighbours.example.format(
            genes=style.separator.join(gene_text(gene, style) for gene in one.genes), name=one_line(one.name)
        )
        for one in neighbours[: style.neighbours.most]
    ]


def filled_template(template: str, parts: dict[str, str]) -> str:
    """The template with its placeholders filled in; braces in what is filled in are only braces."""
    return re.sub("|".join(map(re.escape, parts)), lambda match: parts[match[0]], template)


# What a chat template puts around the messages; those of usual models are shorter.
TEMPLATE_TOKENS = 32


def largest_prompt(style: AnyStyle) -> int:
    """Tokens of the longest prompt that a style can make, by the count that budgets are in, with a chat template."""
    budgets = [style.budget_tokens, *(part.budget_tokens for part in (style.facts, style.neighbours) if part)]
    if isinstance(style, RankingStyle) and "{present}" in style.user:
        budgets.append(style.phenotype_tokens)
    return sum([*budgets, *count_tokens([style.system, style.user])]) + TEMPLATE_TOKENS


def render(tokenizer, messages: list[Message]) -> str:
    """The text a model reads: the chat template with the answer's opening."""
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)


def count_tokens(texts: Sequence[str]) -> list[int]:
    """The count that budgets are in: at least a usual tokenizer's on gene symbols and names, and the same for all.

    Two small letters or spaces make a token; every other character (capital, digit, punctuation) is one.
    """
    return [len(re.findall(r"[^a-z ]", t)) + ceil(len(re.findall(r"[a-z ]", t)) / 2) for t in texts]
