"""Whether a model knows when it does not know: confidence and abstention on real and on contaminated gene sets."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from tqdm import tqdm

COLUMNS = ["measure", "against", "coverage", "value", "low", "high", "n", "confidence_kind", "note"]
NEEDED = {"confidence", "confidence_kind", "abstained", "contaminated", "same_term", "term_score"}
COVERAGES = (0.25, 0.5, 0.75, 1.0)
BINS = 10
RANDOM = "random sets"
REAL, BOTH = "real sets", "real and random sets"
_STATED = "stated"
_CELLS_AT_ONCE = 500_000  # of resampled sums: what stays in a processor's cache


class _Measure(NamedTuple):
    """A row of the table to be; `of` takes sums by groups of ties, falling, and gives a value per resample."""

    name: str
    coverage: float
    of: Callable[[dict[str, np.ndarray]], np.ndarray]


def abstention_table(scores: pd.DataFrame, seed: int, resamples: int) -> pd.DataFrame:
    """COLUMNS, a row per measure, of a table of scores; samples and orders of one question are averaged first.

    auroc: chance that a real set's confidence is above that of a random (or partly contaminated) one, ties counting
    half, where an abstention is less sure of a name than every name; auroc_abstaining: the same of not abstaining.
    term_score and right at a coverage: their mean over that share of sets of which the model is most sure; ..._area:
    the mean over all coverages. auroc_constant and ..._constant: the same for a confidence that never varies.
    calibration_error: see there. Intervals (95 %) resample clusters. A value is nan where `note` says why. Raises
    ValueError for a table without rows.
    """
    kind, table, note = _questions(scores)
    rows = []
    for against, chosen in _contrasts(table):
        confident, abstaining = _Measure("auroc", np.nan, _auroc), _Measure("auroc_abstaining", np.nan, _auroc)
        rows += _rows(against, chosen, "sure_of_a_name", [confident], _no_auroc(chosen, kind), seed, resamples)
        rows += _rows(against, chosen, "answered", [abstaining], _no_auroc(chosen), seed, resamples)
        missing = _no_auroc(chosen)
        rows.append(["auroc_constant", against, np.nan, *[np.nan if missing else 0.5] * 3, len(chosen), missing])
    for over, chosen in _pools(table):
        curves = [measure for name in ("term_score", "right") for measure in _along_the_curve(name)]
        rows += _rows(over, chosen, "confidence", curves, _no_coverage(over, chosen, kind), seed, resamples)
        baselines = [_Measure(f"{name}_constant", np.nan, partial(_at, name, 1.0)) for name in ("term_score", "right")]
        rows += _rows(over, chosen, "confidence", baselines, _no_coverage(over, chosen), seed, resamples)
        rows.append(_calibration_row(over, chosen, kind))
    found = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "confidence_kind"])
    of_confidence = ~found["measure"].str.endswith(("_abstaining", "_constant"))
    found.loc[of_confidence & (found["note"] == ""), "note"] = note
    return found.assign(confidence_kind=kind)[COLUMNS]


def curve(scores: pd.DataFrame) -> pd.DataFrame:
    """Columns measure, over, coverage (0.01 … 1), accuracy, and baseline: that of a confidence that never varies."""
    kind, table, _ = _questions(scores)
    parts = []
    for over, chosen in _pools(table):
        if _no_coverage(over, chosen, kind):
            continue
        sums = _sums(chosen, "confidence")
        coverage = np.arange(1, 101) / 100
        for measure in ("term_score", "right"):
            accuracy = [_at(measure, share, sums)[0] for share in coverage]
            one = pd.DataFrame({"coverage": coverage, "accuracy": accuracy, "baseline": chosen[measure].mean()})
            parts.append(one.assign(measure=measure, over=over))
    columns = ["measure", "over", "coverage", "accuracy", "baseline"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def auroc(real: np.ndarray, contaminated: np.ndarray) -> float:
    """Chance that a real set's confidence is above a contaminated one's, ties counting half; nan without either."""
    if not (len(real) and len(contaminated)):
        return np.nan
    table = pd.DataFrame(
        {"confidence": [*real, *contaminated], "contaminated": [0.0] * len(real) + [1.0] * len(contaminated)}
    )
    return float(_auroc(_sums(table, "confidence"))[0])


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error, 0 to 1: mean distance of confidence and accuracy in BINS bins of equal mass.

    Answers of one confidence have their mean accuracy each, so that it does not matter which of them fall into
    one bin.
    """
    expected = pd.Series(right, dtype=float).groupby(np.asarray(confidence)).transform("mean").to_numpy()
    order = np.argsort(confidence, kind="stable")
    bins = np.array_split(order, min(BINS, len(order)))
    gaps = [abs(np.mean(np.asarray(confidence)[one]) - expected[one].mean()) * len(one) for one in bins]
    return float(np.sum(gaps) / len(order))


# --- questions ------------------------------------------------------------------------------------------


def _questions(scores: pd.DataFrame) -> tuple[str, pd.DataFrame, str]:
    """The kind of confidence, a row per question, and what is to be noted of it.

    An answer without a confidence (of the kind that most answers have) is one of which the model is least sure. On
    random sets abstaining alone is right; on real ones the true term, or for `term_score` its score. `sure_of_a_name`
    is the confidence of a name, and below all of them that of an abstention, however sure.
    """
    if scores.empty:
        raise ValueError("no scores")
    kinds = scores.loc[scores["confidence"].notna(), "confidence_kind"]
    kind = kinds.mode().iloc[0] if len(kinds) else ""
    missing = scores["confidence"].isna() | (scores["confidence_kind"] != kind)
    confidence = scores["confidence"].where(~missing)
    least = min([0.0, *confidence.dropna()])
    random = scores["contaminated"] == 1.0
    table = scores[["subset", "id", "cluster", "contaminated"]].assign(
        confidence=confidence,
        sure_of_a_name=confidence.where(scores["abstained"] == 0, least - 1),
        answered=1 - scores["abstained"],
        right=scores["abstained"].where(random, scores["same_term"]),
        term_score=scores["abstained"].where(random, scores["term_score"]),
    )
    grouped = table.groupby(["subset", "id"], as_index=False)
    table = grouped.agg(
        cluster=("cluster", "first"),
        contaminated=("contaminated", "first"),
        **{name: (name, "mean") for name in ("confidence", "sure_of_a_name", "answered", "right", "term_score")},
    )
    # Names without a confidence: below all that have one, above abstaining.
    table["sure_of_a_name"] = table["sure_of_a_name"].fillna(least - 0.5)
    without = int(table["confidence"].isna().sum())
    note = f"{without} without a confidence count as least sure" if kind and without else ""
    return kind, table, note


def _real(table: pd.DataFrame) -> pd.Series:
    return table["contaminated"] == 0.0


def _contrasts(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Real sets with the random ones, and with those of every other share of replaced genes."""
    others = sorted(set(table["contaminated"]) - {0.0, 1.0})
    for share in (1.0, *others):
        chosen = table[_real(table) | (table["contaminated"] == share)]
        yield RANDOM if share == 1.0 else f"sets with {share:.0%} of genes replaced", chosen


def _pools(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """What coverage is taken over: partly contaminated sets have a name and too little to tell it by."""
    yield BOTH, table[table["contaminated"].isin([0.0, 1.0])]
    yield REAL, table[_real(table)]


def _no_auroc(table: pd.DataFrame, kind: str = "any") -> str:
    """Why there is no AUROC; "" if there is one."""
    if _real(table).all():
        return "no contaminated sets: `contaminated` of the benchmark makes them"
    if not _real(table).any():
        return "no real sets"
    return "" if kind else "no answer has a confidence"


def _no_coverage(over: str, table: pd.DataFrame, kind: str = "any") -> str:
    """Why there is no coverage–accuracy curve; "" if there is one."""
    if over == BOTH and _real(table).all():
        return "no random sets: `contaminated: [1.0]` of the benchmark makes them"
    if not _real(table).any():
        return "no real sets"
    return "" if kind else "no answer has a confidence"


# --- measures -------------------------------------------------------------------------------------------


def _groups(table: pd.DataFrame, column: str) -> np.ndarray:
    """Numbers of the groups of equal values, from 0 for the highest; the last is what has no value."""
    values = table[column]
    return np.unique(-values.fillna(values.min() - 1).fillna(0).to_numpy(float), return_inverse=True)[1]


def _sums(table: pd.DataFrame, column: str, clusters: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Of each group of equal confidence: its rows ("n"), real sets, and sums of the measures, shape (1, groups).

    With codes of clusters a row for each, as sparse matrices.
    """
    groups = _groups(table, column)
    values = {"n": np.ones(len(table)), "real": _real(table).to_numpy(float)}
    values |= {name: table[name].to_numpy(float) for name in ("term_score", "right") if name in table}
    places = (np.zeros(len(table), int) if clusters is None else clusters, groups)
    found = {name: sparse.csr_array((one, places)) for name, one in values.items()}
    return found if clusters is not None else {name: one.toarray() for name, one in found.items()}


def _auroc(sums: dict[str, np.ndarray]) -> np.ndarray:
    sure, unsure = sums["real"], sums["n"] - sums["real"]
    above = np.cumsum(sure, axis=1) - sure / 2
    with np.errstate(invalid="ignore"):
        return (above * unsure).sum(axis=1) / (sure.sum(axis=1) * unsure.sum(axis=1))


def _at(name: str, coverage: float, sums: dict[str, np.ndarray]) -> np.ndarray:
    """Mean of a measure among the most confident share; of tied rows that go in part, as many as expected of each."""
    counts = sums["n"]
    taken = coverage * counts.sum(axis=1, keepdims=True)
    before = np.cumsum(counts, axis=1) - counts
    share = np.clip(np.divide(taken - before, counts, out=np.zeros_like(counts), where=counts > 0), 0, 1)
    return (share * sums[name]).sum(axis=1) / taken[:, 0]


def _area(name: str, sums: dict[str, np.ndarray]) -> np.ndarray:
    """Mean of `_at` over the coverages 1/n, 2/n … 1, of n rows."""
    counts, gains = sums["n"], sums[name]
    after = np.cumsum(counts, axis=1)
    before, gained = after - counts, np.cumsum(gains, axis=1) - gains
    means = np.divide(gains, counts, out=np.zeros_like(gains), where=counts > 0)
    # Among the first k rows, in a group that begins after `before`, are gained + (k - before) * mean; divided by k and
    # summed over the group this takes the harmonic numbers.
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(after.max()) + 1))])
    within = harmonic[after.astype(int)] - harmonic[before.astype(int)]
    return (gains + (gained - before * means) * within).sum(axis=1) / after[:, -1]


def _along_the_curve(name: str) -> Iterator[_Measure]:
    for coverage in COVERAGES:
        yield _Measure(name, coverage, partial(_at, name, coverage))
    yield _Measure(f"{name}_area", np.nan, partial(_area, name))


def _calibration_row(over: str, table: pd.DataFrame, kind: str) -> list:
    stated = table[table["confidence"].notna()]
    missing = _no_coverage(over, table, kind) or ("" if kind == _STATED else "for stated confidences alone")
    note = missing or "no interval: resampling raises it"
    value = np.nan if missing else calibration_error(stated["confidence"].to_numpy(), stated["right"].to_numpy())
    return ["calibration_error", over, np.nan, value, np.nan, np.nan, len(stated), note]


def _rows(
    against: str,
    table: pd.DataFrame,
    column: str,
    measures: list[_Measure],
    missing: str,
    seed: int,
    resamples: int,
) -> Iterator[list]:
    if missing:
        yield from ([one.name, against, one.coverage, *[np.nan] * 3, len(table), missing] for one in measures)
        return
    values = [float(one.of(_sums(table, column))[0]) for one in measures]
    intervals = _intervals(table, column, measures, seed, resamples)
    for one, value, (low, high) in zip(measures, values, intervals, strict=True):
        yield [one.name, against, one.coverage, value, low, high, len(table), ""]


def _intervals(
    table: pd.DataFrame, column: str, measures: list[_Measure], seed: int, resamples: int
) -> list[tuple[float, float]]:
    """Percentile bootstrap over clusters, whose resamples the measures share.

    Resamples without one of two classes, which have no AUROC, do not count.
    """
    random = np.random.default_rng(seed)
    codes, names = pd.factorize(table["cluster"], sort=True)
    clusters, of_cluster = len(names), _sums(table, column, codes)
    at_once = max(1, _CELLS_AT_ONCE // len(table))
    values = []
    for start in tqdm(range(0, resamples, at_once), f"{measures[0].name}, resampled", delay=5):
        rows = min(at_once, resamples - start)
        drawn = random.integers(0, clusters, size=(rows, clusters)) + clusters * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters).astype(float)
        sums = {name: times @ one for name, one in of_cluster.items()}
        values.append([one.of(sums) for one in measures])
    found = np.concatenate(values, axis=1)
    return [tuple(np.nanquantile(one, [0.025, 0.975])) if np.isfinite(one).any() else (np.nan, np.nan) for one in found]
