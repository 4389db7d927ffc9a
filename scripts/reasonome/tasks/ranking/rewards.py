"""Rewards of rankings: where the right gene stands, less what a list of that length earns by chance, and form.

Each takes parsed answers, their examples and a similarity function (unused) and returns a value per answer; an answer
without exactly one usable list earns 0. Genes that are no candidates take ranks like any other, repeats take none. What
each pays, and what attacks on it earn: docs/ranking-rewards.md.
"""

from collections.abc import Callable, Sequence
from functools import cache, wraps

import numpy as np

from reasonome.tasks.ranking.metrics import first_right
from reasonome.tasks.ranking.metrics import set_f1 as f1_of_sets
from reasonome.tasks.ranking.random_order import first_right_at

# The default of `longest_list`: it stands for the number of candidates where every human gene is one, and no list has
# fewer genes that count.
LONGEST_LIST = 25


@cache
def expected_reciprocal_rank(listed: int, candidates: int, right: int = 1) -> float:
    """Mean of 1/rank of the best-ranked right gene (0 if none is listed) over all random lists of one length.

    `listed` of `candidates` genes are listed (more count as all), `right` of which are right. With one right gene, m
    listed of n, it is H(m)/n, H being the harmonic numbers.
    """
    return float(sum(p / rank for rank, p in enumerate(first_right_at(listed, candidates, right), 1)))


def chance_corrected(rank: int | np.ndarray, listed: int, candidates: int, right: int = 1) -> float | np.ndarray:
    """1/rank (0 for rank 0: unlisted) less its expectation over random lists of as many genes.

    Its mean over random lists is 0 at every length. `listed` counts all distinct genes of the list, also those that are
    no candidates: they take ranks, so that a random list with such genes earns less than 0. With one right gene values
    lie in [-H(n)/n, 1 - 1/n], with several in [-1, 1).
    """
    ranks = np.asarray(rank)
    reciprocal = np.divide(1.0, ranks, out=np.zeros(ranks.shape), where=ranks > 0)
    values = reciprocal - expected_reciprocal_rank(listed, candidates, right)
    return values if ranks.ndim else float(values)


def _batched(value: Callable[..., float]) -> Callable[..., list[float]]:
    """A reward of a batch from that of one usable answer, which is given its settings by name."""

    @wraps(value)
    def reward(answers: Sequence, examples: Sequence, similarity_of, **settings) -> list[float]:
        pairs = zip(answers, examples, strict=True)
        return [value(answer, example, **settings) if answer.named else 0.0 for answer, example in pairs]

    return reward


def _size(example, longest_list: int) -> int:
    """n of a question: its candidates, or `longest_list` where every human gene is one."""
    return len(example.candidates) or longest_list


def _counted(answer, example, longest_list: int) -> list[str]:
    """The part of the list that counts: without an end, every list would come to the right gene."""
    return answer.ranked(example)[: max(longest_list, _size(example, longest_list))]


def _rank(answer, example, longest_list: int) -> int:
    return first_right(_counted(answer, example, longest_list), example)


@_batched
def reciprocal_rank(answer, example, longest_list: int = LONGEST_LIST) -> float:
    """1/rank of the best-ranked right gene, 0 where none is listed."""
    rank = _rank(answer, example, longest_list)
    return 1 / rank if rank else 0.0


@_batched
def top_one(answer, example, longest_list: int = LONGEST_LIST) -> float:
    """1 where the first gene is right."""
    return float(_rank(answer, example, longest_list) == 1)


@_batched
def linear_decay(answer, example, k: int, longest_list: int = LONGEST_LIST) -> float:
    """1 at the first rank, falling evenly to 0 at rank k."""
    rank = _rank(answer, example, longest_list)
    return max(0.0, 1 - (rank - 1) / (k - 1)) if rank else 0.0


@_batched
def logarithmic_decay(answer, example, k: int, longest_list: int = LONGEST_LIST) -> float:
    """1 - log(rank) / log(k): 1 at the first rank, 0 from rank k on, steepest at the top."""
    rank = _rank(answer, example, longest_list)
    return max(0.0, 1 - float(np.log(rank) / np.log(k))) if rank else 0.0


@_batched
def geometric_decay(answer, example, k: int, ratio: float, longest_list: int = LONGEST_LIST) -> float:
    """ratio^(rank - 1), and 0 from rank k on."""
    rank = _rank(answer, example, longest_list)
    return ratio ** (rank - 1) if 0 < rank < k else 0.0


@_batched
def chance_corrected_rank(answer, example, longest_list: int = LONGEST_LIST) -> float:
    """`chance_corrected` of the best-ranked right gene."""
    counted, n = _counted(answer, example, longest_list), _size(example, longest_list)
    return chance_corrected(first_right(counted, example), len(counted), n, min(len(example.right), n))


@_batched
def set_f1(answer, example) -> float:
    """F1 of the genes listed, as a set, and the right ones: for questions with several."""
    return f1_of_sets(answer.ranked(example), example)


@_batched
def listed(answer, example, longest_list: int = LONGEST_LIST) -> float:
    """Share of the candidates that are listed, less that of one candidate for every other gene; not below 0.

    Where every gene is a candidate: genes of the list by `longest_list`, less one for each beyond.
    """
    ranked, n = answer.ranked(example), _size(example, longest_list)
    candidates = {gene.symbol for gene in example.candidates} or set(ranked[:n])
    hits = len(candidates.intersection(ranked))
    return max(0.0, (2 * hits - len(ranked)) / n)


@_batched
def format(answer, example) -> float:
    """1 where the whole contract is kept, a half where the list can be used and something else is malformed."""
    return 0.5 if answer.problems else 1.0


@_batched
def brevity(answer, example, words: int) -> float:
    """1 for reasoning of up to `words` words, falling to 0 at twice as many; 0 where it is wanted but missing."""
    missing = "no_reasoning" in answer.problems
    return 0.0 if missing else min(1.0, max(0.0, 2 - answer.words / words))
