"""The tables of a paper, scores and format, as cells (TSV) and as Markdown; and the figure of its module ablation."""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tabulate import tabulate

from reasonome.benchmarks.rows import in_mean
from reasonome.config.project import chains
from reasonome.metrics import CEILINGS, INDEPENDENT, MetricSet
from reasonome.report.drawing import label_baselines, legend, name_arms, with_intervals
from reasonome.report.number_text import escaped, signed
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, best_baselines, joined, reported_seeds, without_strata
from reasonome.scoring.comparisons import MEAN

VALUE_COLUMNS = ["experiment", *SETTING, "metric", "kind", "information", "backbone", "arm", "subset", "value"]
VALUE_COLUMNS += ["sd_seeds", "n_seeds", "low", "high", "n"]
_TEST = ["against", "difference", "p_family", "p_holm", "verdict"]
CELL_COLUMNS = [*VALUE_COLUMNS, "base", "delta", "delta_percent", *_TEST, "mark"]
TITLES = {"in_distribution": "in distribution", "out_of_distribution": "out of distribution"}
_ASKED = ["backbone", *SETTING, "subset", "metric"]
ROW = ["kind", "information", "backbone", "arm"]
_NBSP = "\u00a0"
_MARKS = {0.001: "***", 0.01: "**", 0.05: "*"}
_LEGEND = """\
Models are grouped by backbone, in the order of the experiment's arms. Below them stand the best baselines of groups:
of the baselines that use the same information, the one with the highest mean. `mean` is the mean of the subsets' means.

In brackets: the difference to the untrained backbone, in percent of its score. Where that score is 0, percent are not
applicable (n/a), and the absolute difference is given. With several seeds: mean ± standard deviation over seeds.

The last column is the paired test of the mean against the arm whose training was continued, with the difference to it:
\\* p < 0.05, \\*\\* p < 0.01, \\*\\*\\* p < 0.001, n.s. not significant, on par: shown to differ by less than the
margin of equivalence. p is adjusted (Holm) over the family of tests that the protocol names. A mark in brackets is
exploratory: its p is not adjusted, and no claim rests on it.

Intervals, p-values, the tests of single subsets and numbers of examples are in the table of the same name (TSV).
"""
_FORMAT_LEGEND = """\
Share of answers in the form that was asked for: the mean over subsets, in brackets its 95 % interval over examples.
With several seeds: mean ± standard deviation over seeds.

*As published*: a name and at least one well-formed step of reasoning. *Strict*: exactly one usable name, and
well-formed reasoning throughout.
"""


def benchmarks(plan: Plan) -> list[str]:
    """The benchmarks in the training distribution, in the plan's order, without `plan.out_of_distribution`."""
    names = dict.fromkeys(evaluation.benchmark for evaluation in plan.evaluations)
    return [name for name in names if name not in plan.out_of_distribution]


def score_cells(plan: Plan, metrics: pd.DataFrame, comparisons: pd.DataFrame, chosen: Iterable[str]) -> pd.DataFrame:
    """One row (`CELL_COLUMNS`) per cell of the score tables of the `chosen` benchmarks, in the order of the tables.

    Models come first, averaged over seeds, then the best baseline of every group by its mean. `base` is the score of
    the untrained backbone, `delta` the difference to it, and `delta_percent` the same in percent, nan where `base` is
    not above 0. `against` is the parent arm; `difference`, `p_family`, `p_holm`, `verdict` and `mark` are of the test
    against it. Contaminated variants are left out.
    """
    metrics = reported_seeds(without_strata(metrics))
    if not plan.rewarded_encoders:  # else it equals the mean of all encoders
        metrics = metrics[metrics["metric"] != INDEPENDENT]
    parts = []
    for setting in settings(plan, chosen):
        models, baselines = setting_rows(metrics, setting)
        for metric in score_metrics(models, plan.metric_set):
            parts.append(in_order(models[models["metric"] == metric], plan))
            parts.append(best_baselines(baselines[baselines["metric"] == metric]).assign(decoding=setting[2]))
    cells = _with_base(joined(parts, [*VALUE_COLUMNS, "chain"]))
    tests = comparisons[comparisons["kind"] == "parent arm"].rename(columns={"a": "arm", "b": "against"})
    tests = tests[[*_ASKED, "arm", *_TEST]]
    cells = cells.merge(tests, how="left", on=[*_ASKED, "arm"], validate="one_to_one")
    cells[["against", "verdict"]] = cells[["against", "verdict"]].fillna("")
    marks = [mark(p, p_holm) for p, p_holm in zip(cells["p_family"], cells["p_holm"], strict=True)]
    return cells.assign(mark=marks)[CELL_COLUMNS]


def score_metrics(metrics: pd.DataFrame, metric_set: MetricSet) -> list[str]:
    """The metrics of the score tables that are present: the primary one, those with a heading there, and the similarity
    by each encoder if there are several."""
    present = set(metrics["metric"])
    by_encoder = sorted(name for name in present if name.startswith("similarity_") and name not in metric_set.in_paper)
    named = [name for name in dict.fromkeys([metric_set.primary, *metric_set.in_paper]) if name in present]
    return named + (by_encoder if len(by_encoder) > 1 else [])


def settings(plan: Plan, chosen: Iterable[str]) -> list[tuple[str, str, str]]:
    """(benchmark, style, decoding) of the evaluations on the `chosen` benchmarks, each once, in their order."""
    chosen = list(chosen)
    distinct = dict.fromkeys((e.benchmark, e.style, e.decoding) for e in plan.evaluations if e.benchmark in chosen)
    return sorted(distinct, key=lambda setting: chosen.index(setting[0]))


def setting_rows(metrics: pd.DataFrame, setting: tuple[str, str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The models of a setting and the baselines of its benchmark and style, on the subsets that make the mean."""
    benchmark, style, decoding = setting
    rows = metrics[(metrics["benchmark"] == benchmark) & (metrics["style"] == style)]
    rows = rows[rows["subset"].isin(_subsets(rows))]
    return rows[(rows["kind"] == "model") & (rows["decoding"] == decoding)], rows[rows["kind"] == "baseline"]


def _subsets(rows: pd.DataFrame) -> list[str]:
    """The subsets that make the mean, then "mean"; of a single subset "mean" alone."""
    subsets = in_mean(set(rows["subset"]) - {MEAN})
    return [MEAN] if len(subsets) == 1 else [*subsets, MEAN]


def in_order(models: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Sorted by backbone, arm and subset, as the plan has them."""
    backbones = list(dict.fromkeys(evaluation.backbone for evaluation in plan.evaluations))
    place = {"backbone": backbones.index, "arm": plan.arms.index, "subset": lambda subset: (subset == MEAN, subset)}
    return models.sort_values(list(place), key=lambda column: column.map(place[column.name]), kind="stable")


def _with_base(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with `base`, `delta` and `delta_percent`; empty for the untrained backbone itself."""
    untrained = cells["chain"] == chains.BASE
    base = cells[untrained].drop_duplicates(_ASKED)[[*_ASKED, "value"]].rename(columns={"value": "base"})
    cells = cells.merge(base, how="left", on=_ASKED)
    cells["base"] = cells["base"].mask(untrained)
    delta = cells["value"] - cells["base"]
    return cells.assign(delta=delta, delta_percent=100 * delta / cells["base"].where(cells["base"] > 0))


def mark(p: float, p_holm: float) -> str:
    """Asterisks or "n.s." for an adjusted p-value, in brackets for an unadjusted one, "" for nan."""
    if np.isnan(p):
        return ""
    known = p if np.isnan(p_holm) else p_holm
    stars = next((stars for limit, stars in _MARKS.items() if known < limit), "n.s.")
    return f"({stars})" if np.isnan(p_holm) else stars


def format_cells(plan: Plan, metrics: pd.DataFrame) -> pd.DataFrame:
    """Format accuracy of every model on every benchmark, a row (`VALUE_COLUMNS`) per definition of the format."""
    metrics = reported_seeds(without_strata(metrics))
    formats = _formats(plan.metric_set)
    metrics = metrics[metrics["metric"].isin(formats)]
    parts = []
    for setting in settings(plan, [*benchmarks(plan), *plan.out_of_distribution]):
        models, _ = setting_rows(metrics, setting)
        by_metric = models[models["subset"] == MEAN].sort_values("metric", key=lambda m: m.map(list(formats).index))
        parts.append(in_order(by_metric, plan))
    return joined(parts, VALUE_COLUMNS)


def _formats(metric_set: MetricSet) -> dict[str, str]:
    """What keeping to the format means, in words, the strictest last."""
    return metric_set.forms | {"format": "strict"}


def score_markdown(table_name: str, plan: Plan, cells: pd.DataFrame) -> str:
    """The score tables as Markdown, one per setting and metric; `table_name` is a key of `TITLES`."""
    where = TITLES[table_name]
    lines = [f"# Scores {where}", "", f"Experiment {escaped(plan.experiment)}.", ""]
    if cells.empty:
        return "\n".join([*lines, f"The experiment has no benchmark {where}.", ""])
    lines += [_LEGEND]
    for setting, of_setting in cells.groupby(SETTING, sort=False):
        lines += [f"## {_heading(plan, setting)}", ""]
        for metric, rows in of_setting.groupby("metric", sort=False):
            lines += [f"### {_metric_title(plan, metric)}", "", _score_table(rows), ""]
    return "\n".join(lines)


def _metric_title(plan: Plan, metric: str) -> str:
    headings = plan.metric_set.in_paper
    if metric == plan.metric_set.primary:
        return f"{headings.get(metric, escaped(plan.metric_set.name(metric)))} (primary)"
    return headings.get(metric) or f"Similarity, {escaped(metric.removeprefix('similarity_'))}"


def _heading(plan: Plan, setting: tuple[str, str, str]) -> str:
    """The setting with its track, which decides what counts as an answer."""
    benchmark, style, decoding = map(escaped, setting)
    track = next(e.track for e in plan.evaluations if (e.benchmark, e.style, e.decoding) == setting)
    return f"{benchmark}, style {style}, decoding {decoding}" + (f", track {track}" if track else "")


def _score_table(cells: pd.DataFrame) -> str:
    subsets = [str(subset) for subset in cells["subset"].unique()]
    rows, last = [], None
    for (kind, information, backbone, arm), row in cells.groupby(ROW, sort=False):
        is_model = kind == "model"
        group = backbone if is_model else "ceiling" if information in CEILINGS else "best baseline"
        name = arm if is_model else f"{arm} ({information})"
        shown = [_score(cell) for cell in row.itertuples()]
        tests = [_tested(cell) for cell in row.itertuples() if cell.subset == MEAN and cell.mark]
        rows.append(["" if group == last else escaped(group), escaped(name), *shown, "".join(tests)])
        last = group
    return markdown_table(["backbone", "arm", *subsets, "paired test"], rows, numbers=range(2, 2 + len(subsets)))


def _score(cell) -> str:
    text = f"{cell.value:.3f}"
    if pd.notna(cell.sd_seeds):
        text += f" ± {cell.sd_seeds:.3f}"
    if pd.notna(cell.delta_percent):
        return f"{text} ({signed(cell.delta_percent, 1 if abs(cell.delta_percent) < 100 else 0)}{_NBSP}%)"
    return text if pd.isna(cell.delta) else f"{text} (n/a,{_NBSP}{signed(cell.delta)})"


def _tested(cell) -> str:
    on_par = ", on par" if cell.verdict == "on par" else ""
    return f"{escaped(cell.against)}: {signed(cell.difference)} {cell.mark}{on_par}"


def format_markdown(plan: Plan, cells: pd.DataFrame) -> str:
    """Format accuracy as Markdown, a row per model and benchmark."""
    labels = ["backbone", "arm", *SETTING]
    shares = cells.assign(share=[_share(cell) for cell in cells.itertuples()])
    shares = shares.set_index([*labels, "metric"])["share"].unstack(fill_value="", sort=False)
    formats = _formats(plan.metric_set)
    shown = [metric for metric in formats if metric in shares]
    rows = [[*map(escaped, row.Index), *row[1:]] for row in shares[shown].itertuples()]
    header = [*labels, *(formats[metric] for metric in shown)]
    drawn = markdown_table(header, rows, numbers=range(len(labels), len(header)))
    return f"# Format accuracy\n\nExperiment {escaped(plan.experiment)}.\n\n{_FORMAT_LEGEND}\n{drawn}\n"


def _share(cell) -> str:
    spread = f" ± {cell.sd_seeds:.3f}" if pd.notna(cell.sd_seeds) else ""
    return f"{cell.value:.3f}{spread} ({cell.low:.3f} to {cell.high:.3f})"


def markdown_table(header: list[str], rows: list[list[str]], numbers: Collection[int] = ()) -> str:
    """A table of cells that are Markdown; the columns `numbers` are aligned to the right."""
    aligned = ["right" if place in numbers else "left" for place in range(len(header))]
    return tabulate(rows, header, tablefmt="pipe", disable_numparse=True, colalign=aligned)


def ablation(plan: Plan, metrics: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Means by arm with their intervals, a row of panels per benchmark setting and a panel per metric; a colour per
    backbone. Lines are the best baselines of groups. The panels of a metric have one height. The data are as drawn."""
    metrics = reported_seeds(without_strata(metrics))
    metrics = metrics[(metrics["subset"] == MEAN) & metrics["kind"].isin(["model", "baseline"])]
    ablated = plan.metric_set.ablated
    shown = [metric for metric in ablated if metric in set(metrics.loc[metrics["kind"] == "model", "metric"])]
    asked = settings(plan, [*benchmarks(plan), *plan.out_of_distribution])
    backbones = list(dict.fromkeys(evaluation.backbone for evaluation in plan.evaluations))
    slot = max(0.2 + 0.2 * len(backbones), min(1.0, 0.1 + 0.085 * max(map(len, plan.arms))))  # inches of an arm
    figure, grid = plt.subplots(
        len(asked),
        len(shown),
        figsize=(np.clip(3.2 + slot * len(plan.arms), 5, 12) * len(shown), 0.4 + 3.2 * len(asked)),
        layout="constrained",
        squeeze=False,
    )
    drawn = []
    for row, setting in zip(grid, asked, strict=True):
        for axes, metric in zip(row, shown, strict=True):
            models, baselines = setting_rows(metrics[metrics["metric"] == metric], setting)
            models, baselines = in_order(models, plan), best_baselines(baselines).assign(decoding=setting[2])
            highest = metrics.loc[metrics["metric"] == metric, ["value", "high"]].max(axis=None)
            _panel(axes, models, baselines, plan.arms, backbones, highest or 1.0)
            axes.set_ylabel(f"{ablated[metric]}, 95 % interval")
            axes.set_title(", ".join(setting), fontsize=9, loc="left")
            drawn += [models, baselines]
    legend(figure)
    return figure, joined(drawn, VALUE_COLUMNS)


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
