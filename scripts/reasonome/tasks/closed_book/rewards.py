"""Rewards of recitals: the four verifiers of BioRLHF, for what a completion recites of genes before it names a pathway.

Facts are V1, the exact name is V2, consistency V3, and the stated confidence V4. Form alone earns nothing.
"""

from reasonome.facts.text import normalise
from reasonome.rewards import Reward, one_by_one
from reasonome.tasks.closed_book.questions import Question
from reasonome.tasks.closed_book.recital import conclusion, recited
from reasonome.tasks.naming.completion import Answer


def _facts(answer: Answer, example: Question) -> float:
    """The share of the genes whose pathway is recited and right, less that of the wrong ones; 0 at least."""
    told = recited(answer.steps, example)
    right = sum(one.right for one in told)
    return max(0.0, (2 * right - len(told)) / len(example.genes)) if answer.named else 0.0


def _consistency(answer: Answer, example: Question) -> float:
    """1 where the name is the conclusion of the recital, of two memberships at least."""
    told = recited(answer.steps, example)
    return float(answer.named and len(told) > 1 and normalise(answer.name) == conclusion(answer.steps, example))


REWARDS = {
    "facts": Reward(one_by_one(_facts), 0.0, 1.0, semantic=True),
    "consistency": Reward(one_by_one(_consistency), 0.0, 1.0, semantic=False),
}
