"""Prompts of gene sets: the choice of genes, facts and neighbouring sets that fit, and their texts."""

from collections.abc import Sequence
from typing import Any

from reasonome.config.styles import count_tokens
from reasonome.core.errors import InputError
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import (
    Prompt,
    chat_messages,
    count_fitting,
    filled_template,
    gene_order,
    gene_text,
    most_that_fit,
)
from reasonome.tasks.naming.settings import NamingStyle, PromptExamples, PromptNeighbours, PromptTerms

NO_TERMS = "none"  # written in the place of enriched terms where there are none


def listed_genes(example: Any, style: NamingStyle) -> list[Any]:
    """The genes of a set in the order in which a prompt of the style lists them."""
    if style.order == "listed":
        return list(example.genes)
    return [example.genes[i] for i in gene_order([gene.symbol for gene in example.genes], style.seed)]


def by_precedence(genes: Sequence[Any], example: Any) -> list[Any]:
    """The listed genes of a set in the order of which a prompt shows the first that fit.

    Of a contaminated set the first ones, however many, hold its share of outliers: whole genes, rounded down, but at
    least one. Any other set stays as it is listed.
    """
    replaced_by = {*example.outliers}
    outliers = [gene for gene in genes if gene.symbol in replaced_by]
    own = [gene for gene in genes if gene.symbol not in replaced_by]
    if not (own and outliers):
        return list(genes)
    share, mixed, taken = len(outliers) / len(genes), [], 0
    for count in range(1, len(genes) + 1):
        replaced = min(len(outliers), max(1, int(count * share + 1e-9)))
        mixed.append(outliers[taken] if replaced > taken else own[count - 1 - taken])
        taken = max(taken, replaced)
    return mixed


def fact_texts(gene: Any, style: NamingStyle) -> list[str]:
    """The gene's facts as the style writes them, the first with the text between a gene and its facts."""
    if style.facts is None:
        return []
    return [
        (style.facts.separator if position else style.facts.opening)
        + style.facts.fact.format(relation=fact.relation.replace("_", " "), object=one_line(fact.object))
        for position, fact in enumerate(gene.facts[: style.facts.most])
    ]


def genes_text(genes: Sequence, style: NamingStyle) -> str:
    """All genes with all of their facts, whatever the budget."""
    return style.separator.join(gene_text(gene, style) + "".join(fact_texts(gene, style)) for gene in genes)


def with_choice(example: Any, style: NamingStyle) -> Any:
    """The example with what its prompt shows: `shown` genes, their facts and neighbours, and how many did not fit.

    An example that has its choice stays as it is. At least one gene is shown, if the style lists genes. Genes, facts
    and neighbours have a budget each, so that none takes another's place: a style with facts shows the same genes as
    one without.
    InputError for a set without the neighbours, the enriched terms or the examples that the style shows.
    """
    if example.shown is not None:
        return example
    for field, what, lacking in (
        ("neighbours", "neighbours", style.neighbours is not None and not example.neighbours),
        ("terms", "enriched terms", style.terms is not None and example.enriched is None),
        ("examples", "examples", style.examples is not None and not example.shots),
    ):
        if lacking:
            fix = "take the sets from results/prompts/{benchmark}.{style}/, which write_prompts.py writes"
            raise InputError(f"the style shows {what}, and this set has none", field=field, fix=fix)
    listed = listed_genes(example, style)
    ordered = by_precedence(listed, example)
    fitting = most_that_fit([gene_text(gene, style) for gene in ordered], style) if style.lists_genes else 0
    shown = {gene.symbol for gene in ordered[:fitting]}
    kept = [gene for gene in listed if gene.symbol in shown]
    facts = [fact_texts(gene, style) for gene in kept]
    counts = dict(zip([gene.symbol for gene in kept], _fitting_facts(facts, style), strict=True))
    near, neighbours, enriched, shots = [], [], None, []
    if style.neighbours is not None:
        near = _neighbour_texts(example.neighbours, style.neighbours, style)
        neighbours = _fitting(example.neighbours, near, style.neighbours)
    if style.terms is not None:
        terms = example.enriched or []
        enriched = _fitting(terms, _term_texts(terms, style.terms), style.terms)
    if style.terms is not None and style.examples is not None:
        for shot in example.shots:
            terms = _fitting(shot.enriched, _term_texts(shot.enriched, style.terms), style.terms)
            shots.append(shot.model_copy(update={"enriched": terms}))
        shots = _fitting(shots, _shot_texts(shots, style.examples, style.terms), style.examples)
    return example.model_copy(
        update={
            "genes": [
                gene.model_copy(update={"facts": gene.facts[: counts.get(gene.symbol, 0)]}) for gene in example.genes
            ],
            "neighbours": neighbours,
            "enriched": enriched,
            "shots": shots,
            "shown": [gene.symbol for gene in kept],
            "facts_left_out": sum(map(len, facts)) - sum(counts.values()),
            "neighbours_left_out": len(near) - len(neighbours),
        }
    )


def shown_genes(example: Any, style: NamingStyle, order: int = 0) -> list:
    """The genes that were chosen for the example's prompt, in the chosen order (0), or shuffled (others)."""
    by_symbol = {gene.symbol: gene for gene in example.genes}
    if order and style.order == "seeded":
        return [by_symbol[example.shown[i]] for i in gene_order(example.shown, style.seed + order)]
    return [by_symbol[symbol] for symbol in example.shown]


def as_shown(example: Any, style: NamingStyle) -> Any:
    """The example with only the genes that its prompt shows, in the prompt's order. InputError as of `with_choice`."""
    return example.model_copy(update={"genes": shown_genes(with_choice(example, style), style)})


def gene_set_prompt(example: Any, style: NamingStyle, order: int = 0) -> Prompt:
    """Ask for the name of a gene set, with what was chosen for it, or is chosen now. InputError as of `with_choice`."""
    example = with_choice(example, style)
    genes = shown_genes(example, style, order)
    parts = {"{genes}": genes_text(genes, style), "{kind}": example.kind or style.any_kind}
    if style.neighbours is not None:
        texts = _neighbour_texts(example.neighbours, style.neighbours, style)
        parts["{neighbours}"] = style.neighbours.separator.join(texts)
    if style.terms is not None:
        parts["{terms}"] = _terms_text(example.enriched, style.terms)
    if style.terms is not None and style.examples is not None:
        texts = _shot_texts(example.shots, style.examples, style.terms)
        parts["{examples}"] = style.examples.separator.join(texts)
    return Prompt(
        chat_messages(
            filled_template(style.system, {"{kind}": parts["{kind}"]}),
            filled_template(style.user, parts),
        ),
        [gene.symbol for gene in genes],
        len(example.genes) - len(genes),
        parts["{genes}"],
        example.facts_left_out,
        example.neighbours_left_out,
        parts["{kind}"],
    )


def _fitting_facts(facts: Sequence[Sequence[str]], style: NamingStyle) -> list[int]:
    """How many facts of each gene are shown: the first of every gene, then the second of every gene, and so on.

    A fact that does not fit is left out, with the less informative facts of the same gene.
    """
    shown = [0] * len(facts)
    costs = [count_tokens(of_gene) for of_gene in facts]
    left = 0 if style.facts is None else style.facts.budget_tokens
    for place in range(max(map(len, costs), default=0)):
        for gene, of_gene in enumerate(costs):
            if place == shown[gene] < len(of_gene) and of_gene[place] <= left:
                left -= of_gene[place]
                shown[gene] += 1
    return shown


def _fitting(items: Sequence, texts: Sequence[str], part: PromptNeighbours | PromptTerms | PromptExamples) -> list:
    """The first items whose texts fit into the budget of a part of the prompt."""
    costs = count_tokens([text + part.separator for text in texts])
    return list(items[: count_fitting(costs, part.budget_tokens)])


def _terms_text(terms: Sequence, part: PromptTerms) -> str:
    return part.separator.join(_term_texts(terms, part)) or NO_TERMS


def _term_texts(terms: Sequence, part: PromptTerms) -> list[str]:
    return [
        part.term.format(
            name=one_line(term.name),
            overlap=term.overlap,
            drawn=term.drawn,
            size=term.size,
            of_list=round(100 * term.overlap / term.drawn),
            of_term=round(100 * term.overlap / term.size),
        )
        for term in terms[: part.most]
    ]


def _shot_texts(shots: Sequence, part: PromptExamples, terms: PromptTerms) -> list[str]:
    return [
        part.example.format(terms=_terms_text(shot.enriched, terms), name=one_line(shot.name))
        for shot in shots[: part.most]
    ]


def _neighbour_texts(neighbours: Sequence, part: PromptNeighbours, style: NamingStyle) -> list[str]:
    return [
        part.example.format(
            genes=style.separator.join(gene_text(gene, style) for gene in neighbour.genes),
            name=one_line(neighbour.name),
        )
        for neighbour in neighbours[: part.most]
    ]
