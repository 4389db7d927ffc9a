"""Rewards of rankings: the rank of the right gene, some corrected for chance, and the form of the answer.

Each gives a value to a parsed answer; an answer without exactly one usable list earns 0. Genes that are no candidates
take ranks like any other, repeats take none. docs/rankings.md has their formulas and what attacks on them earn.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from reasonome.config import Grading
from reasonome.rewards import Reward, one_by_one
from reasonome.tasks.ranking import metrics
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.ranked_list import RankedAnswer

# The default of `longest_list`: it replaces the number of candidates where every human gene is one, and at least as
# many genes of a list count.
LONGEST_LIST = 25


def rewards(grading: Grading) -> dict[str, Reward]:
    """The rewards by name, with the settings of a recipe."""
    by_rank = {
        "reciprocal_rank": reciprocal_rank,
        "top_one": top_one,
        "linear_decay": linear_decay,
        "logarithmic_decay": logarithmic_decay,
        "geometric_decay": geometric_decay,
        "chance_corrected": chance_corrected,
        "set_f1": set_f1,
    }
    of_form = {"listed": listed, "format": format, "brevity": brevity}
    lowest = {"chance_corrected": -1.0}

    def valued(value: Callable[[RankedAnswer, RankingExample, Grading], float], name: str) -> Reward:
        usable = one_by_one(lambda answer, example: value(answer, example, grading) if answer.named else 0.0)
        return Reward(usable, lowest.get(name, 0.0), 1.0, semantic=name in by_rank)

    return {name: valued(value, name) for name, value in (by_rank | of_form).items()}


def _size(example: RankingExample, grading: Grading) -> int:
    """n of a question: its candidates, or `longest_list` where every human gene is one."""
    return len(example.candidates) or grading.longest_list


def _counted(answer: RankedAnswer, example: RankingExample, grading: Grading) -> list[str]:
    """The part of the list that counts: without a limit, a list of all genes would have the right one."""
    return answer.ranked(example)[: max(grading.longest_list, _size(example, grading))]


def _rank(answer: RankedAnswer, example: RankingExample, grading: Grading) -> int:
    return metrics.first_right(_counted(answer, example, grading), example.right)


def reciprocal_rank(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """1/rank of the best-ranked right gene, 0 where none is listed."""
    rank = _rank(answer, example, grading)
    return 1 / rank if rank else 0.0


def top_one(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """1 where the first gene is right."""
    return float(_rank(answer, example, grading) == 1)


def linear_decay(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """1 at the first rank, falling evenly to 0 at rank k."""
    rank = _rank(answer, example, grading)
    return max(0.0, 1 - (rank - 1) / (grading.k - 1)) if rank else 0.0


def logarithmic_decay(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """1 - log(rank) / log(k): 1 at the first rank, 0 from rank k on, steepest at the top."""
    rank = _rank(answer, example, grading)
    return max(0.0, 1 - float(np.log(rank) / np.log(grading.k))) if rank else 0.0


def geometric_decay(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """ratio^(rank - 1), and 0 from rank k on."""
    rank = _rank(answer, example, grading)
    return grading.ratio ** (rank - 1) if 0 < rank < grading.k else 0.0


def chance_corrected(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """1/rank of the best-ranked right gene, less its expectation over random lists of as many genes.

    Its mean over random lists is 0 at every length. Genes that are no candidates count as listed: they take ranks, so
    that a random list with such genes earns less than 0. With one right gene values lie in [-H(n)/n, 1 - 1/n], with
    several in [-1, 1).
    """
    counted, n = _counted(answer, example, grading), _size(example, grading)
    chance = expected_reciprocal_rank(len(counted), n, min(len(example.right), n))
    return reciprocal_rank(answer, example, grading) - chance


@cache
def expected_reciprocal_rank(listed: int, candidates: int, right: int = 1) -> float:
    """Mean of 1/rank of the best-ranked right gene (0 if none is listed) over all random lists of one length.

    `listed` of `candidates` genes are listed (more count as all), `right` of which are right. With one right gene, m
    listed of n, it is H(m)/n, H being the harmonic numbers.
    """
    return float(sum(p / rank for rank, p in enumerate(metrics.first_right_at(listed, candidates, right), 1)))


def set_f1(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """F1 of the genes listed, as a set, and the right ones: for questions with several."""
    return metrics.set_f1(answer.ranked(example), example)


def listed(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """Share of the candidates that are listed, less that of one candidate for every other gene; not below 0.

    Where every gene is a candidate: genes of the list by `longest_list`, less one for each beyond.
    """
    ranked, n = answer.ranked(example), _size(example, grading)
    candidates = {gene.symbol for gene in example.candidates} or set(ranked[:n])
    hits = len(candidates.intersection(ranked))
    return max(0.0, (2 * hits - len(ranked)) / n)


def format(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """1 where the whole contract is kept, a half where the list can be used and something else is malformed."""
    return 0.5 if answer.problems else 1.0


def brevity(answer: RankedAnswer, example: RankingExample, grading: Grading) -> float:
    """1 for reasoning of up to `words` words, falling to 0 at twice as many; 0 where required reasoning is missing."""
    missing = "no_reasoning" in answer.problems
    return 0.0 if missing else min(1.0, max(0.0, 2 - answer.words / grading.words))
