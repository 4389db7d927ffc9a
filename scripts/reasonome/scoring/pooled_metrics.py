"""Metrics of all answers together, such as AUROC, MCC and RMSE, for many weights of them at once.

`weights`, shape (rows, n), says how often each of n answers counts; a row of ones is the table itself. Each function
returns one value per row of weights, shape (rows,), nan where the metric is not defined. With whole weights
the values are those of scikit-learn and scipy on the repeated rows.
"""

import numpy as np


def recalls(weights: np.ndarray, gold: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The recall of every class, shape (rows, classes), in the order of `np.unique(gold)`; nan without rows."""
    of_class = np.stack([gold == label for label in np.unique(gold)], axis=1).astype(float)
    with np.errstate(invalid="ignore"):
        return (weights @ (of_class * right[:, None])) / (weights @ of_class)


def balanced_accuracy(weights: np.ndarray, gold: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The mean recall of the classes that count; `right` has a value from 0 to 1 per answer."""
    by_class = recalls(weights, gold, right)
    drawn = np.isfinite(by_class)
    return np.where(drawn, by_class, 0.0).sum(axis=1) / drawn.sum(axis=1)


def mcc(weights: np.ndarray, gold: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """Matthews' correlation coefficient for any number of classes (Gorodkin, 2004); 0 where one side is constant.

    An answer that is not a class, such as "", is a label of its own.
    """
    labels = np.unique(np.concatenate([gold, answer]))
    true, chosen = ((values[:, None] == labels).astype(float) for values in (gold, answer))
    total, right = weights.sum(axis=1), weights @ (gold == answer).astype(float)
    true, chosen = weights @ true, weights @ chosen
    covariance = right * total - (true * chosen).sum(axis=1)
    variances = (total**2 - (true**2).sum(axis=1)) * (total**2 - (chosen**2).sum(axis=1))
    return np.divide(covariance, np.sqrt(variances), out=np.zeros_like(total), where=variances > 0)


def auroc(weights: np.ndarray, positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The chance that a positive scores above a negative, ties counting half; nan without either."""
    positives, negatives = _tied(weights, positive, score)
    below = np.cumsum(negatives, axis=1) - negatives
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    won = (positives * (below + negatives / 2)).sum(axis=1)
    return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def average_precision(weights: np.ndarray, positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The area under the precision–recall curve as its step function, tied scores together; nan without a positive."""
    positives, negatives = (side[:, ::-1] for side in _tied(weights, positive, score))
    found = np.cumsum(positives, axis=1)
    taken = found + np.cumsum(negatives, axis=1)
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    total = positives.sum(axis=1)
    area = (positives * precision).sum(axis=1)
    return np.divide(area, total, out=np.full(len(weights), np.nan), where=total > 0)


def mean_at_coverage(coverage: float, counts: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Mean score of the most confident share; where it cuts through ties, the expected value over them.

    `counts` and `gains` are the number of answers of each group of equal confidence and the sum of their scores, the
    most confident group first, shape (rows, groups).
    """
    taken = coverage * counts.sum(axis=1, keepdims=True)
    before = np.cumsum(counts, axis=1) - counts
    share = np.clip(np.divide(taken - before, counts, out=np.zeros_like(counts), where=counts > 0), 0, 1)
    return (share * gains).sum(axis=1) / taken[:, 0]


def coverage_area(counts: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Mean of `mean_at_coverage` over the coverages 1/n, 2/n … 1, of n answers."""
    after = np.cumsum(counts, axis=1)
    before, gained = after - counts, np.cumsum(gains, axis=1) - gains
    means = np.divide(gains, counts, out=np.zeros_like(gains), where=counts > 0)
    # The first k answers, where answer k is in a group after `before`, sum to gained + (k - before) * mean. Dividing by
    # k and summing over the group gives harmonic numbers.
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(after.max()) + 1))])
    within = harmonic[after.astype(int)] - harmonic[before.astype(int)]
    return (gains + (gained - before * means) * within).sum(axis=1) / after[:, -1]


def rmse(weights: np.ndarray, gold: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """The root of the mean squared error."""
    return np.sqrt(_mean(weights, (answer - gold) ** 2))


def mae(weights: np.ndarray, gold: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """The mean absolute error."""
    return _mean(weights, np.abs(answer - gold))


def r2(weights: np.ndarray, gold: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """The coefficient of determination; nan where all true values are equal."""
    centred = gold - gold.mean()  # so that the variance of large values keeps its digits
    variance = _mean(weights, centred**2) - _mean(weights, centred) ** 2
    return 1 - _ratio(_mean(weights, (answer - gold) ** 2), variance, (centred**2).max())


def spearman(weights: np.ndarray, gold: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """The correlation of ranks, tied values having their mean rank; nan where one side is constant."""
    x, y = _centred_ranks(weights, gold), _centred_ranks(weights, answer)
    covariance = (weights * x * y).sum(axis=1)
    return _ratio(covariance, np.sqrt((weights * x * x).sum(axis=1) * (weights * y * y).sum(axis=1)))


def _mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return (weights @ values) / weights.sum(axis=1)


def _ratio(values: np.ndarray, spread: np.ndarray, unit: float = 1.0) -> np.ndarray:
    """values / spread; nan where the spread is 0 but for rounding, in numbers of the size of `unit`."""
    return np.divide(values, spread, out=np.full(len(values), np.nan), where=spread > 1e-12 * unit)


def sums_by_score(weights: np.ndarray, score: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
    """The weighted sums of `values`, shape (n,) each, at every distinct score, ascending: (rows, scores) each."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    ordered = weights[:, order]
    return [np.add.reduceat(ordered * value[order], starts, axis=1) for value in values]


def _tied(weights: np.ndarray, positive: np.ndarray, score: np.ndarray) -> list[np.ndarray]:
    """The weight of positives and of negatives at every distinct score, ascending; shapes (rows, scores)."""
    positive = positive.astype(float)
    return sums_by_score(weights, score, positive, 1 - positive)


def _centred_ranks(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The mean rank of every answer among those that count, less the mean of all; shape (rows, n)."""
    _, groups = np.unique(values, return_inverse=True)
    [tied] = sums_by_score(weights, groups, np.ones(len(groups)))
    middle = np.cumsum(tied, axis=1) - tied / 2
    return middle[:, groups] - weights.sum(axis=1, keepdims=True) / 2
