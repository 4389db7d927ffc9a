"""Figures: what is drawn, that a drawing is fit for a page, and that equal data give equal bytes."""

import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from synthetic_experiment import write_experiment

from reasonome.report import calibration_table, figures, tables
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.drawing import STYLE, save
from reasonome.report.evidence import read_evidence, read_step
from reasonome.report.metrics_table import metrics_table
from reasonome.report.page_files import page_svg
from reasonome.report.plan import Plan, read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.tasks import find_task

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tabled(tmp_path_factory):
    """A plan of five arms, what it trained, its metrics and its comparisons."""
    plan = read_plan(write_experiment(tmp_path_factory.mktemp("made"), per_subset=4), find_task)
    scores = collect_scores(plan, read_evidence(plan))
    metrics = tables.without_strata(metrics_table(plan, scores))
    comparisons = comparisons_table(plan, scores, {})
    return plan, [read_step(step) for step in plan.steps], metrics, comparisons


def with_term_score(metrics: pd.DataFrame) -> pd.DataFrame:
    twice = metrics[metrics["metric"] == "rouge_l"].assign(metric="term_score")
    twice[["value", "low", "high"]] *= 2
    return pd.concat([metrics[metrics["metric"] != "term_score"], twice])


SETTING = ("smollm2-135m", "demo-go", "names", "greedy")


def test_the_primary_metric_stands_above_rouge(tabled):
    plan, _, metrics, _ = tabled
    figure, data = figures._ablation(with_term_score(metrics), plan, *SETTING)
    assert [axes.get_ylabel() for axes in figure.axes] == ["term score, 95 % interval", "ROUGE-L, 95 % interval"]
    means = metrics.query("metric == 'rouge_l' and subset == 'mean' and kind == 'model' and seed == 'mean'")["value"]
    drawn = [list(axes.containers[0].lines[0].get_ydata()) for axes in figure.axes]
    assert drawn == [pytest.approx([2 * mean for mean in means]), pytest.approx(means.tolist())]
    baselines = data.query("kind == 'baseline' and metric == 'rouge_l'")
    best = baselines.loc[baselines.groupby("information")["value"].idxmax(), "arm"]
    labels = [str(line.get_label()) for line in figure.axes[1].get_lines()]
    assert {label.partition(" (")[0] for label in labels if " (" in label} == set(best)
    assert set(data["metric"]) == {"term_score", "rouge_l"} and set(data["kind"]) == {"model", "baseline"}
    plt.close(figure)


@pytest.mark.parametrize(("more", "mean"), [(0, "mean of bp, cc, mf"), (1, "mean of 4 subsets")])
def test_a_legend_names_few_subsets_and_counts_many(more, mean, tabled):
    plan, _, metrics, _ = tabled
    of_one = metrics[metrics["subset"] == "bp"]
    further = [of_one.assign(subset=f"subset{number}") for number in range(more)]
    figure, _ = figures._ablation(pd.concat([metrics, *further]), plan, *SETTING)
    assert figure.axes[0].get_legend_handles_labels()[1][-4 - more] == mean
    plt.close(figure)


def test_a_sweep_is_a_curve_with_a_line_for_each_value_of_its_other_key(tabled):
    plan, _, metrics, _ = tabled
    values = [{"beta": beta, "loss": loss} for loss in ("grpo", "dapo") for beta in (0, 0.1)]
    swept = {arm: {"of": "TA", "values": own} for arm, own in zip(plan.arms, values, strict=False)}
    own = Plan.model_validate(plan.model_dump() | {"swept": swept}).with_task(find_task(plan.task))
    assert figures.sweeps(own, *SETTING) == {"TA": "smollm2-135m.demo-go.names.greedy.sweep0"}
    figure, data = figures._sweep(metrics, own, "TA", SETTING)
    [axes] = figure.axes
    assert axes.get_xlabel() == "beta of TA" and len(data) == 4
    assert [line.get_label() for line in axes.containers] == ["loss grpo", "loss dapo"]
    means = metrics.query("metric == 'rouge_l' and subset == 'mean' and kind == 'model' and seed == 'mean'")["value"]
    drawn = np.concatenate([line.lines[0].get_xydata() for line in axes.containers])
    assert drawn == pytest.approx(np.column_stack([[0, 0.1, 0, 0.1], means[:4]]))
    plt.close(figure)


def test_equal_data_give_equal_bytes_for_light_and_dark(tmp_path):
    data = pd.DataFrame({"x": [1, 2], "y": [0.25, 1 / 3]})

    def files(folder: Path) -> dict[str, bytes]:
        folder.mkdir()
        with matplotlib.rc_context(STYLE):
            figure, axes = plt.subplots(figsize=(2, 1))
            axes.plot(data["x"], data["y"], marker="o")
            axes.set_xlabel("$x$ <b>")
            save(figure, data, folder / "a.b")
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = files(tmp_path / "first")
    assert set(first) == {"a.b.svg", "a.b.png", "a.b.tsv"} and first == files(tmp_path / "second")
    assert first["a.b.tsv"] == b"x\ty\n1\t0.25\n2\t0.333333\n"
    svg = first["a.b.svg"].decode()
    assert "$x$ &lt;b&gt;" in svg and "dc:date" not in svg and 'aria-label="a.b"' in svg
    pixels = imread(tmp_path / "first" / "a.b.png")
    assert pixels[0, 0, 3] == 0  # transparent: the page's own background


def test_every_figure_is_written_with_its_data(tabled, tmp_path):
    plan, steps, metrics, comparisons = tabled
    plan = plan.model_copy(update={"primary": "rouge_l"})  # terms were not linked here
    no_bins = pd.DataFrame(columns=calibration_table.BIN_COLUMNS)
    inputs = {"figures": tmp_path / "figures", "plan": plan, "metrics": metrics, "comparisons": comparisons}
    inputs |= {"reliability": no_bins, "steps": steps}
    figures.write_figures(SimpleNamespace(**inputs, evidence=SimpleNamespace(evaluations=[])))
    stems = ["ablation/smollm2-135m.demo-go.names.greedy"]
    stems += ["glance/scores", "glance/reward"]
    stems += [f"training/{step.backbone}.{step.chain}" for step in steps]
    written = {str(path.relative_to(tmp_path / "figures")) for path in (tmp_path / "figures").glob("*/*")}
    assert written == {f"{stem}.{ending}" for stem in stems for ending in ("svg", "png", "tsv")}
    assert " (training data), 0." in (tmp_path / "figures" / f"{stems[0]}.svg").read_text()
    curves = (tmp_path / "figures" / f"{stems[-1]}.svg").read_text()
    for title in ("reward components", "groups whose rewards are all equal", "copied gene name"):
        assert title in curves


def test_drawings_do_not_share_ids_or_styles():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><metadata><a/></metadata>'
        '<defs><style>*{color:red}</style><path id="m1"/></defs>\n <g id="axes_1"></g>'
        '<use xlink:href="#m1" clip-path="url(#p2)" style="stroke: #767676"/>'
        '<text>id="m1" #767676</text></svg>'
    )
    drawn = page_svg(svg, "a.b+c", "1 < 2")
    own = re.search(r'<path id="(f[0-9a-f]{8})-m1"', drawn)[1]
    assert f'href="#{own}-m1"' in drawn and f"url(#{own}-p2)" in drawn and own not in page_svg(svg, "a_b.c", "")
    assert "</defs><g></g><use" in drawn
    assert '>id="m1" #767676</text>' in drawn and 'aria-label="1 &lt; 2"' in drawn
    assert "<style" not in drawn and "metadata" not in drawn
