"""The figures of a report, each as SVG, PNG and the TSV it was drawn from; fit for light and dark pages."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

from reasonome.benchmarks.rows import in_mean
from reasonome.core.atomic import replacing
from reasonome.report import glance
from reasonome.report.drawing import COLOURS, INK, STYLE, legend, name_arms, save, shortened, with_intervals
from reasonome.report.evidence import ReportInputs, TrainedStep
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, grouped, primary_metric, records, reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN

DIAGRAM = ["backbone", *SETTING, "confidence_kind"]  # what a reliability diagram is of; it has every arm
HELD_OUT = "reward on held-out prompts"  # the title of a panel
KINDS = ("glance", "ablation", "calibration", "training")
NAMED = 3  # subsets of a mean that its entry in a legend names; the drawing would have no room beside longer ones
_DASHED = (0, (4, 2))


def write_figures(inputs: ReportInputs) -> None:
    """Write the folder of figures whole or not at all: each as .svg, .png and .tsv, in

    glance/, the scores of the first setting and the reward of the last rollouts,
    ablation/, one per backbone and benchmark setting, and one per sweep of it,
    calibration/, one per backbone, setting and kind of confidence, and
    training/, one per trained step.
    """
    plan, metrics, reliability = inputs.plan, without_strata(inputs.metrics), inputs.reliability
    settings = metrics.query("kind == 'model'")[["backbone", *SETTING]].drop_duplicates()
    jobs = {f"glance/{glance.SCORES}": partial(glance.draw_scores, plan, inputs.metrics)}
    if rewarded := glance.last_rewarded(inputs.steps):
        jobs[f"glance/{glance.REWARD}"] = partial(glance.draw_reward, rewarded)
    for setting in settings.itertuples(index=False):
        jobs[f"ablation/{figure_name(*setting)}"] = partial(_ablation, metrics, plan, *setting)
        for of, name in sweeps(plan, *setting).items():
            jobs[f"ablation/{name}"] = partial(_sweep, metrics, plan, of, setting)
    for about, bins in grouped(reliability[reliability["backbone"] != ""], DIAGRAM):
        jobs[f"calibration/{figure_name(*about)}"] = partial(_reliability, bins, plan)
    for step in inputs.steps:
        jobs[f"training/{figure_name(step.backbone, step.chain)}"] = partial(_training, step)
    with replacing(inputs.figures) as temporary, matplotlib.rc_context(STYLE):
        for kind in KINDS:
            (temporary / kind).mkdir(parents=True)
        for stem, draw in tqdm(jobs.items(), desc="figures", leave=False):
            save(*draw(), temporary / stem)


def figure_name(*labels: str) -> str:
    """The name of a figure's files: backbone, and chain or setting."""
    return ".".join(labels)


def sweeps(plan: Plan, *setting: str) -> dict[str, str]:
    """The arms that were swept and asked in a setting, and the name of their figure."""
    asked = {e.arm for e in plan.evaluations if (e.backbone, e.benchmark, e.style, e.decoding) == tuple(setting)}
    swept = dict.fromkeys(arm.of for name, arm in plan.swept.items() if name in asked)
    return {of: figure_name(*setting, f"sweep{number}") for number, of in enumerate(swept)}


def _sweep(metrics: pd.DataFrame, plan: Plan, of: str, setting: Sequence[str]) -> tuple[Figure, pd.DataFrame]:
    """The primary metric by the values of the first key that is swept, a colour for each combination of the others."""
    points = {name: arm.values for name, arm in plan.swept.items() if arm.of == of}
    key, *others = next(iter(points.values()))
    wanted = dict(zip(["backbone", *SETTING], setting, strict=True)) | {"kind": "model", "subset": MEAN}
    rows = reported_seeds(metrics[(metrics[list(wanted)] == pd.Series(wanted)).all(axis=1)])
    rows = rows[rows["arm"].isin(list(points)) & (rows["metric"] == primary_metric(rows, plan.metric_set))]
    swept = pd.Series([points[arm][key] for arm in rows["arm"]], rows.index)
    told = [", ".join(f"{other} {points[arm][other]}" for other in others) for arm in rows["arm"]]
    rows = rows.assign(swept=swept, others=told)
    values = list(dict.fromkeys(str(own[key]) for own in points.values()))
    numbers = all(isinstance(own[key], int | float) for own in points.values())
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for number, (label, of_line) in enumerate(rows.groupby("others", sort=False)):
        places = of_line["swept"] if numbers else of_line["swept"].map(lambda value: values.index(str(value)))
        with_intervals(axes, places.to_numpy(float), of_line, number, label=label or None, capsize=2)
    if not numbers:
        axes.set_xticks(range(len(values)), values)
    axes.set_xlabel(f"{key} of {of}")
    axes.set_ylabel(f"{plan.metric_set.name(rows['metric'].iloc[0])}, 95 % interval")
    if others:
        legend(figure)
    return figure, rows


def _ablation(
    metrics: pd.DataFrame, plan: Plan, backbone: str, benchmark: str, style: str, decoding: str
) -> tuple[Figure, pd.DataFrame]:
    """Scores by arm, a panel per metric: a colour per subset and for their mean, and the mean of the best baseline of
    each group as a dashed line."""
    drawn = metrics[metrics["metric"].isin(list(plan.metric_set.ablated))]
    asked = drawn.query("benchmark == @benchmark and style == @style")
    baselines = asked.query("kind == 'baseline' and subset == @MEAN")
    models = reported_seeds(asked.query("kind == 'model' and backbone == @backbone and decoding == @decoding"))
    arms = [arm for arm in plan.arms if arm in set(models["arm"])]
    subsets = in_mean(set(models["subset"]) - {MEAN})
    few = ", ".join(subsets) if len(subsets) <= NAMED else f"{len(subsets)} subsets"
    shown = {MEAN: f"mean of {few}"} | {name: name for name in subsets}
    if len(subsets) == 1:
        shown = {MEAN: subsets[0]}
    panels = {metric: title for metric, title in plan.metric_set.ablated.items() if metric in set(models["metric"])}
    size = (np.clip(3.5 + 1.5 * len(arms), 6, 11), 0.8 + 3.6 * len(panels))
    figure, grid = plt.subplots(len(panels), figsize=size, layout="constrained", squeeze=False)
    for (metric, title), axes in zip(panels.items(), grid.flat, strict=True):
        for number, (subset, label) in enumerate(shown.items()):
            of_subset = models[(models["metric"] == metric) & (models["subset"] == subset)]
            places = np.arange(len(arms)) + (number - (len(shown) - 1) / 2) * 0.1
            looks: dict[str, Any] = {"linestyle": "none", "capsize": 2, "markersize": 4}
            looks |= {"color": INK, "markersize": 6} if subset == MEAN else {}
            with_intervals(axes, places, of_subset.set_index("arm").reindex(arms), number, label=label, **looks)
        of_metric = baselines[baselines["metric"] == metric].sort_values("value")
        for number, best in enumerate(records(of_metric.drop_duplicates("information", keep="last"))):
            label = f"{best['arm']} ({best['information']}), {best['value']:.3f}"
            dashes = (0, (2 + 2 * number, 2))
            axes.axhline(best["value"], color=INK, linewidth=0.9, linestyle=dashes, zorder=1, label=label)
        axes.set_ylabel(f"{title}, 95 % interval")
        name_arms(axes, arms)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    return figure, pd.concat([models, baselines])


def _reliability(bins: pd.DataFrame, plan: Plan) -> tuple[Figure, pd.DataFrame]:
    """Reliability diagrams, a panel per arm: the share of right answers by confidence, with exact 95 % intervals, the
    diagonal of a calibrated model, and below how many answers have such a confidence; a colour per seed."""
    arms = [arm for arm in plan.arms if arm in set(bins["arm"])]
    size = (0.6 + 2.6 * len(arms), 3.6)
    heights = {"height_ratios": [3, 1]}
    seeds = list(bins["seed"].unique())  # arms may have others than each other
    figure, grid = plt.subplots(
        2, len(arms), figsize=size, layout="constrained", squeeze=False, sharex=True, sharey="row", gridspec_kw=heights
    )
    for (above, below), arm in zip(grid.T, arms, strict=True):
        above.plot([0, 1], [0, 1], color=INK, linestyle=(0, (4, 2)), linewidth=0.9, label="calibrated")
        for (seed,), of_seed in grouped(bins[bins["arm"] == arm], ["seed"]):
            number = seeds.index(seed)
            rows = of_seed.assign(value=of_seed["right"], low=of_seed["right_low"], high=of_seed["right_high"])
            looks = {"linestyle": "none", "capsize": 2, "markersize": 4.5, "elinewidth": 0.8}
            with_intervals(above, of_seed["confidence"].to_numpy(), rows, number, label=f"seed {seed}", **looks)
            place = of_seed["low"] + (number + 0.5) * 0.1 / len(seeds)
            below.bar(place, of_seed["n"], width=0.09 / len(seeds), color=COLOURS[number % len(COLOURS)])
        above.set_title(shortened(arm), fontsize=9, loc="left")
        below.set_xlabel("confidence")
        below.set_xlim(-0.02, 1.02)
        above.set_ylim(-0.03, 1.03)
    grid[0, 0].set_ylabel("share of right answers")
    grid[1, 0].set_ylabel("answers")
    legend(figure)
    return figure, bins


def _training(step: TrainedStep) -> tuple[Figure, pd.DataFrame]:
    """Panels for what the step recorded: loss, reward and its components, idle groups, length, entropy, KL, drift."""
    history = step.history
    known = set(history.dropna(axis="columns", how="all"))
    components = {found[1]: name for name in history.columns if (found := re.fullmatch(r"rewards/(.+)/mean", name))}
    panels = {
        "loss": {"training": "loss", "held out": "eval_loss"},
        "reward": {"reward": "reward"},
        "reward components": components,
        HELD_OUT: {"reward": "eval_reward"},
        "pairs in which the better answer is preferred": {
            "training": "accuracy",
            "training, against the parent": "rewards/accuracies",
            "held out": "eval_accuracy",
            "held out, against the parent": "eval_rewards/accuracies",
        },
        "groups whose rewards are all equal": {"share": "frac_reward_zero_std"},
        "completion length (tokens)": {"mean": "completions/mean_length"},
        "completions cut off": {"share": "completions/clipped_ratio"},
        "entropy of the next token (nats)": {"entropy": "entropy"},
        "KL from the parent (nats per token)": {"kl": "kl"},
        "sampler and trainer differ (nats per token)": {"drift": "sampler_drift"},
    }
    # The reward of constant answers on the prompts of each panel.
    constants = (step.validation or {}).get("constants")
    earned = {"reward": step.constant, "reward components": step.constant, HELD_OUT: constants}
    recorded = [title for title, curves in panels.items() if known & {*curves.values()}] or ["loss"]
    rows = -(-len(recorded) // 2)
    figure, grid = plt.subplots(rows, 2, figsize=(8.2, 2.6 * rows), layout="constrained", squeeze=False)
    for axes, title in zip(grid.flat, recorded, strict=False):
        curves = {label: column for label, column in panels[title].items() if column in known}
        _curves(axes, curves, history, earned.get(title) or {})
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xlabel("step")
    for axes in grid.flat[len(recorded) :]:
        axes.set_visible(False)
    return figure, history


def _curves(axes: Axes, curves: dict[str, str], history: pd.DataFrame, earned: dict[str, Any]) -> None:
    """Columns of a history by step; dashed is what the best constant answer earns, dotted what copies do."""
    for number, (label, column) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        curve = history[["step", column]].dropna().sort_values("step")
        marker = "o" if len(curve) < 40 else None
        axes.plot(curve["step"], curve[column], color=colour, label=label, marker=marker, markersize=2.5)
        if label in earned:
            constant = "best constant answer" if number == 0 else None
            axes.axhline(earned[label], color=colour, linestyle=_DASHED, linewidth=1, label=constant)
    for number, copy in enumerate(earned.get("copies", []) if "reward" in curves else []):
        axes.axhline(copy["reward"], color=INK, linestyle=(0, (1, 1 + 2 * number)), linewidth=1, label=copy["name"])
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend(fontsize=7)
