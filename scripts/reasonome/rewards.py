"""Rewards of answers, the lazy policies that they are compared with, and sums and means of rewards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from reasonome.prompts.prompts import Prompt

if TYPE_CHECKING:
    from reasonome.benchmarks.rows import Row

# Two lists of texts → the cosine of each pair, in order.
Similarity = Callable[[Sequence[str], Sequence[str]], np.ndarray]


A = TypeVar("A")
E = TypeVar("E")


class Answer(Protocol):
    """An answer as the dialogue of any task reads it in a text."""

    @property
    def name(self) -> str: ...

    @property
    def named(self) -> bool: ...

    @property
    def reasoned(self) -> bool: ...

    @property
    def steps(self) -> list[str]: ...

    @property
    def problems(self) -> list[str]: ...

    @property
    def confidence(self) -> float | None: ...


@dataclass(frozen=True)
class Reward(Generic[A, E]):
    """A batched, pure reward: (answers, examples, similarity) → one value in [low, high] per answer.

    `semantic` rewards score the content of an answer, the others its form. Where a question does not have the reward,
    its values are nan, and its weight goes to the question's other rewards in proportion.
    """

    function: Callable[[Sequence[A], Sequence[E], Similarity], list[float]]
    low: float
    high: float
    semantic: bool

    def values(self, answers: Sequence[A], examples: Sequence[E]) -> list[float]:
        """What answers earn by a reward that compares no texts."""
        return self.function(answers, examples, uncompared)


@dataclass(frozen=True)
class TextReward:
    """A reward of whole completions: (texts, examples, tokens of each, if known) → one value per completion."""

    function: Callable[[Sequence[str], Sequence[Any], Sequence[int] | None], list[float]]
    semantic: bool


def one_by_one(
    value: Callable[[Any, Any], float],
) -> "Callable[[Sequence[Answer], Sequence[Row], Similarity], list[float]]":
    """The function of a reward that gives a value to each (answer, example), and compares no texts."""
    return lambda answers, examples, similarity: [value(*pair) for pair in zip(answers, examples, strict=True)]


def uncompared(texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """The similarity where no encoder is: NotImplementedError for a reward that compares texts all the same."""
    raise NotImplementedError("no encoder was given to compare texts")


@dataclass(frozen=True)
class Policy:
    """A lazy way to answer in the right form, which a model that ignores the question could drift to.

    `completion(example, prompt)` may use what the prompt shows, and not the example's answer. A policy that `copies`
    the question is reported separately, beside the best of the others.
    """

    name: str
    completion: Callable[[Any, Prompt], str]
    copies: bool = False


def means(components: Mapping[str, Sequence[float] | np.ndarray]) -> dict[str, float]:
    """Means of reward components over the answers to which each applies; without those that apply to none."""
    columns = {name: np.asarray(column, dtype=float) for name, column in components.items()}
    applying = {name: column[~np.isnan(column)] for name, column in columns.items()}
    return {name: float(column.mean()) for name, column in applying.items() if len(column)}


def total(components: Mapping[str, Sequence[float] | np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """The weighted sum of reward components, per answer; the weights of those that are nan go to the others.

    0 for an answer to which none applies.
    """
    values = {name: np.asarray(column, dtype=float) for name, column in components.items()}
    shares = {name: np.where(np.isnan(column), 0.0, weights[name]) for name, column in values.items()}
    plain = sum(shares[name] * np.nan_to_num(column, nan=0.0) for name, column in values.items())
    applying, whole = sum(shares.values()), sum(weights[name] for name in values)
    return plain * np.divide(whole, applying, out=np.zeros_like(applying), where=applying != 0)
