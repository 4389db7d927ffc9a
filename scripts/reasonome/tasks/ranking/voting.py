"""Voting: several sampled rankings of one question merged into one, and its accuracy by the number of samples."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.scoring.comparisons import MEAN
from reasonome.scoring.table_scores import intervals
from reasonome.tasks.ranking.metrics import first_right

DRAWS = 50  # the most sets of n samples of a question
METRICS = ("top_1", "mrr")
COLUMNS = ["method", "n", "metric", "subset", "value", "low", "high", "questions", "tokens"]


class Ballot(NamedTuple):
    """One sampled ranking: its genes, best first, its tokens, its log-probability (nan where it is not known), and the
    completion it was read from.
    """

    genes: Sequence[str]
    tokens: int = 0
    logprob: float = math.nan
    text: str = ""


Merge = Callable[[Sequence[Ballot]], list[str]]


def majority(ballots: Sequence[Ballot]) -> list[str]:
    """The genes by how many rankings list them first; then the others, by the mean of 1/rank.

    Self-consistency (Wang et al. 2022, arXiv:2203.11171), where an answer is a first gene.
    """
    firsts: dict[str, float] = defaultdict(float)
    for ballot in ballots:
        if ballot.genes:
            firsts[ballot.genes[0]] += 1
    shares = _reciprocal_ranks(ballots, [1.0] * len(ballots))
    return sorted(shares, key=lambda gene: (-firsts[gene], -shares[gene]))


def mean_reciprocal_rank(ballots: Sequence[Ballot]) -> list[str]:
    """The genes by the mean of 1/rank over rankings, 0 where one does not list them: a positional vote like Borda's."""
    shares = _reciprocal_ranks(ballots, [1.0] * len(ballots))
    return sorted(shares, key=lambda gene: -shares[gene])


def likelihood(ballots: Sequence[Ballot]) -> list[str]:
    """The genes by the mean of 1/rank, each ranking weighted by its probability under the sampler.

    Equal completions (text and genes) are one, for their probability already says how often they are drawn; a ranking
    that several reasonings lead to has the sum of their probabilities. All log-probabilities must be of one kind.
    Where one of them is not known, no weight can be compared: then weights are equal, as in `mean_reciprocal_rank`.
    """
    voting = [ballot for ballot in ballots if ballot.genes]
    if not all(math.isfinite(ballot.logprob) for ballot in voting):
        return mean_reciprocal_rank(ballots)
    distinct = {(ballot.text, *ballot.genes): ballot for ballot in sorted(voting, key=lambda ballot: ballot.logprob)}
    likeliest_first = list(distinct.values())[::-1]
    weights = [math.exp(ballot.logprob - likeliest_first[0].logprob) for ballot in likeliest_first]
    shares = _reciprocal_ranks(likeliest_first, weights)
    return sorted(shares, key=lambda gene: -shares[gene])


METHODS: dict[str, Merge] = {
    "majority of first genes": majority,
    "mean reciprocal rank": mean_reciprocal_rank,
    "likelihood": likelihood,
}


def _reciprocal_ranks(ballots: Sequence[Ballot], weights: Sequence[float]) -> dict[str, float]:
    """Gene → weighted sum of 1/rank. Genes come in the order of the ballots, which decides between equals."""
    shares: dict[str, float] = defaultdict(float)
    for ballot, weight in zip(ballots, weights, strict=True):
        for rank, gene in enumerate(ballot.genes, 1):
            shares[gene] += weight / rank
    return {gene: round(share, 12) for gene, share in shares.items()}


def sample_subsets(samples: int, n: int, seed: str) -> list[tuple[int, ...]]:
    """Sets of n of the samples, as sorted positions: all sets, or DRAWS drawn by the seed where there are more."""
    if math.comb(samples, n) <= DRAWS:
        return list(combinations(range(samples), n))
    draw = random.Random(f"{seed}:{n}")
    return [tuple(sorted(draw.sample(range(samples), n))) for _ in range(DRAWS)]


def accuracy(ballots: Sequence[Ballot], right: frozenset[str], n: int, merge: Merge, seed: str) -> dict[str, float]:
    """top_1 and mrr of n merged rankings, and the tokens of n ballots: means over sets of n of the `ballots`."""
    results = []
    for chosen in sample_subsets(len(ballots), n, seed):
        rank = first_right(merge([ballots[place] for place in chosen]), right)
        results.append((float(rank == 1), 1 / rank if rank else 0.0))
    top_1, mrr = np.mean(results, axis=0)
    # The mean over all sets of n is n times the mean of a ballot.
    return {"top_1": top_1, "mrr": mrr, "tokens": n * float(np.mean([ballot.tokens for ballot in ballots]))}


def question_ballots(rows: pd.DataFrame) -> list[Ballot]:
    """A ballot for each row of a question's scores, with one kind of log-probability for all that list genes.

    That is `logprob`, of whole completions, if all have it; else `name_logprob`, of the lists given their reasoning,
    if all have that; else it is not known.
    """
    listing = rows["genes"] != ""
    kind = next((kind for kind in ("logprob", "name_logprob") if np.isfinite(rows.loc[listing, kind]).all()), None)
    logprobs = rows[kind] if kind else [math.nan] * len(rows)
    return [
        Ballot(genes.split(), int(tokens), logprob, text)
        for genes, tokens, logprob, text in zip(
            rows["genes"], rows["completion_tokens"], logprobs, rows["text"], strict=True
        )
    ]


def voting_table(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Accuracy by the number of merged samples: a row (`COLUMNS`) per method, n, metric and subset, or their mean.

    `scores` are those of `score_rankings`; a question's rankings are its samples in all orders of candidates. `n` goes
    up to the smallest number of samples of a question. `tokens` is the mean over questions for n completions. Intervals
    (95 %) are over clusters. Empty where a question has one sample.
    """
    questions = []
    for (subset, name, cluster), samples in scores.groupby(["subset", "id", "cluster"], sort=True):
        right = frozenset(str(samples["gold"].iat[0]).split(", "))
        questions.append((subset, name, cluster, right, question_ballots(samples)))
    most = min((len(ballots) for *_, ballots in questions), default=0)
    if most < 2:
        return pd.DataFrame(columns=COLUMNS)
    rows: list[dict] = []
    subsets, clusters = [subset for subset, *_ in questions], [cluster for _, _, cluster, *_ in questions]
    trials = [(method, n) for method in METHODS for n in sample_counts(most)]
    for method, n in tqdm(trials, desc="voting", delay=5, leave=False):
        accuracies = pd.DataFrame(
            accuracy(ballots, right, n, METHODS[method], f"{seed}:{name}") for _, name, _, right, ballots in questions
        )
        scores_of = intervals(accuracies[list(METRICS)], subsets, clusters, hits=["top_1"])
        tokens = accuracies["tokens"].groupby(subsets).mean()
        for subset, found in scores_of.items():
            cost = accuracies["tokens"].mean() if subset == MEAN else tokens[subset]
            for metric, score in found.items():
                labels = {"method": method, "n": n, "metric": metric, "subset": subset}
                values = {"value": score.value, "low": score.low, "high": score.high, "questions": score.n}
                rows.append(labels | values | {"tokens": round(float(cost), 1)})
    return pd.DataFrame(rows, columns=COLUMNS)


def sample_counts(most: int) -> list[int]:
    """The numbers of samples to merge: all up to 8, then powers of two, and `most`."""
    powers = [2**power for power in range(4, most.bit_length())]
    return sorted({*range(1, min(most, 8) + 1), *powers, most})
