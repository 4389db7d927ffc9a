"""What every task provides, and what a reward and a lazy policy are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from pydantic import BaseModel

from reasonome.config import AnyStyle, Grading
from reasonome.prompts.prompts import Prompt

# Of two lists of texts the cosine of each pair, in their order.
Similarity = Callable[[Sequence[str], Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Reward:
    """A batched, pure reward: (answers, examples, similarity) → one value in [low, high] per answer.

    `semantic` rewards judge what was answered, the others how it was written.
    """

    function: Callable[[Sequence[Any], Sequence[Any], Similarity], list[float]]
    low: float
    high: float
    semantic: bool


@dataclass(frozen=True)
class Policy:
    """A lazy way to answer, well written: what a model could drift to that has learned nothing of the question.

    `completion(example, prompt)` may use what the prompt shows; of the example's answer only that it is not to be used.
    A policy that `copies` the question is shown by itself, beside the best of the others.
    """

    name: str
    completion: Callable[[Any, Prompt], str]
    copies: bool = False


class Task(Protocol):
    """One task: serves prompts, training, rewards and scoring alike."""

    name: str
    Example: type[BaseModel]
    # What a recipe may name, with settings at their defaults.
    rewards: dict[str, Reward]
    # Rewards that validation shows beside those with a weight.
    watched: tuple[str, ...]

    def rewards_for(self, grading: Grading) -> dict[str, Reward]:
        """The rewards by name, with the settings of a recipe."""

    def with_choice(self, example: Any, style: AnyStyle) -> Any:
        """The example with what its prompt shows, as results/prompts/ has it; one that has it stays as it is."""

    def prompt(self, example: Any, style: AnyStyle, order: int = 0) -> Prompt:
        """Chat messages for one example: what was chosen for it, or else is chosen now, in one of several orders."""

    def parse(self, text: str, style: AnyStyle | None = None) -> Any:
        """The answer in a completion, as the style asks for it; never raises, says what was malformed."""

    def bare(self, text: str) -> Any:
        """The answer of someone who gives the cell of a table: no reasoning, and no form to keep."""

    def name_span(self, text: str, style: AnyStyle | None = None) -> tuple[int, int] | None:
        """Where in the completion the answer stands that `parse` finds, in characters; None without one."""

    def completion(
        self, example: Any, prompt: Prompt, style: AnyStyle, proposal: Mapping[str, Any] | None
    ) -> str | None:
        """What SFT learns to answer; None: the example is left out.

        `proposal` is a teacher's kept row; without one the answer is given without reasoning.
        """

    def policies(self, examples: Sequence[Any], style: AnyStyle | None = None) -> list[Policy]:
        """Lazy answers in the style's form, given training examples: what GRPO compares the reward with."""


def total(components: dict[str, Sequence[float]], weights: dict[str, float]) -> np.ndarray:
    """The weighted sum of reward components, per answer."""
    return sum(weights[name] * np.asarray(values, dtype=float) for name, values in components.items())
