"""Rewards of gene-set naming: those of Gene-R1, and the exact name.

An answer without exactly one usable name earns nothing for its name, or listing guesses would pay.
"""

from collections.abc import Sequence

import numpy as np

from reasonome.facts.text import normalise
from reasonome.rewards import Reward, Similarity, one_by_one
from reasonome.scoring import rouge
from reasonome.tasks.naming.completion import Answer
from reasonome.tasks.naming.questions import Example


def _rouge_l(answer: Answer, example: Example) -> float:
    return rouge.score(answer.name, example.name)["rouge_l"] if answer.named else 0.0


def _is_exact(answer: Answer, example: Example) -> float:
    """1 where name and truth are equal, but for case, punctuation and spaces."""
    return float(answer.named and normalise(answer.name) == normalise(example.name))


def _similarity_reward(
    answers: Sequence[Answer], examples: Sequence[Example], similarity_of: Similarity
) -> list[float]:
    """Cosine similarity of name and truth, negative values cut to 0. All pairs go to the encoder at once."""
    values = np.zeros(len(answers))
    named = [i for i, answer in enumerate(answers) if answer.named]
    if named:
        cosines = similarity_of([answers[i].name for i in named], [examples[i].name for i in named])
        values[named] = np.clip(cosines, 0.0, 1.0)
    return values.tolist()


REWARDS = {
    "similarity": Reward(_similarity_reward, 0.0, 1.0, semantic=True),
    "rouge_l": Reward(one_by_one(_rouge_l), 0.0, 1.0, semantic=True),
    "exact": Reward(one_by_one(_is_exact), 0.0, 1.0, semantic=True),
    "format": Reward(one_by_one(lambda answer, _: float(answer.named)), 0.0, 1.0, semantic=False),
    "reasoning": Reward(one_by_one(lambda answer, _: float(answer.reasoned)), 0.0, 1.0, semantic=False),
}
