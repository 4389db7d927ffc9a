"""The confidence that a target states: how often a model is right on questions of a kind, by its own samples."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from reasonome.task import Task

# The subset of a question and its stratum, "" where it has none.
Kind = tuple[str, str]


def kind_of(example: Any) -> Kind:
    """The kind of a question: what can be told of it before it is answered."""
    return example.subset, getattr(example, "stratum", "")


def shares_of_right(
    task: Task, style: Any, examples: Iterable[Any], samples: Mapping[str, Sequence[str]]
) -> dict[Kind, float]:
    """The share of right ones among a model's samples, from 0 to 1, by the kind of question.

    `samples` are texts by the id of their question. A kind without samples is left out.
    """
    judged: dict[Kind, list[bool]] = {}
    for example in examples:
        for text in samples.get(example.id, ()):
            judged.setdefault(kind_of(example), []).append(task.right(task.parse(text, style), example))
    return {kind: fmean(right) for kind, right in judged.items()}
