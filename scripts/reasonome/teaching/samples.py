"""A model's own samples of training questions: what each earns."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from reasonome.answering.rows import AnswerRow, texts_by_id
from reasonome.benchmarks.rows import Row
from reasonome.config import RewardedSamples, Style
from reasonome.rewards import Answer, Similarity, total
from reasonome.task import Task

ROUNDING = 1e-9  # of sums of weighted rewards: 0.7 + 0.1 is less than 0.8
# Parsed answers and their examples → what each answer earns.
Rewarded = Callable[[Sequence[Answer], Sequence[Row]], Iterable[float]]


def finished(rows: Iterable[AnswerRow]) -> dict[str, list[str]]:
    """The texts by the id of their question, without those that were cut off and so have no end to learn."""
    rows = list(rows)
    whole = texts_by_id(row for row in rows if row.finish_reason != "length")
    return {row.id: whole.get(row.id, []) for row in rows}


def rewarded_by(task: Task, spec: RewardedSamples, similarity: Similarity) -> Rewarded:
    """A function that gives the weighted sum of the task's rewards for each answer."""
    rewards = task.rewards(spec.grading)

    def rewarded(answers: Sequence[Answer], examples: Sequence[Row]) -> np.ndarray:
        values: dict[str, Sequence[float]] = {
            name: rewards[name].function(answers, examples, similarity) for name in spec.rewards
        }
        return total(values, dict(spec.rewards))

    return rewarded


def earnings(
    task: Task, style: Style, examples: Sequence[Row], samples: Mapping[str, Sequence[str]], rewarded: Rewarded
) -> list[list[float]]:
    """What the samples of each example earn, in their order; all are rewarded together."""
    texts = [(text, example) for example in examples for text in samples.get(example.id, ())]
    earned = iter(rewarded([task.parse(text, style) for text, _ in texts], [example for _, example in texts]))
    return [[float(next(earned)) for _ in samples.get(example.id, ())] for example in examples]
