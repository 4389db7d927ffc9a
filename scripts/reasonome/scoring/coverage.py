"""Accuracy and coverage: the mean score of the most confident share of answers.

`counts` and `gains` are the number of answers of each group of equal confidence and the sum of their scores, the most
confident group first, shape (resamples, groups). Functions return a value per resample, shape (resamples,).
"""

import numpy as np


def mean_at(coverage: float, counts: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Mean score of the most confident share; where it cuts through ties, the expected value over them."""
    taken = coverage * counts.sum(axis=1, keepdims=True)
    before = np.cumsum(counts, axis=1) - counts
    share = np.clip(np.divide(taken - before, counts, out=np.zeros_like(counts), where=counts > 0), 0, 1)
    return (share * gains).sum(axis=1) / taken[:, 0]


def area(counts: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Mean of `mean_at` over the coverages 1/n, 2/n … 1, of n answers."""
    after = np.cumsum(counts, axis=1)
    before, gained = after - counts, np.cumsum(gains, axis=1) - gains
    means = np.divide(gains, counts, out=np.zeros_like(gains), where=counts > 0)
    # The first k answers, where answer k is in a group after `before`, sum to gained + (k - before) * mean. Dividing by
    # k and summing over the group gives harmonic numbers.
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(after.max()) + 1))])
    within = harmonic[after.astype(int)] - harmonic[before.astype(int)]
    return (gains + (gained - before * means) * within).sum(axis=1) / after[:, -1]
