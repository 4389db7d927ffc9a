"""The result of scoring a table of answers: metrics with intervals, baselines, and problems of the answers."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from reasonome.metrics import MetricSet, Pooled
from reasonome.scoring.comparisons import resampled_means

_FEWEST_CLUSTERS = 5


@dataclass(frozen=True)
class Score:
    """The mean of a metric over `n` answers and its 95 % interval; no interval where resampling has no meaning.

    `se` is the standard error from the same resamples, None if not requested. `note` says that the values do not vary.
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
    """In words, why rows in so few clusters have no interval; "" where they have one.

    A handful of clusters has too few distinct resamples: with one cluster the interval would be a point.
    """
    count = rows if clusters is None else len(set(clusters))
    if rows == 1:
        return "no intervals: one row alone cannot be resampled"
    if count == rows or count >= _FEWEST_CLUSTERS:
        return ""
    several = f"{count} clusters" if count > 1 else "one cluster"
    return f"no intervals: {rows} rows are {several} by {by}, too few to resample"


def intervals(
    scores: pd.DataFrame,
    subsets: Sequence[str],
    clusters: Sequence[str] | None,
    seed: int,
    resamples: int,
    errors: bool = False,
    pooled: Mapping[Any, Pooled] = MappingProxyType({}),
    hits: Collection[object] = (),
) -> dict[str, dict[Any, Score]]:
    """Subset, or "mean", → metric, as in `scores` and `pooled`, → its score. `errors`: with `se`.

    Rows of one cluster are resampled together. A metric is over the rows in which it has a value (not nan); a metric
    without any value is left out. `pooled` are metrics of all rows together. `hits` are those of 0 and 1, whose
    intervals are exact.
    """
    result = {}
    values = scores.to_numpy(float)
    draws = {"seed": seed, "resamples": resamples, "pooled": list(pooled.values())}
    keys = [*scores, *pooled]
    exact = [key in hits for key in keys]
    for subset, resampled in resampled_means(values, subsets, clusters, **draws):
        means, n = resampled.value.tolist(), resampled.n.tolist()
        low, high, notes = resampled.intervals(exact)
        low, high = ([None if np.isnan(bound) else float(bound) for bound in bounds] for bounds in (low, high))
        error = np.nanstd(resampled.means, axis=0, ddof=1).tolist() if errors else [None] * len(low)
        columns = zip(keys, means, low, high, n, error, notes, strict=True)
        result[subset] = {metric: Score(*score) for metric, *score in columns if score[3]}
    return result


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
