"""The figures of a report, each as SVG, PNG and the TSV it was drawn from; fit for light and dark pages."""

import re
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from tqdm import tqdm

from reasonome.atomic import replacing
from reasonome.comparisons import MEAN, in_mean
from reasonome.report.evidence import TrainedStep
from reasonome.report.plan import Plan, parent_arm
from reasonome.report.tables import SETTING, information_rank, reported_seeds, write_table

INK = "#767676"  # text and axes: readable on white and on black; becomes currentColor in the SVG
COLOURS = ["#2f7fc1", "#d0622b", "#1f9a73", "#b565a7", "#a8870f", "#5b8c2a", "#c4506a", "#4f9aa8"]
_LONGEST = 32  # characters of a name beside an axis
MARKERS = ["s", "^", "D", "v", "P", "X", "<", ">"]
_STYLE = {
    "font.size": 9,
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "svg.hashsalt": "reasonome",
    "text.parse_math": False,  # an arm may be called "$x$"
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.2,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "savefig.transparent": True,
    **{
        key: INK
        for key in (
            "text.color",
            "axes.labelcolor",
            "axes.edgecolor",
            "xtick.color",
            "ytick.color",
            "grid.color",
        )
    },
}
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


def write_figures(
    folder: Path, plan: Plan, metrics: pd.DataFrame, steps: list[TrainedStep], corpora: dict[str, pd.DataFrame]
) -> None:
    """Write `folder`/ablation/*.{svg,png,tsv}, one per backbone and benchmark setting,
    `folder`/training/*.{svg,png,tsv}, one per trained step that recorded a history, and
    `folder`/corpora/*.{svg,png,tsv}, one per corpus, given as name → statistics. Whole or not at all."""
    with replacing(folder) as temporary, matplotlib.rc_context(_STYLE):
        for kind in ("ablation", "training", "corpora"):
            (temporary / kind).mkdir(parents=True)
        settings = metrics.query("kind == 'model'")[["backbone", *SETTING]].drop_duplicates()
        jobs = {
            temporary / "ablation" / ablation_name(*row): partial(_ablation, metrics, plan, *row)
            for row in settings.itertuples(index=False)
        }
        jobs |= {
            temporary / "training" / training_name(step): partial(_training, step)
            for step in steps
            if not step.history.empty
        }
        jobs |= {temporary / "corpora" / name: partial(_corpus, table) for name, table in corpora.items()}
        for stem, draw in tqdm(jobs.items(), desc="figures", leave=False):
            _save(*draw(), stem)


def ablation_name(backbone: str, benchmark: str, style: str, decoding: str) -> str:
    return f"{backbone}.{benchmark}.{style}.{decoding}"


def training_name(step: TrainedStep) -> str:
    return f"{step.backbone}.{step.chain}"


def _ablation(
    metrics: pd.DataFrame, plan: Plan, backbone: str, benchmark: str, style: str, decoding: str
) -> tuple[Figure, pd.DataFrame]:
    """ROUGE-L by arm, one colour per subset and their mean, with the floors' means as labelled lines.

    A line leads to an arm from its parent arm where that stands next to it. All styles of a benchmark share
    the height of the axis, so that their charts can be compared.
    """
    of_benchmark = metrics.query("benchmark == @benchmark and metric == 'rouge_l' and kind in ['model', 'floor']")
    highest = np.nanmax(of_benchmark[["value", "high"]].to_numpy())
    of_style = of_benchmark.query("style == @style")
    floors = of_style.query("kind == 'floor' and subset == @MEAN")
    floors = floors.sort_values("information", key=lambda names: names.map(information_rank))
    models = reported_seeds(of_style.query("kind == 'model' and backbone == @backbone and decoding == @decoding"))
    stages = [arm for arm in plan.arms if arm in set(models["arm"])]
    steps = {evaluation.arm: evaluation.steps for evaluation in plan.evaluations if evaluation.arm in stages}
    # Points to break the lines at: behind every arm that is not continued by the arm next to it.
    breaks = [i for i, arm in enumerate(stages) if i and parent_arm(arm, steps) != stages[i - 1]]
    subsets = in_mean(set(models["subset"]) - {MEAN})
    figure, axes = plt.subplots(figsize=(np.clip(3.5 + 1.5 * len(stages), 6, 11), 4.6), layout="constrained")
    names = {subset: subset for subset in subsets} | {MEAN: f"mean of {', '.join(subsets)}"}
    if len(subsets) == 1:
        names = {MEAN: subsets[0]}
    for number, (subset, name) in enumerate(names.items()):
        line = models[models["subset"] == subset].set_index("arm").loc[stages]
        is_mean = subset == MEAN
        x = np.arange(len(stages)) + (number - (len(names) - 1) / 2) * 0.07
        axes.errorbar(
            np.insert(x, breaks, np.nan),
            np.insert(line["value"].to_numpy(), breaks, np.nan),
            yerr=[
                np.insert((line["value"] - line["low"]).to_numpy(), breaks, np.nan),
                np.insert((line["high"] - line["value"]).to_numpy(), breaks, np.nan),
            ],
            label=name,
            color=INK if is_mean else COLOURS[number % len(COLOURS)],
            marker="o" if is_mean else MARKERS[number % len(MARKERS)],
            linewidth=2.4 if is_mean else 1.2,
            markersize=6 if is_mean else 4,
            elinewidth=1.4 if is_mean else 0.8,
            capsize=3 if is_mean else 2,
            zorder=3 if is_mean else 2,
        )
    axes.set_xticks(range(len(stages)), map(_shortened, stages))
    if sum(map(len, stages)) > 60:
        plt.setp(axes.get_xticklabels(), rotation=20, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.5, len(stages) - 0.5)
    axes.set_ylim(-0.02 * highest, 1.08 * highest)  # so that a marker at zero is whole
    axes.set_ylabel("ROUGE-L, 95 % interval")
    axes.grid(axis="x", visible=False)
    _label_floors(axes, floors)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=min(4, len(names)))
    return figure, pd.concat([models, floors])


def _label_floors(axes, floors: pd.DataFrame) -> None:
    """Dashed lines with their names to the right, pushed apart where they would overlap."""
    dashes = {"none": (1, 2), "prompt": (4, 2), "prompt facts": (6, 2), "training data": (8, 2)}
    ordered = floors.sort_values("value")
    heights = spread(ordered["value"].tolist(), room=np.ptp(axes.get_ylim()) / 24)
    for (_, floor), height in zip(ordered.iterrows(), heights, strict=True):
        dash = dashes.get(floor["information"], (2, 1))
        axes.axhline(floor["value"], color=INK, linewidth=0.9, linestyle=(0, dash), zorder=1)
        axes.annotate(
            f"{floor['arm']} ({floor['information']})",
            xy=(1, floor["value"]),
            xycoords=("axes fraction", "data"),
            xytext=(1 + 0.18 / axes.figure.get_figwidth(), height),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.5, "relpos": (0, 0.5), "shrinkB": 0},
        )


def spread(values: list[float], room: float) -> list[float]:
    """Heights at least `room` apart for labels of sorted `values`; a crowd is centred on its own mean."""
    crowds: list[list[float]] = []
    for value in values:
        crowds.append([value])
        while len(crowds) > 1 and _lowest(crowds[-1], room) < _lowest(crowds[-2], room) + room * len(crowds[-2]):
            last = crowds.pop()
            crowds[-1] += last
    return [_lowest(crowd, room) + room * place for crowd in crowds for place in range(len(crowd))]


def _lowest(crowd: list[float], room: float) -> float:
    return sum(crowd) / len(crowd) - room * (len(crowd) - 1) / 2


def _training(step: TrainedStep) -> tuple[Figure, pd.DataFrame]:
    """Panels for what the step recorded: loss, reward and its components, idle groups, length."""
    history, constants = step.history, step.constant or {}
    components = {
        match[1]: column
        for column in history
        if (match := re.fullmatch(r"rewards/(.+)/mean", column)) and history[column].notna().any()
    }
    panels = {
        "loss": {name.replace("_", " "): name for name in ("loss", "eval_loss")},
        "reward": {"reward": "reward"},
        "reward components": components,
        "groups whose rewards are all equal": {"share": "frac_reward_zero_std"},
        "completion length (tokens)": {"mean": "completions/mean_length"},
    }
    recorded = {
        title: {
            label: column for label, column in curves.items() if column in history and history[column].notna().any()
        }
        for title, curves in panels.items()
    }
    recorded = {title: curves for title, curves in recorded.items() if curves} or {"nothing recorded": {}}
    columns = min(2, len(recorded))
    rows = -(-len(recorded) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(3.8 * columns + 0.6, 2.6 * rows), layout="constrained", squeeze=False
    )
    for axes, (title, curves) in zip(grid.flat, recorded.items(), strict=False):
        for number, (label, column) in enumerate(curves.items()):
            colour = COLOURS[number % len(COLOURS)]
            curve = history[["step", column]].dropna().sort_values("step")
            marker = "o" if len(curve) < 40 else None
            axes.plot(curve["step"], curve[column], color=colour, label=label, marker=marker, markersize=2.5)
            constant = constants.get(label) if title.startswith("reward") else None
            if constant is not None:
                axes.axhline(constant, color=colour, linestyle=(0, (4, 2)), linewidth=1)
        if title == "reward" and "reward_std" in history:
            band = history[["step", "reward", "reward_std"]].dropna().sort_values("step")
            low, high = band["reward"] - band["reward_std"], band["reward"] + band["reward_std"]
            axes.fill_between(band["step"], low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
        if title.startswith("reward") and set(curves) & set(constants):
            axes.plot([], [], color=INK, linestyle=(0, (4, 2)), linewidth=1, label="best constant answer")
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xlabel("step")
        if len(axes.get_legend_handles_labels()[1]) > 1:
            axes.legend(fontsize=7)
    for axes in grid.flat[len(recorded) :]:
        axes.set_visible(False)
    return figure, history


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def _corpus(statistics: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Statements by source, the commonest on top: what states a fact once, and what says it again."""
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
    axes.set_yticks(height, map(_shortened, sources["source"]))
    axes.set_xlabel("statements")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.margins(x=0.16)
    axes.grid(axis="y", visible=False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure, statistics


def _save(figure: Figure, data: pd.DataFrame, stem: Path) -> None:
    # Names hold dots, so that Path.with_suffix would cut them.
    svg = Path(f"{stem}.svg")
    figure.savefig(svg, metadata={"Date": None, "Creator": None})
    figure.savefig(f"{stem}.png", dpi=160)
    plt.close(figure)
    svg.write_text(themed_svg(svg.read_text(encoding="utf-8"), prefix=stem.name), encoding="utf-8")
    write_table(data, f"{stem}.tsv")


def themed_svg(svg: str, prefix: str) -> str:
    """The same drawing with ink as currentColor, no style sheet, and ids that are its own in a page."""
    root = ElementTree.fromstring(svg)
    prefix = re.sub(r"[^A-Za-z0-9]", "_", prefix)
    for element in root.iter():
        for child in list(element):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                element.remove(child)
        for name, value in list(element.attrib.items()):
            value = value.replace(INK, "currentColor").replace("url(#", f"url(#{prefix}-")
            if name == "id":
                value = f"{prefix}-{value}"
            elif name == f"{{{_XLINK}}}href" and value.startswith("#"):
                value = f"#{prefix}-{value[1:]}"
            element.set(name, value)
    # A presentation attribute: it serves the file on its own and yields to the page's own colour.
    root.set("color", INK)
    root.set("stroke-linejoin", "round")
    root.set("role", "img")
    return ElementTree.tostring(root, encoding="unicode")
