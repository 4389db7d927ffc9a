"""The page's scores: for every setting a headline, all metrics, margins over baselines, strata, and every test.

A setting is a benchmark, a prompt style and a decoding.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import in_mean
from reasonome.config import is_variant
from reasonome.metrics import CEILINGS, INDEPENDENT, MetricSet
from reasonome.report.answers_data import Run
from reasonome.report.drawing import drawing
from reasonome.report.evidence import Evidence
from reasonome.report.family import SIGNIFICANT, is_claim
from reasonome.report.figures import figure_name
from reasonome.report.plan import Plan
from reasonome.report.tables import grouped, primary_metric, records, reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN

LINKED = {
    "name": "by name",
    "synonym": "by synonym",
    "encoder": "by encoder",
    "far": "by encoder, for genes alone",
    "": "not at all",
}


class Column(NamedTuple):
    """What a column of scores shows: a metric on a subset, of all its examples or of one stratum."""

    metric: str
    subset: str = MEAN
    stratum: str = ""


class Setting(NamedTuple):
    """The questions, the style of their prompts, and the decoding of answers."""

    benchmark: str
    style: str
    decoding: str


def behind(runs: Sequence[Run], setting: Setting, kind: str, backbone: str, arm: str, seed: str = MEAN) -> list[int]:
    """The numbers of the runs behind a score, as in the table of answers; several for a mean over seeds."""
    wanted = ("model", backbone, arm, *setting)
    if kind == "baseline":
        wanted = ("baseline", "", arm, *setting._replace(decoding=""))
    return [
        number
        for number, run in enumerate(runs)
        if (run.kind, run.backbone, run.arm, run.benchmark, run.style, run.decoding) == wanted
        and (seed in (MEAN, "") or run.seed == seed)
    ]


def sides(runs: Sequence[Run], setting: Setting, test: Mapping[str, Any]) -> list[int]:
    """The numbers of the first runs behind the two sides of a test; none where a side has no answers of its own."""
    kind, backbone, b, asked = test["kind"], test["backbone"], test["b"], setting
    if kind == "shuffled":
        return []
    asked_alike = kind == "named pair" and behind(runs, setting, "model", backbone, b)
    if kind in ("other style", "other backbone", "named pair") and not asked_alike:
        b, _, other = b.removesuffix("]").rpartition(" [")
        asked = setting if kind == "other backbone" else setting._replace(style=other)
        backbone = other if kind == "other backbone" else backbone
    own = behind(runs, setting, "model", test["backbone"], test["a"])
    against = behind(runs, asked, kind, backbone, b)
    return [own[0], against[0]] if own and against else []


def list_settings(plan: Plan) -> list[Setting]:
    """The settings that models were scored in, as the plan has them; benchmarks out of distribution come last."""
    benchmarks = dict.fromkeys(e.benchmark for e in plan.evaluations)
    inside = [name for name in benchmarks if name not in plan.out_of_distribution]
    order = [*inside, *plan.out_of_distribution]
    distinct = dict.fromkeys(Setting(e.benchmark, e.style, e.decoding) for e in plan.evaluations)
    return sorted(distinct, key=lambda setting: order.index(setting.benchmark))


def scores_section(
    plan: Plan, metrics: pd.DataFrame, comparisons: pd.DataFrame, figures: Path, runs: Sequence[Run], setting: Setting
) -> dict[str, Any]:
    """What the page shows of one setting; `metrics` and `comparisons` are the experiment's whole tables."""
    benchmark, style, decoding = setting
    in_setting = reported_seeds(metrics).query("benchmark == @benchmark and style == @style")
    in_setting = in_setting[(in_setting["kind"] == "baseline") | (in_setting["decoding"] == decoding)]
    shown = without_strata(in_setting)
    models, baselines = (shown[shown["kind"] == kind] for kind in ("model", "baseline"))
    compared = comparisons.query("benchmark == @benchmark and style == @style and decoding == @decoding")
    subsets = sorted(set(models["subset"]) - {MEAN})
    metric_set = plan.metric_set
    primary = primary_metric(models, metric_set)
    tables = _Tables(runs, setting, metric_set)
    kinds = list(baselines["information"].unique())
    rows = tables.tests(compared)
    of_mean = [test for test in rows if test["subset"] == MEAN]
    beside = [
        row | tables.provenance("model", row["backbone"], row["arm"]) for row in margins(of_mean, baselines, kinds)
    ]
    backbones, folder = models["backbone"].unique(), figures / "ablation"
    return {
        "name": f"{benchmark}, style {style}, decoding {decoding}",
        "track": next(e.track for e in plan.evaluations if (e.benchmark, e.style, e.decoding) == setting),
        "primary": primary,
        "only_rewarded": _only_rewarded_encoders(plan, models),
        "subsets": in_mean(subsets),
        "n": int(models.query("metric == @primary and subset == @MEAN")["n"].iloc[0]),
        "headline": tables.headline(shown, primary),
        "scores": tables.scores(shown, _main_columns(models, subsets, primary, metric_set)),
        "further": tables.scores(shown, _further_columns(models, metric_set)),
        "strata": tables.strata_scores(in_setting[in_setting["kind"] != "shuffled"], primary),
        "variants": tables.variant_scores(shown[shown["kind"] != "shuffled"], subsets),
        "margins": beside,
        "kinds": kinds,
        "tests": of_mean,
        "subset_tests": [t for t in rows if t["subset"] != MEAN],
        "style_tests": [t for t in of_mean if t["kind"] == "other style"],
        "backbone_tests": [t for t in of_mean if t["kind"] == "other backbone"],
        "missing": _missing(compared),
        "charts": [(backbone, drawing(folder, figure_name(backbone, *setting))) for backbone in backbones],
        "rank_charts": [
            (backbone, drawing(folder, figure_name(backbone, *setting, "top_k")))
            for backbone in backbones
            if metric_set.over_ranks
        ],
    }


def linking(plan: Plan, evidence: Evidence, setting: Setting) -> dict[str, Any] | None:
    """How answers were linked to terms: (backbone, arm, [(how, share), …]) of every arm over all its answers, the
    encoders that linked any, and those of them that a reward used. None without an ontology."""
    tables = [
        table.assign(backbone=e.backbone, arm=e.arm, term_by=table["term_by"].fillna(""))
        for e, table in evidence.evaluations
        if (e.benchmark, e.style, e.decoding) == tuple(setting) and "term_by" in table
    ]
    if not tables:
        return None
    arms = [
        (*key, [(words, share) for how, words in LINKED.items() if (share := (rows["term_by"] == how).mean())])
        for key, rows in grouped(pd.concat(tables), ["backbone", "arm"])
    ]
    linked = [table for table in tables if {"encoder", "far"} & {*table["term_by"]}]
    encoders = {c.removeprefix("percentile_") for table in linked for c in table.columns if c.startswith("percentile_")}
    return {"arms": arms, "encoders": sorted(encoders), "rewarded": sorted(encoders & set(plan.rewarded_encoders))}


def baseline_notes(metrics: pd.DataFrame, metric_set: MetricSet) -> list[tuple[str, str, str]]:
    """(baseline, information, what it does) of every baseline."""
    baselines = metrics[metrics["kind"] == "baseline"][["arm", "information"]].drop_duplicates()
    pairs = zip(baselines["arm"], baselines["information"], strict=True)
    return [(arm, information, metric_set.baselines.get(arm, "")) for arm, information in pairs]


def claimed_p(test: Mapping[str, Any]) -> float:
    """The p-value that counts: adjusted for a claim of the protocol's family, else unadjusted."""
    return test["p_holm"] if is_claim(test) else test["p_family"]


def margins(tests: list[dict], baselines: pd.DataFrame, kinds: list[str]) -> list[dict]:
    """Per arm and metric, from tests of the mean: the test against the best baseline of each kind, and the kinds of
    which it beats every baseline.

    Only tests adjusted within the protocol's family count: no ceiling is beaten, and no untrained arm beats anything.
    """
    values = baselines[baselines["subset"] == MEAN].set_index(["metric", "arm"])["value"]
    rows = []
    by_arm: dict[tuple, list[dict]] = {}
    for test in tests:
        by_arm.setdefault((test["backbone"], test["a"], test["metric"]), []).append(test)
    for (backbone, arm, metric), own in by_arm.items():
        cells, beaten = {}, []
        for kind in kinds:
            against = [t for t in own if (t["kind"], t["information"]) == ("baseline", kind)]
            if not against:
                continue
            cells[kind] = max(against, key=lambda test: values[metric, test["b"]])
            if all(t["difference"] > 0 and t["p_holm"] < SIGNIFICANT for t in against):
                beaten.append(kind)
        by_kind = {t["kind"]: t for t in reversed(own) if t["kind"] in ("parent arm", "shuffled")}
        labels = {"backbone": backbone, "arm": arm, "seed": "", "metric": metric}
        others = {"parent": by_kind.get("parent arm"), "shuffled": by_kind.get("shuffled")}
        rows.append(labels | others | {"cells": cells, "beaten": beaten})
    return rows


def _main_columns(models: pd.DataFrame, subsets: list[str], primary: str, metric_set: MetricSet) -> list[Column]:
    """The primary metric's mean, its value on each subset, and the mean of every other metric of the main table."""
    columns = [Column(primary)]
    if len(in_mean(subsets)) > 1:
        columns += [Column(primary, subset) for subset in in_mean(subsets)]
    others = set(models["metric"]) - {primary, *metric_set.further}
    return columns + [Column(metric) for metric in metric_set.names if metric in others]


def _further_columns(models: pd.DataFrame, metric_set: MetricSet) -> list[Column]:
    shown = set(metric_set.names) - set(metric_set.further)
    return [Column(metric) for metric in models["metric"].drop_duplicates() if metric not in shown]


def _only_rewarded_encoders(plan: Plan, models: pd.DataFrame) -> bool:
    """Whether similarity is measured only by encoders that a reward used too."""
    measured = {m for m in models["metric"] if m.startswith("similarity_") and m != INDEPENDENT}
    return bool(measured) and measured <= {f"similarity_{encoder}" for encoder in plan.rewarded_encoders}


class _Tables:
    """Rows of tables, each with the `runs` of answers behind it and the steps that `made` the model."""

    def __init__(self, runs: Sequence[Run], setting: Setting, metric_set: MetricSet):
        self.runs, self.setting, self.metric_set = runs, setting, metric_set

    def provenance(self, kind: str, backbone: str, arm: str, seed: str = MEAN) -> dict[str, Any]:
        numbers = behind(self.runs, self.setting, kind, backbone, arm, seed)
        own = [] if kind == "shuffled" else [self.runs[number] for number in numbers]
        steps = dict.fromkeys(step for run in own for step in run.made)
        origins = dict.fromkeys(run.origin for run in own if run.origin)
        return {"runs": numbers, "made": list(steps), "origins": list(origins)}

    def tests(self, compared: pd.DataFrame) -> list[dict]:
        """Every test as a mapping; `sides` has the first run of both sides, where both have answers of their own."""
        return [row | {"sides": sides(self.runs, self.setting, row)} for row in records(compared)]

    def rows(self, metrics: pd.DataFrame, columns: list[Column]) -> list[dict]:
        """A row for every arm or baseline that has a value in any of the columns."""
        rows = []
        for (backbone, arm, seed), cells in grouped(metrics, ["backbone", "arm", "seed"]):
            by_column = {Column(row["metric"], row["subset"], row["stratum"]): row for row in records(cells)}
            if not any(column in by_column for column in columns):
                continue
            kind = cells["kind"].iloc[0]
            labels = {"kind": kind, "backbone": backbone, "arm": arm, "seed": seed}
            shown = {"cells": [(column, by_column.get(column)) for column in columns]}
            rows.append(labels | shown | self.provenance(kind, backbone, arm, seed))
        return rows

    def scores(self, metrics: pd.DataFrame, columns: list[Column]) -> dict[str, Any]:
        """A table of scores: its columns, and its rows in groups (title, whether models, rows)."""
        baselines = metrics[metrics["kind"] == "baseline"]
        words = self.metric_set.groups
        groups = [("Models", True, self.rows(metrics[metrics["kind"] == "model"], columns))]
        for kind in baselines["information"].unique():
            title = f"Baselines that use {words.get(kind, kind)}"
            if kind in CEILINGS:
                title = f"A ceiling, not a baseline to beat: it uses {words[kind]}"
            groups.append((title, False, self.rows(baselines[baselines["information"] == kind], columns)))
        shuffled = self.rows(metrics[metrics["kind"] == "shuffled"], columns)
        groups.append(("The models' own answers, shuffled", False, shuffled))
        return {"columns": columns, "groups": [group for group in groups if group[2]]}

    def headline(self, metrics: pd.DataFrame, primary: str) -> dict[str, Any]:
        """The primary metric of all models and baselines, for one scale."""
        means = metrics.query("metric == @primary and subset == @MEAN")
        beatable = means.query("kind == 'baseline' and information not in @CEILINGS")["value"]
        return {
            "groups": self.scores(metrics, [Column(primary)])["groups"],
            "highest": max(np.nanmax(means[["value", "high"]].to_numpy()), 0.01),
            "best": None if beatable.empty else beatable.max(),
        }

    def strata_scores(self, metrics: pd.DataFrame, primary: str) -> dict[str, Any] | None:
        """Scores by stratum, and the examples in each; None where the examples have no strata."""
        models = metrics.query("kind == 'model' and subset == @MEAN and metric == @primary and stratum != ''")
        sizes = dict(zip(models["stratum"], models["n"].astype(int).tolist(), strict=True))
        if not sizes:
            return None
        measured = set(metrics["metric"])
        shown = [m for m in dict.fromkeys([primary, *self.metric_set.on("strata")]) if m in measured]
        columns = [Column(metric, stratum=stratum) for metric in shown for stratum in sizes]
        return self.scores(metrics, columns) | {"sizes": list(sizes.items())}

    def variant_scores(self, metrics: pd.DataFrame, subsets: list[str]) -> list[tuple[str, dict[str, Any]]]:
        """(metric, scores on every subset beside its contaminated variants); none where there are no variants."""
        if not any(map(is_variant, subsets)):
            return []
        measured = set(metrics["metric"])
        # A longer number after the same name comes later: bp, bp-50, bp-100.
        columns = sorted(subsets, key=lambda subset: (subset.partition("-")[0], len(subset), subset))
        return [
            (metric, self.scores(metrics, [Column(metric, subset) for subset in columns]))
            for metric in self.metric_set.on("variants")
            if metric in measured
        ]


def _missing(compared: pd.DataFrame) -> list[tuple[str, str, int, int]]:
    """(backbone, arm, examples without an answer, examples) of the arms that lack answers."""
    rows = compared[(compared["subset"] == MEAN) & (compared["missing_a"] > 0)]
    rows = rows.drop_duplicates(["backbone", "a"])
    return [(row["backbone"], row["a"], int(row["missing_a"]), int(row["n"])) for row in records(rows)]
