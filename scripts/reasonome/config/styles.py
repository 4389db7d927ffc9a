"""prompts/{task}.{style}.txt: how the questions of a task are asked; settings in a YAML head, then the texts."""

import re
import string
from collections.abc import Sequence
from math import ceil
from typing import Annotated

from pydantic import Field, field_validator

from reasonome.config.strict import Strict

# Tokens that a chat template adds to the messages; those of usual models add fewer.
TEMPLATE_TOKENS = 32


def count_tokens(texts: Sequence[str]) -> list[int]:
    """Tokens of each text for budgets: at least as many as usual tokenizers give for gene symbols and names.

    Two small letters or spaces make a token; every other character (capital, digit, punctuation) is one.
    """
    return [len(re.findall(r"[^a-z ]", text)) + ceil(len(re.findall(r"[a-z ]", text)) / 2) for text in texts]


def only_placeholders(template: str, allowed: tuple[str, ...]) -> str:
    """`template`; ValueError if it has a placeholder that is not allowed."""
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
    """The settings of the prompt styles of all tasks: the texts around a question."""

    system: str
    user: str

    def reading(self) -> str:
        """The track by which answers are read: "strict", the whole contract, unless a task has another."""
        return "strict"

    def asks_confidence(self) -> bool:
        """Whether the text asks how sure the answer is."""
        return False

    def is_control(self) -> bool:
        """Whether the style takes something away of what another one shows, to see what answers rest on."""
        return False

    def shows_more(self) -> bool:
        """Whether a prompt shows more than the benchmark's rows hold."""
        return False

    def budgets(self) -> list[int]:
        """The tokens of every part of a prompt that has a budget."""
        return []

    def largest_prompt(self) -> int:
        """Upper bound on the tokens of the style's prompts, as `count_tokens` counts, with a chat template."""
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
        """The budget of the list."""
        return [self.budget_tokens]
