"""Rewards of a class or a number: the right class, and the graded error.

Over the training answers a constant class earns 0.
"""

from collections.abc import Mapping


def class_reward(right: bool, gold: str, shares: Mapping[str, float]) -> float:
    """1 for a right answer of the rarest class, less for commoner ones, below 0 for a wrong answer or none.

    `shares` are the classes' shares of the training answers. It is (right / share of the gold class - 1), divided by
    its highest value: a constant answer earns 0 in expectation. A class that no training answer has counts as the
    rarest.
    """
    rarest = min(shares.values())
    if rarest == 1:
        return 0.0  # one class alone teaches nothing
    return (right / shares.get(gold, rarest) - 1) / (1 / rarest - 1)


def graded_error(answer: float | None, gold: float, scale: float) -> float:
    """1 - |error| / scale, at least 0; 0 without a number."""
    return 0.0 if answer is None else max(0.0, 1 - abs(answer - gold) / scale)
