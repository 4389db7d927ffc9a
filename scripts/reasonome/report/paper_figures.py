"""The figures of a paper: arms of the module ablation, and accuracy by the share of questions that are answered."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

from reasonome.report import abstention, paper
from reasonome.report.drawing import (
    COLOURS,
    INK,
    label_baselines,
    legend,
    name_arms,
    no_figure,
    shortened,
    with_intervals,
)
from reasonome.report.plan import Evaluation, Plan
from reasonome.report.tables import SETTING, best_baselines, reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN

RUN = ["backbone", "arm", "seed", *SETTING]
COVERAGE_MEASURES = {"term_score": "term score", "right": "share of right answers"}
CURVE_COLUMNS = [*RUN, "measure", "over", "coverage", "accuracy", "baseline"]
DASHES = (0, (4, 2))
Scored = tuple[Evaluation, pd.DataFrame]  # an evaluation and its table of scores
NO_CONFIDENCE = "No confidence was recorded with any answer of this experiment."
ABSTENTION_COLUMNS = [*RUN, *abstention.COLUMNS]


def ablation(plan: Plan, metrics: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Means by arm with their intervals, a row of panels per benchmark setting and a panel per metric; a colour per
    backbone. Lines are the best baselines of groups. The panels of a metric have one height. The data are as drawn."""
    metrics = reported_seeds(without_strata(metrics))
    metrics = metrics[(metrics["subset"] == MEAN) & metrics["kind"].isin(["model", "baseline"])]
    ablated = plan.metric_set.ablated
    shown = [metric for metric in ablated if metric in set(metrics.loc[metrics["kind"] == "model", "metric"])]
    settings = paper.settings(plan, [*paper.benchmarks(plan), *plan.out_of_distribution])
    backbones = list(dict.fromkeys(evaluation.backbone for evaluation in plan.evaluations))
    slot = max(0.2 + 0.2 * len(backbones), min(1.0, 0.1 + 0.085 * max(map(len, plan.arms))))  # inches of an arm
    figure, grid = plt.subplots(
        len(settings),
        len(shown),
        figsize=(np.clip(3.2 + slot * len(plan.arms), 5, 12) * len(shown), 0.4 + 3.2 * len(settings)),
        layout="constrained",
        squeeze=False,
    )
    drawn = []
    for row, setting in zip(grid, settings, strict=True):
        for axes, metric in zip(row, shown, strict=True):
            models, baselines = paper.setting_rows(metrics[metrics["metric"] == metric], setting)
            models, baselines = paper.in_order(models, plan), best_baselines(baselines).assign(decoding=setting[2])
            highest = metrics.loc[metrics["metric"] == metric, ["value", "high"]].max(axis=None)
            _panel(axes, models, baselines, plan.arms, backbones, highest or 1.0)
            axes.set_ylabel(f"{ablated[metric]}, 95 % interval")
            axes.set_title(", ".join(setting), fontsize=9, loc="left")
            drawn += [models, baselines]
    legend(figure)
    return figure, paper.table(drawn, paper.VALUE_COLUMNS)


def _panel(
    axes: Axes, models: pd.DataFrame, baselines: pd.DataFrame, arms: list[str], backbones: list[str], highest: float
) -> None:
    present = [arm for arm in arms if arm in set(models["arm"])]
    for number, backbone in enumerate(backbones):
        points = models[models["backbone"] == backbone]
        shift = (number - (len(backbones) - 1) / 2) * 0.6 / len(backbones)
        x = np.array([present.index(arm) for arm in points["arm"]]) + shift
        with_intervals(axes, x, points, number, label=backbone, linestyle="none", capsize=2.5, markersize=5)
    axes.set_ylim(-0.03 * highest, 1.08 * highest)  # so that a marker at zero is whole
    name_arms(axes, present)
    label_baselines(axes, baselines, lines=15)


def coverage(evaluations: list[Scored]) -> tuple[Figure, pd.DataFrame]:
    """Scores of the most confident answers by their share, a row of panels per backbone, setting and kind of sets, a
    panel per measure and a colour per arm; dashed is what a constant confidence gives. Every seed has its curve. Arms
    without confidence are left out."""
    curves = [abstention.curve(scores).assign(**_labels(e)) for e, scores in _with_confidence(evaluations)]
    data = paper.table(curves, CURVE_COLUMNS)
    if data.empty:
        return no_figure(NO_CONFIDENCE), data
    rows = list(data.groupby(["backbone", *SETTING, "over"], sort=False))
    arms = list(dict.fromkeys(evaluation.arm for evaluation, _ in evaluations))
    figure, grid = plt.subplots(
        len(rows), len(COVERAGE_MEASURES), figsize=(8.8, 0.5 + 3.1 * len(rows)), layout="constrained", squeeze=False
    )
    for panels, ((*setting, over), of_row) in zip(grid, rows, strict=True):
        for axes, (measure, name) in zip(panels, COVERAGE_MEASURES.items(), strict=True):
            chosen = of_row[of_row["measure"] == measure]
            for (arm, _), curve in chosen.groupby(["arm", "seed"], sort=False):
                colour = COLOURS[arms.index(arm) % len(COLOURS)]
                axes.plot(curve["coverage"], curve["accuracy"], color=colour, label=shortened(arm), linewidth=1.4)
                axes.plot(curve["coverage"], curve["baseline"], color=colour, linestyle=DASHES, linewidth=0.9)
            axes.set_title(f"{', '.join(setting)}: {over}", fontsize=8, loc="left")
            axes.set_xlabel("share of questions answered, most confident first")
            axes.set_ylabel(name)
            axes.set_xlim(0, 1)
            axes.set_ylim(-0.02, 1.02)
    axes.plot([], [], color=INK, linestyle=DASHES, linewidth=0.9, label="constant confidence")
    legend(figure)
    return figure, data


def _with_confidence(evaluations: list[Scored]) -> list[Scored]:
    """The evaluations whose scores tell when a model should have abstained."""
    return [(e, scores) for e, scores in evaluations if set(scores) >= abstention.NEEDED]


def abstentions(evaluations: list[Scored], *, seed: int, resamples: int) -> pd.DataFrame:
    """`abstention_table` of every evaluation, with the labels of `RUN`; its notes say where there is no confidence."""
    tables = [
        abstention.abstention_table(scores, seed=seed, resamples=resamples).assign(**_labels(evaluation))
        for evaluation, scores in tqdm(_with_confidence(evaluations), desc="abstention", leave=False, delay=5)
    ]
    return paper.table(tables, ABSTENTION_COLUMNS)


def _labels(evaluation: Evaluation) -> dict[str, str | int]:
    """Which model answered what: the columns `RUN`."""
    return {name: getattr(evaluation, name) for name in RUN}
