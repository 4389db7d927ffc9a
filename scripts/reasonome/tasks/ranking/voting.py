"""Voting: several sampled rankings of one question merged into one, and its accuracy by the number of samples."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.scoring.comparisons import MEAN, bootstrap_intervals
from reasonome.tasks.ranking.metrics import first_right

DRAWS = 50  # the most sets of n samples of a question
METRICS = ("top_1", "mrr")
COLUMNS = ["n", "metric", "subset", "value", "low", "high", "questions", "tokens"]


def majority(rankings: Sequence[Sequence[str]]) -> list[str]:
    """The genes by how many rankings list them first; then the others, by the mean of 1/rank.

    Self-consistency (Wang et al. 2022, arXiv:2203.11171), where an answer is a first gene. Equals stand in the order of
    the rankings.
    """
    firsts = Counter(genes[0] for genes in rankings if genes)
    shares: dict[str, float] = defaultdict(float)
    for genes in rankings:
        for rank, gene in enumerate(genes, 1):
            shares[gene] += 1 / rank
    return sorted(shares, key=lambda gene: (-firsts[gene], -round(shares[gene], 12)))


def sample_subsets(samples: int, n: int, seed: str) -> list[tuple[int, ...]]:
    """Sets of n of the samples, as sorted positions: all sets, or DRAWS drawn by the seed where there are more."""
    if math.comb(samples, n) <= DRAWS:
        return list(combinations(range(samples), n))
    draw = random.Random(f"{seed}:{n}")
    return [tuple(sorted(draw.sample(range(samples), n))) for _ in range(DRAWS)]


def accuracy(rankings: Sequence[Sequence[str]], right: frozenset[str], n: int, seed: str) -> list[float]:
    """The METRICS of n merged rankings: means over sets of n of the `rankings`."""
    results = []
    for chosen in sample_subsets(len(rankings), n, seed):
        rank = first_right(majority([rankings[place] for place in chosen]), right)
        results.append((float(rank == 1), 1 / rank if rank else 0.0))
    return np.mean(results, axis=0).tolist()


def voting_table(scores: pd.DataFrame, seed: int, resamples: int) -> pd.DataFrame:
    """Accuracy by the number of merged samples: a row (`COLUMNS`) per n, metric and subset, or their mean.

    `scores` are those of `score_rankings`; a question's rankings are its samples in all orders of candidates. `n` goes
    up to the smallest number of samples of a question. `tokens` is the mean over questions for n completions. Intervals
    (95 %) are of a bootstrap of clusters. Empty where a question has one sample.
    """
    questions = scores.groupby(["subset", "id", "cluster"], sort=True).agg(
        gold=("gold", "first"), tokens=("completion_tokens", "mean"), rankings=("genes", list)
    )
    most = min(questions["rankings"].map(len), default=0)
    if most < 2:
        return pd.DataFrame(columns=COLUMNS)
    rows: list[dict] = []
    subsets, names, clusters = (questions.index.get_level_values(level).tolist() for level in range(3))
    right = [frozenset(gold.split(", ")) for gold in questions["gold"]]
    rankings = [[genes.split() for genes in samples] for samples in questions["rankings"]]
    tokens = {MEAN: questions["tokens"].mean(), **questions["tokens"].groupby(subsets).mean()}
    for n in tqdm(sample_counts(most), desc="voting", delay=5, leave=False):
        asked = zip(rankings, right, names, strict=True)
        found = [accuracy(samples, genes, n, f"{seed}:{name}") for samples, genes, name in asked]
        intervals = bootstrap_intervals(np.array(found), subsets, clusters, seed=seed, resamples=resamples)
        for subset, bounds in intervals.items():
            for column, metric in enumerate(METRICS):
                values = {key: float(getattr(bounds, key)[column]) for key in ("value", "low", "high")}
                labels = {"n": n, "metric": metric, "subset": subset}
                rows.append(labels | values | {"questions": bounds.n, "tokens": round(n * float(tokens[subset]), 1)})
    return pd.DataFrame(rows, columns=COLUMNS)


def sample_counts(most: int) -> list[int]:
    """The numbers of samples to merge: all up to 8, then powers of two, and `most`."""
    powers = [2**power for power in range(4, most.bit_length())]
    return sorted({*range(1, min(most, 8) + 1), *powers, most})
