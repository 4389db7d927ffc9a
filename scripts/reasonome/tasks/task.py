"""What every task provides, and what a reward is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from reasonome.config import Style
from reasonome.metrics.naming import Similarity
from reasonome.prompts import CountTokens, Prompt


@dataclass(frozen=True)
class Reward:
    """A batched, pure reward: (answers, examples, similarity) → one value in [low, high] per answer.

    `semantic` rewards judge what was answered, the others how it was written.
    """

    function: Callable[[Sequence[Any], Sequence[Any], Similarity], list[float]]
    low: float
    high: float
    semantic: bool


class Task(Protocol):
    """One task: serves prompts, training, rewards and scoring alike."""

    name: str
    Example: type[BaseModel]
    rewards: dict[str, Reward]

    def prompt(self, example: Any, style: Style, count_tokens: CountTokens) -> Prompt:
        """Chat messages for one example."""

    def parse(self, text: str, style: Style | None = None) -> Any:
        """The answer in a completion, by the style's track; never raises, says what was malformed."""

    def name_span(self, text: str, style: Style | None = None) -> tuple[int, int] | None:
        """Where in the completion the answer stands that `parse` finds, in characters; None without one."""

    def target(self, name: str, steps: Sequence[str]) -> str:
        """An ideal completion; without steps, the name alone."""
