"""Baselines that need no question: one answer for all, or a name drawn at random."""

import random
from collections.abc import Sequence
from typing import TypeVar

from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.constant_names import common_word_rows, most_overlapping
from reasonome.tasks.naming.dialogue import Example
from reasonome.tasks.naming.prompt_neighbours import in_order
from reasonome.tasks.naming.terms import TermScorer

_TRUTHS_TO_COMPARE = 400  # training names that a constant answer is compared with
_CANDIDATES_TO_TRY, SETS_TO_CHOOSE_BY = 600, 150  # where answers are chosen by their scores on training sets
Item = TypeVar("Item")


def constant(questions: Questions) -> list[list[str]]:
    """The training name with the best mean ROUGE-L against the training names, always."""
    names = sorted({example.name for example in questions.training})
    return [[_constant(names, questions)] * len(questions.asked)]


def constant_term(questions: Questions) -> list[list[str]]:
    """The training name with the best mean term_score on training sets, always."""
    names = [example.name for example in questions.training]
    best = best_by_term_score(names, questions.training, questions.terms, questions.seed)
    return [[best] * len(questions.asked)]


def common_words(questions: Questions) -> list[list[str]]:
    """A row of the commonest words of the training names, always: the words, up to eight, that overlap best.

    Not a name, and yet it may earn more than any constant name: a collapsed model can drift here.
    """
    rows = common_word_rows([example.name for example in questions.training])
    return [[_constant(rows, questions)] * len(questions.asked)]


def _constant(candidates: Sequence[str], questions: Questions) -> str:
    names = sorted(example.name for example in questions.training)
    truths = random.Random(questions.seed).sample(names, min(len(names), _TRUTHS_TO_COMPARE))
    return most_overlapping(candidates, truths)


def best_by_term_score(candidates: Sequence[str], examples: Sequence[Example], terms: TermScorer, seed: int) -> str:
    """The candidate with the best mean term_score as the answer to every example; of equals by the alphabet.

    Of many candidates 600 drawn at random are tried, on at most 150 examples.
    """
    candidates = sampled(sorted(set(candidates)), _CANDIDATES_TO_TRY, seed)
    examples = sampled(in_order(examples), SETS_TO_CHOOSE_BY, seed)
    # In one call, so that encoders read all candidates at once.
    names = [candidate for candidate in candidates for _ in examples]
    scores = terms.score_terms(names, examples * len(candidates))["term_score"].to_numpy()
    return candidates[int(scores.reshape(len(candidates), -1).mean(axis=1).round(9).argmax())]


def sampled(items: Sequence[Item], most: int, seed: int) -> list[Item]:
    """At most `most` of the items, drawn at random, in their order."""
    chosen = sorted(random.Random(seed).sample(range(len(items)), min(len(items), most)))
    return [items[place] for place in chosen]


def random_name(questions: Questions) -> list[list[str]]:
    """A training name drawn at random, twenty times: the mean of the draws is chance."""
    names = sorted(example.name for example in questions.training)
    return [
        [random.Random(f"{questions.seed}:{draw}:{e.id}").choice(names) for e in questions.asked] for draw in range(20)
    ]
