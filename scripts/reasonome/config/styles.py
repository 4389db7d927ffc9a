"""prompts/{task}.{style}.txt: how a task is asked, in the head of a template and the texts below it."""

import string
from typing import Annotated

from pydantic import Field, field_validator

from reasonome.config.strict import Strict
from reasonome.core.token_count import count_tokens

# What a chat template puts around the messages; those of usual models are shorter.
TEMPLATE_TOKENS = 32


def only_placeholders(template: str, allowed: tuple[str, ...]) -> str:
    """`template`; ValueError for a placeholder in it that is not allowed."""
    known = " and ".join(f"{{{name}}}" for name in allowed)
    for _, placeholder, spec, conversion in string.Formatter().parse(template):
        if placeholder is None:
            continue
        if placeholder not in allowed:
            raise ValueError(f"unknown placeholder {{{placeholder}}}: only {known} are filled in")
        if spec or conversion:
            raise ValueError(f"write {{{placeholder}}} without '!' or ':'")
    return template


class Style(Strict):
    """What the prompt styles of all tasks have: the texts around a question."""

    system: str
    user: str

    def reading(self) -> str:
        """The track by which answers are read: strict, by the whole contract, unless a task has another."""
        return "strict"

    def asks_confidence(self) -> bool:
        """Whether the text asks how sure the answer is."""
        return False

    def shows_more(self) -> bool:
        """Whether a prompt shows more than the benchmark's rows hold."""
        return False

    def budgets(self) -> list[int]:
        """The tokens of every part of a prompt that has a budget."""
        return []

    def largest_prompt(self) -> int:
        """Tokens of the longest prompt that the style can make, by the count of budgets, with a chat template."""
        return sum([*self.budgets(), *count_tokens([self.system, self.user])]) + TEMPLATE_TOKENS


class GeneListStyle(Style):
    """A style that lists genes, as many as fit into a budget."""

    gene: str = Field(description="how one gene is written: {symbol} and {name} are filled in")
    separator: str = "; "
    budget_tokens: Annotated[int, Field(ge=8)] = Field(description="of the list of genes")
    seed: int = Field(0, description="of the order in which genes are listed and left out")

    @field_validator("gene")
    @classmethod
    def _only_symbol_and_name(cls, value: str) -> str:
        return only_placeholders(value, ("symbol", "name"))

    def budgets(self) -> list[int]:
        """That of the list."""
        return [self.budget_tokens]
