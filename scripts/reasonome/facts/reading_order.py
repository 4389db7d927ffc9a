"""The order in which a warm-up reads statements."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Row = TypeVar("Row")


def reading_order(rows: Sequence[Row], weights: Sequence[float], random: Random) -> list[Row]:
    """The rows in random order: of two rows, one of weight 2 comes before one of weight 1 in two thirds of the orders.

    Rows of weight 0 are left out.
    """
    if set(weights) <= {1.0}:
        shuffled = list(rows)
        random.shuffle(shuffled)
        return shuffled
    # Drawing by weight without replacement: the order of exponential waiting times with the weights as rates.
    drawn = [(random.expovariate(weight), row) for row, weight in zip(rows, weights, strict=True) if weight]
    return [row for _, row in sorted(drawn, key=lambda pair: pair[0])]
