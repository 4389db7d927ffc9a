"""Metrics of whole tables against scikit-learn and scipy, on repeated rows, and worked out by hand."""

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn

from reasonome.scoring import pooled_metrics as pooled

TABLES = 100


@pytest.fixture(scope="module")
def tables():
    """(weights, class tables, number tables): small ones, full of ties, missing answers and tables of one class."""
    random = np.random.default_rng(7)
    result = []
    for _ in range(TABLES):
        n, classes = int(random.integers(2, 30)), int(random.integers(1, 5))
        labels = np.array(["", "a", "b", "c", "d"])
        gold = labels[random.integers(1, classes + 1, n)]
        answer = labels[random.integers(0, classes + 1, n)]
        score = random.integers(0, 5, n) / 4
        numbers = random.integers(-3, 4, n).astype(float)
        guesses = numbers + random.integers(-2, 3, n)
        weights = random.integers(0, 3, (3, n)).astype(float)
        weights[0] = 1
        weights[weights.sum(axis=1) == 0] = 1
        result.append((weights, gold, answer, score, numbers, guesses))
    return result


def repeated(weights, *columns):
    times = weights.astype(int)
    return [np.repeat(column, times) for column in columns]


@pytest.mark.slow
def test_metrics_equal_those_of_scikit_learn_and_scipy(tables):
    checked = dict.fromkeys(("balanced", "mcc", "auroc", "ap", "rmse", "mae", "r2", "spearman"), 0)

    def equal(name, ours, theirs):
        assert ours == pytest.approx(theirs, abs=1e-9, nan_ok=True), name
        checked[name] += 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn and scipy warn of tables of one class and of constants
        for weights, gold, answer, score, numbers, guesses in tables:
            right, positive = (gold == answer).astype(float), gold == "a"
            ours = {
                "balanced": pooled.balanced_accuracy(weights, gold, right),
                "mcc": pooled.mcc(weights, gold, answer),
                "auroc": pooled.auroc(weights, positive, score),
                "ap": pooled.average_precision(weights, positive, score),
                "rmse": pooled.rmse(weights, numbers, guesses),
                "mae": pooled.mae(weights, numbers, guesses),
                "r2": pooled.r2(weights, numbers, guesses),
                "spearman": pooled.spearman(weights, numbers, guesses),
            }
            for row, times in enumerate(weights):
                g, a, p, s, x, y = repeated(times, gold, answer, positive, score, numbers, guesses)
                equal("balanced", ours["balanced"][row], sklearn.balanced_accuracy_score(g, a))
                equal("mcc", ours["mcc"][row], sklearn.matthews_corrcoef(g, a))
                one_class = p.all() or not p.any()
                equal("auroc", ours["auroc"][row], np.nan if one_class else sklearn.roc_auc_score(p, s))
                equal("ap", ours["ap"][row], sklearn.average_precision_score(p, s) if p.any() else np.nan)
                equal("rmse", ours["rmse"][row], sklearn.root_mean_squared_error(x, y))
                equal("mae", ours["mae"][row], sklearn.mean_absolute_error(x, y))
                equal("r2", ours["r2"][row], sklearn.r2_score(x, y) if np.ptp(x) else np.nan)
                varies = np.ptp(x) and np.ptp(y)
                equal("spearman", ours["spearman"][row], stats.spearmanr(x, y).statistic if varies else np.nan)
    assert set(checked.values()) == {3 * TABLES}


def test_metrics_worked_out_by_hand():
    ones = np.ones((1, 4))
    gold, answer = np.array(["yes", "yes", "yes", "no"]), np.array(["yes", "", "no", "no"])
    assert pooled.recalls(ones, gold, (gold == answer) * 1.0).tolist() == [[1.0, pytest.approx(1 / 3)]]  # no, yes
    assert pooled.balanced_accuracy(ones, gold, (gold == answer) * 1.0)[0] == pytest.approx(2 / 3)
    # Of the three pairs of a positive and the negative, one is won and one tied.
    assert pooled.auroc(ones, gold == "yes", np.array([0.9, 0.5, 0.1, 0.5]))[0] == pytest.approx(1.5 / 3)
    assert pooled.rmse(ones, np.array([0.0, 0, 0, 0]), np.array([1.0, 1, 1, 3]))[0] == pytest.approx(3**0.5)
    # A drawn row counts as often as it was drawn; one that was not drawn does not count.
    assert pooled.balanced_accuracy(np.array([[0.0, 2, 0, 1]]), gold, (gold == answer) * 1.0)[0] == 0.5


def test_a_table_of_one_class_has_no_auroc_and_a_constant_no_correlation():
    ones, same = np.ones((2, 3)), np.zeros(3)
    assert np.isnan(pooled.auroc(ones, same > 0, np.arange(3.0))).all()
    assert np.isnan(pooled.average_precision(ones, same > 0, np.arange(3.0))).all()
    assert np.isnan(pooled.spearman(ones, np.arange(3.0), same)).all()
    assert np.isnan(pooled.r2(ones, same, np.arange(3.0))).all()
    assert pooled.mcc(ones, np.array(["a"] * 3), np.array(["a", "b", "a"])).tolist() == [0, 0]
