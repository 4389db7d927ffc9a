"""The page's scores: for every setting the tables of arms and baselines.

A setting is a benchmark, a prompt style and a decoding.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.benchmarks.rows import in_mean
from reasonome.config import is_variant
from reasonome.metrics import CEILINGS, INDEPENDENT, MetricSet
from reasonome.report.drawing import drawing
from reasonome.report.figures import figure_name, sweeps
from reasonome.report.plan import Plan
from reasonome.report.tables import grouped, primary_metric, records, reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN

_KINDS = ["model", "baseline", "shuffled"]  # in the order of their rows


class Cell(NamedTuple):
    """What a column of scores shows: a metric on a subset, of all its examples or of one stratum."""

    metric: str
    subset: str = MEAN
    stratum: str = ""


class Setting(NamedTuple):
    """The questions, the style of their prompts, and the decoding of answers."""

    benchmark: str
    style: str
    decoding: str


def list_settings(plan: Plan) -> list[Setting]:
    """The settings that models were scored in, as the plan has them; benchmarks out of distribution come last."""
    distinct = dict.fromkeys(Setting(e.benchmark, e.style, e.decoding) for e in plan.evaluations)
    return sorted(distinct, key=lambda setting: setting.benchmark in plan.out_of_distribution)


def scores_section(plan: Plan, metrics: pd.DataFrame, figures: Path, setting: Setting) -> dict[str, object]:
    """What the page shows of one setting; `metrics` is the experiment's whole table."""
    benchmark, style, decoding = setting
    rows = reported_seeds(metrics).query("benchmark == @benchmark and style == @style")
    rows = rows[(rows["kind"] == "baseline") | (rows["decoding"] == decoding)]
    shown, metric_set = without_strata(rows), plan.metric_set
    models = shown[shown["kind"] == "model"]
    primary, subsets = primary_metric(models, metric_set), sorted(set(models["subset"]) - {MEAN})
    measured = [metric for metric in models["metric"].unique() if metric != primary]
    apart = [metric for metric in measured if metric in metric_set.further or metric not in metric_set.names]
    counted = in_mean(subsets) if len(in_mean(subsets)) > 1 else []
    main = [Cell(primary), *(Cell(primary, subset) for subset in counted)]
    main += [Cell(metric) for metric in metric_set.names if metric in measured and metric not in apart]
    of_strata = rows.query("kind == 'model' and subset == @MEAN and metric == @primary and stratum != ''")
    strata = dict(zip(of_strata["stratum"], of_strata["n"].astype(int), strict=True))
    by_stratum = [m for m in dict.fromkeys([primary, *metric_set.on("strata")]) if m in {primary, *measured}]
    variants = [Cell(m, s) for m in metric_set.on("variants") for s in subsets if m in measured and is_variant(s)]
    return {
        "name": f"{benchmark}, style {style}, decoding {decoding}",
        "track": next(e.track for e in plan.evaluations if (e.benchmark, e.style, e.decoding) == setting),
        "primary": primary,
        "only_rewarded": _only_rewarded_encoders(plan, measured),
        "subsets": in_mean(subsets),
        "n": int(models.query("metric == @primary and subset == @MEAN")["n"].iloc[0]),
        "scores": _scores(shown, main, metric_set),
        "further": _scores(shown, [*map(Cell, apart), *variants], metric_set),
        "sizes": list(strata.items()),
        "strata": _scores(rows, [Cell(m, stratum=stratum) for m in by_stratum for stratum in strata], metric_set),
        "charts": [
            (told, drawing(figures / "ablation", name))
            for backbone in models["backbone"].unique()
            for told, name in _charts(plan, backbone, setting)
        ],
    }


def _charts(plan: Plan, backbone: str, setting: Setting) -> Iterator[tuple[str, str]]:
    """What a figure of scores shows, and its name."""
    lines = "Dashed lines are the best baselines by the information that they use."
    yield f"{backbone}: scores by arm with 95 % intervals. {lines}", figure_name(backbone, *setting)
    for of, name in sweeps(plan, backbone, *setting).items():
        yield f"{backbone}: scores by what was swept of {of}, with 95 % intervals.", name


def _scores(metrics: pd.DataFrame, columns: Sequence[Cell], metric_set: MetricSet) -> dict[str, object]:
    """A table of scores: its columns, and its rows in groups (title, whether models, rows)."""
    ordered = metrics.sort_values("kind", key=lambda kinds: kinds.map(_KINDS.index), kind="stable")
    groups = [
        (_title(kind, information, metric_set), kind == "model", _rows(rows, columns))
        for (kind, information), rows in grouped(ordered, ["kind", "information"])
    ]
    return {"columns": columns, "groups": [group for group in groups if group[2]]}


def _title(kind: str, information: str, metric_set: MetricSet) -> str:
    """The heading of a group of arms or of baselines."""
    if kind != "baseline":
        return "Models" if kind == "model" else "The models' own answers, shuffled"
    begin = "A ceiling, not a baseline to beat: it uses" if information in CEILINGS else "Baselines that use"
    return f"{begin} {metric_set.groups.get(information, information)}"


def _rows(metrics: pd.DataFrame, columns: Sequence[Cell]) -> list[dict[str, object]]:
    """A row for every arm or baseline that has a value in any of the columns."""
    rows = []
    for (backbone, arm, seed), cells in grouped(metrics, ["backbone", "arm", "seed"]):
        found = {Cell(row["metric"], row["subset"], row["stratum"]): row for row in records(cells)}
        shown = [(column, found.get(column)) for column in columns]
        if any(row for _, row in shown):
            rows.append({"backbone": backbone, "arm": arm, "seed": seed, "cells": shown})
    return rows


def _only_rewarded_encoders(plan: Plan, measured: Sequence[str]) -> bool:
    """Whether similarity is measured only by encoders that a reward used too."""
    encoders = {metric for metric in measured if metric.startswith("similarity_") and metric != INDEPENDENT}
    return bool(encoders) and encoders <= {f"similarity_{encoder}" for encoder in plan.rewarded_encoders}


def baseline_notes(metrics: pd.DataFrame, metric_set: MetricSet) -> list[tuple[str, str, str]]:
    """(baseline, information, what it does) of every baseline."""
    baselines = metrics[metrics["kind"] == "baseline"][["arm", "information"]].drop_duplicates()
    pairs = zip(baselines["arm"], baselines["information"], strict=True)
    return [(arm, information, metric_set.baselines.get(arm, "")) for arm, information in pairs]
