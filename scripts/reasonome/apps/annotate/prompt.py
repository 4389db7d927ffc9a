"""The one question that a model is asked about a list: its genes, its enriched terms, and what people say of it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.config import Style
from reasonome.config.styles import count_tokens
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import Prompt, chat_messages, count_fitting, filled_template, gene_order
from reasonome.tasks.naming.task import GeneSetNaming

MOST_TERMS = 10
GENE_TOKENS = 800  # of the genes in a prompt: about 250 symbols
STYLE = Style(
    system="You help biologists to read lists of human genes. You say what the data show, and invent nothing.",
    user="""\
Genes of a list, {order}:
{genes}

Terms that are enriched in the list, the best first, with how many of its genes they have and the adjusted p:
{terms}
{context}
Say in one paragraph of at most 120 words what these genes may do together. Cite terms in quotes, by the names above, \
and genes by their symbols. Cite nothing else. Then write a last line of this form, with a short name for the list:
Process: NAME""",
)


class ListQuestion(BaseModel):
    """A list as it is asked about: symbols, the first ones first, and a line for each enriched term."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    subset: str = "lists"
    ranked: bool
    genes: Annotated[list[str], Field(min_length=1)]
    terms: list[str]
    context: str = ""


class ListTask(GeneSetNaming):
    """Gene-set naming with the question of this module in place of a benchmark's."""

    Example = ListQuestion

    def prompt(self, example: ListQuestion, style: Style, order: int = 0) -> Prompt:
        """The question with the first genes that fit."""
        shown = example.genes[: count_fitting(count_tokens([f"{gene}, " for gene in example.genes]), GENE_TOKENS)]
        listing = ", ".join(shown)
        parts = {
            "{order}": "those that stand out most first" if example.ranked else "in no order",
            "{genes}": listing,
            "{terms}": "\n".join(example.terms),
            "{context}": f"\nWhat is known of the list: {example.context}\n" if example.context else "",
        }
        messages = chat_messages(style.system, filled_template(style.user, parts))
        return Prompt(messages, shown, len(example.genes) - len(shown), listing)

    def name_span(self, text: str, style: Style | None = None) -> None:
        """No place of the name: how probable its words are is not asked for."""


def make_question(record: AnnotationRecord, context: str, seed: int) -> ListQuestion:
    """The question about a record that has enriched terms; genes without an order stand in one of the seed."""
    symbols = [gene.symbol for gene in record.genes]
    genes = symbols if record.ranked else [symbols[place] for place in gene_order(symbols, seed)]
    terms = [
        f'"{one_line(term.name)}" ({term.overlap} of {term.drawn}; {term.adjusted_p:.1e})'
        for term in record.enriched[:MOST_TERMS]
    ]
    return ListQuestion(id=record.id, ranked=record.ranked, genes=genes, terms=terms, context=one_line(context))


def left_out(task: ListTask, questions: Sequence[ListQuestion]) -> dict[str, set[str]]:
    """Question → the genes that its prompt has no room for."""
    return {one.id: set(one.genes) - set(task.prompt(one, STYLE).shown) for one in questions}
