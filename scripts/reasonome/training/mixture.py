"""Mixtures: training rows of several benchmarks by weight."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Row = TypeVar("Row")


def mixed(rows: Mapping[str, Sequence[Row]], weights: Mapping[str, float]) -> list[Row]:
    """The rows of several benchmarks, so that every beginning of the list has them by weight.

    Each row stands once. The list ends where a benchmark has no more rows; of one benchmark it has them all.
    """
    places = [((k + 0.5) / weights[name], name, k) for name in rows for k in range(len(rows[name]))]
    end = min((len(rows[name]) + 0.5) / weights[name] for name in rows)
    return [rows[name][k] for place, name, k in sorted(places) if place < end]


def data_name(kind: str, benchmark: str, weights: Mapping[str, float]) -> str:
    """What a file of training data is called in a manifest: of several benchmarks, with the one that it is of."""
    return kind if len(weights) == 1 else f"{kind} of {benchmark}"


def data_files(kind: str, files: Sequence[Path], weights: Mapping[str, float]) -> dict[str, Path]:
    """Files of training data, one a benchmark in the order of the weights, by what they are called."""
    return {data_name(kind, name, weights): file for name, file in zip(weights, files, strict=True)}
