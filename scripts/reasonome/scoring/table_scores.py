"""The result of scoring a table of answers: metrics with intervals, baselines, and problems of the answers."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from reasonome.benchmarks.rows import in_mean
from reasonome.metrics import MetricSet, Pooled
from reasonome.scoring.clustered import NOISE, Influence, estimate, exact_interval, of_means, of_pooled
from reasonome.scoring.comparisons import ALIKE, ALIKE_HITS, MEAN

ALONE = "a subset of one cluster, or a metric that needs one: no interval"
ALONE_HITS = "a subset of one cluster: an exact interval, by the number of clusters"
_FEWEST_CLUSTERS = 5


@dataclass(frozen=True)
class Score:
    """The mean of a metric over `n` answers and its 95 % interval; no interval where none is known.

    `se` is the standard error, None if not known or not requested. `note` says why there is no interval, or that it is
    exact though the values do not vary.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    se: float | None = None
    note: str = ""

    def alone(self) -> "Score":
        """The mean without interval and standard error."""
        return Score(self.value, None, None, self.n)

    def fields(self) -> dict[str, float | str | None]:
        """The score as in JSON; `se` and `note` only if there are any."""
        error = {} if self.se is None else {"se": self.se}
        note = {"note": self.note} if self.note else {}
        return {"value": self.value, **error, "low": self.low, "high": self.high, "n": self.n, **note}


@dataclass(frozen=True)
class ScoredBaseline:
    """The scores of a baseline. `information`: what it uses; `note`: how its answers were made."""

    information: str
    note: str
    metrics: dict[str, Score]


@dataclass(frozen=True)
class Scored:
    """Scores of `n` answers. `table` has a row per answer; `subsets` the metrics of each subset of a benchmark.

    `problems` counts the problems of answers by kind, `notes` says them in words. `track` is how answers were read, if
    there is a choice; `macro` has metrics averaged first over the answers of a right gene, then over genes, so its `n`
    counts genes. `known` are the metrics that may be among these, and where they are shown.
    """

    n: int
    known: MetricSet
    metrics: dict[str, Score]
    baselines: dict[str, ScoredBaseline]
    problems: dict[str, int]
    table: pd.DataFrame
    subsets: dict[str, dict[str, Score]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    track: str = ""
    macro: dict[str, Score] = field(default_factory=dict)

    def to_json(self) -> str:
        """One JSON object, as of `fields`."""
        return json.dumps(self.fields(), indent=2, ensure_ascii=False)

    def fields(self) -> dict[str, object]:
        """The scores as in JSON: n, metrics, baselines, problems, notes, and if present track, macro and subsets."""
        value: dict[str, object] = {
            "n": self.n,
            **({"track": self.track} if self.track else {}),
            "metrics": _fields(self.metrics),
            **({"macro": _fields(self.macro)} if self.macro else {}),
            "baselines": {
                name: {"information": baseline.information, "note": baseline.note, "metrics": _fields(baseline.metrics)}
                for name, baseline in self.baselines.items()
            },
            "problems": self.problems,
            "notes": self.notes,
        }
        if self.subsets:
            value["subsets"] = {subset: _fields(metrics) for subset, metrics in self.subsets.items()}
        return value

    def text(self) -> str:
        """The scores, the baselines with the margin over each, and the notes, as text for a terminal."""
        first = self.known.labels(lambda metric: metric.leads)
        values = [f"{shown} {self.metrics[name].value:.4f}" for name, shown in first.items() if name in self.metrics]
        track = f", track {self.track}" if self.track else ""
        parts = [f"{', '.join(values)} ({self.n} rows{track})"] if values else []
        parts.append(_metrics_text(self.metrics))
        if self.macro:
            parts.append("mean over right genes\n" + _metrics_text(self.macro))
        if self.subsets:
            parts.append(_subsets_text(self.subsets, self._of_baselines()))
        if self.baselines:
            parts.append(self._baselines_text())
        counts = ", ".join(f"{problem} {count}" for problem, count in self.problems.items() if count)
        notes = [*self._alike(), *self.notes, *([f"problems, counted: {counts}"] if counts else [])]
        return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])])

    def _alike(self) -> list[str]:
        """Which metrics have values that do not vary, and what that means for their intervals."""
        notes = dict.fromkeys(score.note for score in self.metrics.values() if score.note)
        return [
            f"{', '.join(name for name, score in self.metrics.items() if score.note == note)}: {note}" for note in notes
        ]

    def _of_baselines(self) -> list[str]:
        """The metrics that are printed of baselines too."""
        return [metric for metric in self.known.on("baselines") if metric in self.metrics]

    def _baselines_text(self) -> str:
        """Values of the baselines, and how much better the answers are in the first metric that both have."""
        shown, baselines = self._of_baselines(), self.baselines
        less_is_better = self.known.those(lambda metric: metric.less_is_better)
        first = next(
            (metric for metric in shown if all(metric in baseline.metrics for baseline in baselines.values())), None
        )
        rows = {}
        for name, baseline in baselines.items():
            rows[name] = {metric: _value(baseline.metrics.get(metric)) for metric in shown}
            if first:
                margin = self.metrics[first].value - baseline.metrics[first].value
                rows[name][f"margin in {first}"] = f"{-margin if first in less_is_better else margin:+.4f}"
            rows[name]["information"] = baseline.information
        notes = [f"{name}: {baseline.note}" for name, baseline in baselines.items() if baseline.note]
        return "\n".join([aligned("baseline", rows), *notes])


def few_clusters(rows: int, clusters: Sequence[str] | None, by: str = "the genes that they share") -> str:
    """In words, why rows in so few clusters have no interval; "" where they have one."""
    count = rows if clusters is None else len(set(clusters))
    if rows == 1:
        return "no intervals: one row alone does not tell how far others lie"
    if count == rows or count >= _FEWEST_CLUSTERS:
        return ""
    several = f"{count} clusters" if count > 1 else "one cluster"
    return f"no intervals: {rows} rows are {several} by {by}, too few to tell how far others lie"


def intervals(
    scores: pd.DataFrame,
    subsets: Sequence[str],
    clusters: Sequence[object] | None,
    errors: bool = False,
    pooled: Mapping[Any, Pooled] = MappingProxyType({}),
    hits: Collection[object] = (),
) -> dict[str, dict[Any, Score]]:
    """Subset, and "mean" for the mean of those of `in_mean`, → metric, as in `scores` and `pooled`, → its score.

    Rows of one cluster hang together; without clusters each is its own. A metric is over the rows in which it has a
    value (not nan), and over the subsets that have any; a metric without any value is left out. `pooled` are metrics of
    all rows of a subset together. `hits` are those of 0 and 1, whose intervals are exact. `errors`: with `se`.
    """
    values = {key: scores[key].to_numpy(float) for key in scores}
    strata, named = np.asarray(subsets), np.arange(len(scores)) if clusters is None else np.asarray(clusters)
    result = {}
    for name in [*sorted({*subsets} - {MEAN}), MEAN]:
        rows = np.flatnonzero(np.isin(strata, in_mean(subsets) if name == MEAN else [name]))
        known = {key: own[rows] for key, own in values.items() if not np.isnan(own[rows]).all()}
        found = {key: score_of(own, strata[rows], named[rows], key in hits) for key, own in known.items()}
        of_all = {key: together(metric, strata, named, rows) for key, metric in pooled.items()}
        found |= {key: _scored(*of) for key, of in of_all.items() if of is not None}
        result[name] = found if errors else {key: replace(one, se=None) for key, one in found.items()}
    return result


def score_of(values: ArrayLike, strata: ArrayLike, clusters: ArrayLike | None = None, hits: bool = False) -> Score:
    """The mean over strata of the means of their values, nan left out; ValueError without any.

    The interval of `hits` is exact, if their values are 0 or 1.
    """
    known = np.flatnonzero(~np.isnan(np.asarray(values, float)))
    own, within = np.asarray(values, float)[known], np.asarray(strata)[known]
    named = known if clusters is None else np.asarray(clusters)[known]
    of = of_means(own[:, None], within, named)
    if not (hits and np.isin(own, (0, 1)).all()):
        return _scored(of, len(own))
    # As many clusters as weigh as these do, where strata have n1, n2 … nK of them: K² / (1/n1 + … + 1/nK).
    in_strata = pd.Series(named).groupby(within).nunique()
    return _scored(of, len(own), float(len(in_strata) ** 2 / (1 / in_strata).sum()))


def together(
    metric: Pooled, strata: np.ndarray, clusters: np.ndarray, rows: np.ndarray
) -> tuple[Influence, int] | None:
    """The mean over strata of a metric of all of their rows together, and of how many rows; None where no stratum has
    it. Only `rows`, by their places, count.
    """
    parts = []
    for name in np.unique(strata[rows]):
        places = rows[strata[rows] == name]
        function = metric(places)
        if function is not None and np.isfinite(function(np.ones((1, len(places))))[0]):
            parts.append((function, places))
    if not parts:
        return None
    known, ends = np.concatenate([places for _, places in parts]), np.cumsum([len(places) for _, places in parts])

    def mean(weights: np.ndarray) -> np.ndarray:
        own = np.split(weights[None], ends[:-1], axis=1)
        values = [function(mine)[0] if mine.any() else np.nan for (function, _), mine in zip(parts, own, strict=True)]
        return np.array([np.mean(values)])

    return of_pooled(mean, strata[known], clusters[known]), len(known)


def _scored(of: Influence, n: int, clusters: float | None = None) -> Score:
    """The score of one model, with an exact interval where the number of `clusters` is given."""
    found = estimate(of)
    value, error = float(found.value), float(found.error)
    known = None if np.isnan(error) else error
    if clusters is not None:
        low, high = exact_interval(found, clusters, n).tolist()
        return Score(value, low, high, n, known, "" if error > NOISE else ALONE_HITS if known is None else ALIKE_HITS)
    if error > NOISE:
        low, high = found.bounds.tolist()
        return Score(value, low, high, n, known)
    return Score(value, None, None, n, known, ALONE if known is None else ALIKE)


def _fields(metrics: Mapping[str, Score]) -> dict[str, dict[str, float | str | None]]:
    return {name: score.fields() for name, score in metrics.items()}


def _metrics_text(metrics: Mapping[str, Score]) -> str:
    rows = {}
    for name, score in metrics.items():
        error = {} if score.se is None else {"se": f"{score.se:.4f}"}
        bounds = "" if score.low is None else f"[{score.low:.4f}, {score.high:.4f}]"
        rows[name] = {"value": f"{score.value:.4f}", **error, "95 % interval": bounds, "n": score.n}
    return aligned("metric", rows)


def _subsets_text(subsets: Mapping[str, Mapping[str, Score]], shown: Sequence[str]) -> str:
    rows = {}
    for subset, metrics in subsets.items():
        counted = max(score.n for score in metrics.values())
        rows[subset] = {metric: _value(metrics.get(metric)) for metric in shown} | {"n": counted}
    return aligned("subset", rows)


def _value(score: Score | None) -> str:
    return "" if score is None or math.isnan(score.value) else f"{score.value:.4f}"


def aligned(kind: str, rows: Mapping[str, Mapping[str, object]]) -> str:
    """A table for a terminal, its rows headed by `kind`."""
    return pd.DataFrame.from_dict(dict(rows), orient="index").fillna("").rename_axis(columns=kind).to_string()
