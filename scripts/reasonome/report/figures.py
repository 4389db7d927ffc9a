"""The figures of a report, each as SVG, PNG and the TSV it was drawn from; fit for light and dark pages."""

import re
from functools import partial
from textwrap import wrap
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

from reasonome.benchmarks.rows import in_mean
from reasonome.config.experiments import parent_arm
from reasonome.config.project.chains import BASE, lineage
from reasonome.core.atomic import replacing
from reasonome.facts.selection import RECALLED
from reasonome.report import glance
from reasonome.report.contrasts import NOT_SHOWN, NOT_TESTED, PANEL, SHOWN, WORSE, contrasts
from reasonome.report.drawing import (
    COLOURS,
    INK,
    STYLE,
    label_baselines,
    legend,
    name_arms,
    save,
    shortened,
    with_intervals,
)
from reasonome.report.evidence import ReportInputs, TrainedStep
from reasonome.report.forgetting import CHANCE, UNDER_WAY
from reasonome.report.number_text import signed
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, grouped, reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN

DIAGRAM = ["backbone", *SETTING, "confidence_kind"]  # what a reliability diagram is of; it has every arm
HELD_OUT = "reward on held-out prompts"  # the title of a panel


def write_figures(inputs: ReportInputs) -> None:
    """Write the folder of figures whole or not at all: each as .svg, .png and .tsv, in

    glance/, the scores of the first setting and the reward of the last rollouts,
    ladder/, one per backbone and benchmark setting with a contrast of the protocol,
    ablation/, one per backbone and benchmark setting,
    calibration/, one per backbone, setting and kind of confidence,
    forgetting/, one per backbone, if that was measured,
    training/, one per trained step, and corpora/, one per corpus.
    """
    plan, metrics, reliability = inputs.plan, without_strata(inputs.metrics), inputs.reliability
    settings = metrics.query("kind == 'model'")[["backbone", *SETTING]].drop_duplicates()
    settings = list(settings.itertuples(index=False))
    table, metric = contrasts(plan, inputs.comparisons), plan.metric_set.name(plan.metric_set.primary)
    jobs = {f"glance/{glance.SCORES}": partial(glance.draw_scores, plan, inputs.metrics)}
    if rewarded := glance.last_rewarded(inputs.steps):
        jobs[f"glance/{glance.REWARD}"] = partial(glance.draw_reward, rewarded)
    jobs |= {
        f"ladder/{figure_name(*panel)}": partial(ladder, rows, metric, limits(table))
        for panel, rows in grouped(table, PANEL)
    }
    jobs |= {f"ablation/{figure_name(*setting)}": partial(_ablation, metrics, plan, *setting) for setting in settings}
    if plan.metric_set.over_ranks:
        jobs |= {
            f"ablation/{figure_name(*setting, 'top_k')}": partial(_top_k, metrics, plan, *setting)
            for setting in settings
        }
    for about, bins in grouped(reliability[reliability["backbone"] != ""], DIAGRAM):
        jobs[f"calibration/{figure_name(*about)}"] = partial(_reliability, bins, plan)
    if inputs.forgetting is not None:
        for (backbone,), rows in grouped(inputs.forgetting, ["backbone"]):
            jobs[f"forgetting/{backbone}"] = partial(_forgetting, rows)
    jobs |= {f"training/{figure_name(step.backbone, step.chain)}": partial(_training, step) for step in inputs.steps}
    jobs |= {f"corpora/{name}": partial(_corpus, table) for name, table in inputs.corpora.items()}
    with replacing(inputs.figures) as temporary, matplotlib.rc_context(STYLE):
        for kind in ("glance", "ladder", "ablation", "calibration", "forgetting", "training", "corpora"):
            (temporary / kind).mkdir(parents=True)
        for stem, draw in tqdm(jobs.items(), desc="figures", leave=False):
            save(*draw(), temporary / stem)


def figure_name(*labels: str) -> str:
    """The name of a figure's files: backbone, and chain or setting; top-k curves end with "top_k"."""
    return ".".join(labels)


def _ablation(
    metrics: pd.DataFrame, plan: Plan, backbone: str, benchmark: str, style: str, decoding: str
) -> tuple[Figure, pd.DataFrame]:
    """Scores by arm, a panel per metric: one colour per subset and their mean, the baselines' means as labelled lines.

    All styles of a benchmark share the heights of the axes, so that their charts can be compared.
    """
    ablated = plan.metric_set.ablated
    shown = metrics.query("benchmark == @benchmark and metric in @ablated and kind in ['model', 'baseline']")
    of_style = shown.query("style == @style")
    baselines = of_style.query("kind == 'baseline' and subset == @MEAN")
    models = reported_seeds(of_style.query("kind == 'model' and backbone == @backbone and decoding == @decoding"))
    stages = [arm for arm in plan.arms if arm in set(models["arm"])]
    panels = [metric for metric in ablated if metric in set(models["metric"])]
    size = (np.clip(3.5 + 1.5 * len(stages), 6, 11), 0.4 + 4.2 * len(panels))
    figure, grid = plt.subplots(len(panels), figsize=size, layout="constrained", squeeze=False)
    for metric, axes in zip(panels, grid.flat, strict=True):
        _ablation_panel(axes, models[models["metric"] == metric], stages, plan)
        highest = np.nanmax(shown.loc[shown["metric"] == metric, ["value", "high"]].to_numpy())
        highest = highest or 1.0  # if all arms score 0
        axes.set_ylim(-0.02 * highest, 1.08 * highest)  # so that a marker at zero is whole
        axes.set_ylabel(f"{ablated[metric]}, 95 % interval")
        label_baselines(figure, axes, baselines[baselines["metric"] == metric])
    legend(figure)
    return figure, pd.concat([models, baselines])


def _top_k(
    metrics: pd.DataFrame, plan: Plan, backbone: str, benchmark: str, style: str, decoding: str
) -> tuple[Figure, pd.DataFrame]:
    """How often the right gene is among the first k of each arm's lists, by k, beside a random order.

    The mean over subsets with its interval, a colour per arm; the exact expected values of a random order are dashed.
    """
    ranks = plan.metric_set.over_ranks
    shown = metrics.query("benchmark == @benchmark and style == @style and subset == @MEAN")
    shown = shown[shown["metric"].isin(ranks)]
    models = reported_seeds(shown.query("kind == 'model' and backbone == @backbone and decoding == @decoding"))
    by_chance = shown.query("kind == 'baseline' and arm == 'random_order'")
    arms = [arm for arm in plan.arms if arm in set(models["arm"])]
    figure, axes = plt.subplots(figsize=(6.6, 3.8), layout="constrained")
    places = np.arange(len(ranks))
    for number, arm in enumerate(arms):
        line = models[models["arm"] == arm].set_index("metric").loc[list(ranks)]
        x = places + (number - (len(arms) - 1) / 2) * 0.06
        looks = {"markersize": 4.5, "linewidth": 1.4, "elinewidth": 0.8, "capsize": 2}
        with_intervals(axes, x, line, number, label=shortened(arm), **looks)
    chance = by_chance.set_index("metric")["value"].reindex(list(ranks))
    axes.plot(places, chance, color=INK, linestyle=(0, (4, 2)), linewidth=1, label="a random order, expected")
    axes.set_xticks(places, ranks.values())
    axes.set_xlabel("first k genes of the list")
    axes.set_ylabel("right gene among them, 95 % interval")
    axes.set_ylim(-0.02, 1.04)
    legend(figure, columns=3)
    return figure, pd.concat([models, by_chance])


def _ablation_panel(axes: Axes, models: pd.DataFrame, stages: list[str], plan: Plan) -> None:
    """One metric. A line leads to an arm from its parent arm where that stands next to it."""
    steps = {evaluation.arm: evaluation.steps for evaluation in plan.evaluations}
    # A gap stands before every arm that does not continue the arm next to it.
    places = []
    for place, arm in enumerate(stages):
        places += [place] if place == 0 or parent_arm(arm, steps, stages) == stages[place - 1] else [np.nan, place]
    subsets = in_mean(set(models["subset"]) - {MEAN})
    names = {subset: subset for subset in subsets} | {MEAN: f"mean of {', '.join(subsets)}"}
    if len(subsets) == 1:
        names = {MEAN: subsets[0]}
    thin = {"linewidth": 1.2, "markersize": 4, "elinewidth": 0.8, "capsize": 2, "zorder": 2}
    thick = {"linewidth": 2.4, "markersize": 6, "elinewidth": 1.4, "capsize": 3, "zorder": 3}
    thick |= {"color": INK, "marker": "o"}
    for number, (subset, name) in enumerate(names.items()):
        line = models[models["subset"] == subset].set_index("arm").loc[stages].reset_index().reindex(places)
        x = np.array(places) + (number - (len(names) - 1) / 2) * 0.07
        with_intervals(axes, x, line, number, label=name, **(thick if subset == MEAN else thin))
    name_arms(axes, stages)


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


def _forgetting(table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """What models still know by the number of their steps, a panel for what they were asked, a line for each chain that
    no other continues, seeds in one colour; and what warm-ups recalled under way, by exposures, a line for each
    relation.
    """
    over_all = table[table["relation"] == ""]
    panels = list(grouped(over_all[over_all["kind"] != UNDER_WAY], ["of", "style", "metric"]))
    read = list(grouped(table[table["kind"] == UNDER_WAY], ["chain", "of"]))
    columns = min(2, len(panels) + len(read))
    rows = -(-(len(panels) + len(read)) // columns)
    size = (4.4 * columns, 0.6 + 2.8 * rows)
    figure, grid = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for axes, ((of, style, metric), asked) in zip(grid.flat, panels, strict=False):
        _by_steps(axes, asked, list(dict.fromkeys(table["chain"])))
        _share_panel(axes, " ".join(filter(None, [of, style, metric])), "steps of training", metric)
        axes.set_xticks(sorted(set(asked["steps"])))
    legend(figure, columns=1)  # of the chains; relations, in the same colours, have theirs inside
    for axes, ((chain, of), asked) in zip(list(grid.flat)[len(panels) :], read, strict=False):
        for number, ((relation,), line) in enumerate(grouped(asked, ["relation"])):
            looks = {"markersize": 4.5, "linewidth": 1.2, "elinewidth": 0.8, "capsize": 2}
            label = relation.replace("_", " ") or "all relations"
            with_intervals(axes, line["exposures"].to_numpy(), line, number, label=label, **looks)
        _share_panel(axes, f"{of} {RECALLED}, during {shortened(chain)}", "statements read of each fact", RECALLED)
        axes.legend(fontsize=7)
    for axes in grid.flat[len(panels) + len(read) :]:
        axes.set_visible(False)
    return figure, table


def _by_steps(axes: Axes, rows: pd.DataFrame, known: list[str]) -> None:
    """A line for each of the `known` chains that no other continues, from the untouched backbone on."""
    ends = [chain for chain in known if not any(other.startswith(f"{chain}+") for other in known) and chain != BASE]
    kinds = list(dict.fromkeys(map(_without_last_seed, ends or known)))
    drawn: set[str] = set()
    for end in ends or known:
        line = rows[rows["chain"].isin(lineage(end))].sort_values("steps")
        kind = _without_last_seed(end)
        number = kinds.index(kind)
        shift = (number - (len(kinds) - 1) / 2) * 0.06
        looks = {"markersize": 4.5, "linewidth": 1.2, "elinewidth": 0.8, "capsize": 2}
        label = "_nolegend_" if kind in drawn else shortened(kind)
        with_intervals(axes, line["steps"].to_numpy() + shift, line, number, label=label, **looks)
        drawn.add(kind)


def _without_last_seed(chain: str) -> str:
    """A chain without the seed of its last step, which alone differs between the models of an arm."""
    return chain if chain == BASE else chain.rpartition("-s")[0]


def _share_panel(axes: Axes, title: str, over: str, metric: str) -> None:
    """Title, axes and, of facts, chance of a panel of shares."""
    if metric == RECALLED:
        axes.axhline(CHANCE, color=INK, linestyle=(0, (4, 2)), linewidth=0.9, label="chance")
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xlabel(over)
    axes.set_ylim(-0.03, 1.03)


def _training(step: TrainedStep) -> tuple[Figure, pd.DataFrame]:
    """Panels for what the step recorded: loss, reward and its components, idle groups, length, entropy, KL, drift."""
    history = step.history
    components = {
        match[1]: column for column in history.columns if (match := re.fullmatch(r"rewards/(.+)/mean", column))
    }
    panels = {
        "loss": {name.replace("_", " "): name for name in ("loss", "eval_loss")},
        "reward": {"reward": "reward"},
        "reward components": components,
        HELD_OUT: {"reward": "eval_reward"},
        "pairs in which the better answer is preferred": {
            "training": "accuracy",
            "training, against the parent": "rewards/accuracies",
            "held out": "eval_accuracy",
            "held out, against the parent": "eval_rewards/accuracies",
        },
        "groups whose rewards are all equal": {
            "share": "zero_variance_groups",
            **{f"had {n} been drawn": f"zero_variance_groups/{n}" for n in (4, 8, 16)},
        },
        "completion length (tokens)": {"mean": "completions/mean_length"},
        "completions cut off": {"share": "completions/clipped_ratio"},
        "entropy of the next token (nats)": {"entropy": "entropy"},
        "KL from the parent (nats per token)": {"kl": "kl"},
        "sampler and trainer differ (nats per token)": {"drift": "sampler_drift"},
    }
    known = set(history.dropna(axis="columns", how="all"))
    recorded = {
        title: {name: column for name, column in curves.items() if column in known}
        for title, curves in panels.items()
        if known & set(curves.values())
    } or {"nothing recorded": {}}
    # The reward of constant answers on the prompts of each panel.
    constants = (step.validation or {}).get("constants")
    earned = {"reward": step.constant, "reward components": step.constant, HELD_OUT: constants}
    columns = min(2, len(recorded))
    rows = -(-len(recorded) // columns)
    size = (3.8 * columns + 0.6, 2.6 * rows)
    figure, grid = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for axes, (title, curves) in zip(grid.flat, recorded.items(), strict=False):
        _curves(axes, curves, history, earned.get(title) or {})
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xlabel("step")
    for axes in grid.flat[len(recorded) :]:
        axes.set_visible(False)
    return figure, history


def _curves(axes: Axes, curves: dict[str, str], history: pd.DataFrame, earned: dict) -> None:
    """Columns of a history by step; dashed is what the best constant answer earns, dotted what copies do."""
    for number, (label, column) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        curve = history[["step", column]].dropna().sort_values("step")
        marker = "o" if len(curve) < 40 else None
        axes.plot(curve["step"], curve[column], color=colour, label=label, marker=marker, markersize=2.5)
        if label in earned:
            axes.axhline(earned[label], color=colour, linestyle=(0, (4, 2)), linewidth=1)
    if curves.get("reward") == "reward":
        band = history[["step", "reward", "reward_std"]].dropna().sort_values("step")
        low, high = band["reward"] - band["reward_std"], band["reward"] + band["reward_std"]
        axes.fill_between(band["step"], low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
    for number, copy in enumerate(earned.get("copies", []) if "reward" in curves else []):
        axes.axhline(copy["reward"], color=INK, linestyle=(0, (1, 1 + 2 * number)), linewidth=1, label=copy["name"])
    if set(curves) & set(earned):
        axes.plot([], [], color=INK, linestyle=(0, (4, 2)), linewidth=1, label="best constant answer")
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend(fontsize=7)


def _corpus(statistics: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Statements by source, the commonest on top: each fact once, and other wordings of it."""
    sources = statistics[statistics["source"] != "total"].sort_values("statements", kind="stable")
    figure, axes = plt.subplots(figsize=(7.6, 0.9 + 0.34 * max(2, len(sources))), layout="constrained")
    height, once = range(len(sources)), sources["distinct"].to_numpy(int)
    again = sources["statements"].to_numpy(int) - once
    axes.barh(height, once, color=COLOURS[0], height=0.66, label="facts, each once")
    axes.barh(height, again, left=once, color=COLOURS[1], height=0.66, label="other wordings and lists of genes")
    for place, row in enumerate(sources.itertuples()):
        axes.annotate(
            f"{row.genes:,} genes",
            xy=(row.statements, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_yticks(height, map(shortened, sources["source"]))
    axes.set_xlabel("statements")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.margins(x=0.16)
    axes.grid(axis="y", visible=False)
    legend(figure)
    return figure, statistics


_WIDEST = 44  # characters of a line of a label
_LINE, _GAP = 0.155, 0.7  # the height of a line in inches, and the room between rows in lines
_LOOKS: dict[str, dict[str, Any]] = {
    SHOWN: {"marker": "o", "color": COLOURS[2]},
    NOT_SHOWN: {"marker": "o", "color": INK, "markerfacecolor": "none"},
    WORSE: {"marker": "v", "color": COLOURS[1]},
    NOT_TESTED: {"marker": "x", "color": INK},
}


def limits(table: pd.DataFrame) -> tuple[float, float]:
    """The ends of the axis of differences that all panels share: all intervals and zero, with a margin."""
    ends = table[["low", "difference", "high"]].to_numpy()
    low, high = min(np.nanmin(ends), 0.0), max(np.nanmax(ends), 0.0)
    margin = 0.04 * (high - low) or 0.01
    return low - margin, high + margin


def ladder(panel: pd.DataFrame, metric: str, ends: tuple[float, float]) -> tuple[Figure, pd.DataFrame]:
    """The contrasts of one backbone and setting, a row each below its arm's name; `metric` is in words, and `ends` are
    those of the axis. Names are wrapped, never cut."""
    rows: list[tuple[list[str], pd.Series | None]] = []
    for (arm,), own in grouped(panel, ["a"]):
        rows.append((wrap(arm, _WIDEST), None))
        rows += [(wrap(_control(row), _WIDEST), row) for _, row in own.iterrows()]
    heights = np.cumsum([_GAP + len(lines) for lines, _ in rows])
    middles = heights - [(_GAP + len(lines)) / 2 for lines, _ in rows]
    figure, axes = plt.subplots(figsize=(9.5, 1 + _LINE * heights[-1]), layout="constrained")
    counts = panel["outcome"].value_counts()
    found = {outcome: looks for outcome, looks in _LOOKS.items() if outcome in counts}
    figure.set_label(f"Differences to controls: {', '.join(f'{counts[outcome]} {outcome}' for outcome in found)}")
    of_contrasts = [(middle, row) for middle, (_, row) in zip(middles, rows, strict=True) if row is not None]
    for outcome, looks in found.items():
        drawn = [(middle, row) for middle, row in of_contrasts if row["outcome"] == outcome]
        places = [middle for middle, _ in drawn]
        low, value, high = ([row[name] for _, row in drawn] for name in ("low", "difference", "high"))
        axes.hlines(places, low, high, color=looks["color"])
        axes.plot(value, places, linestyle="none", label=outcome, **looks)
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.set_xlim(ends)
    axes.set_ylim(heights[-1], 0)
    axes.set_xlabel(f"difference in {metric}, arm − control, 95 % interval")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_yticks(middles, ["\n".join(lines) for lines, _ in rows])
    for label, (_, row) in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row is None else "normal")
    beside = axes.secondary_yaxis("right")
    beside.spines["right"].set_visible(False)
    beside.tick_params(axis="y", length=0)
    beside.set_yticks([middle for middle, _ in of_contrasts], [_numbers(row) for _, row in of_contrasts])
    legend(figure)
    return figure, panel


def _control(row: pd.Series) -> str:
    """What an arm is held against: another arm, or the best baseline of a group."""
    kind = f"baselines, {row['information']}" if row["kind"] == "baseline" else row["kind"]
    return f"{kind}: {row['b']}"


def _numbers(row: pd.Series) -> str:
    """The difference, its interval, the outcome and its p, as far as they are known."""
    interval = "" if np.isnan(row["low"]) else f" [{signed(row['low'])}, {signed(row['high'])}]"
    p = "" if np.isnan(row["p"]) else ", p < 0.001" if row["p"] < 0.001 else f", p {row['p']:.3f}"
    return f"{signed(row['difference'])}{interval}  {row['outcome']}{p}"
