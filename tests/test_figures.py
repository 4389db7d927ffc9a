"""Figures: what is drawn, that a drawing is fit for a page, and that equal data give equal bytes."""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.image import imread
from synthetic_experiment import write_experiment

from reasonome.report import figures, tables
from reasonome.report.drawing import INK, STYLE, label_baselines, save
from reasonome.report.evidence import read_evidence
from reasonome.report.metrics_table import metrics_table
from reasonome.report.plan import read_plan


@pytest.fixture(scope="module")
def tabled(tmp_path_factory):
    plan = read_plan(write_experiment(tmp_path_factory.mktemp("made"), per_subset=4, arms=["base", "KW"]))
    return plan, tables.of_all_strata(metrics_table(plan, read_evidence(plan), resamples=100))


def with_term_score(metrics: pd.DataFrame) -> pd.DataFrame:
    twice = metrics[metrics["metric"] == "rouge_l"].assign(metric="term_score")
    twice[["value", "low", "high"]] *= 2
    return pd.concat([metrics[metrics["metric"] != "term_score"], twice])


SETTING = ("smollm2-135m", "demo-go", "names", "greedy")


def test_the_primary_metric_stands_above_rouge(tabled):
    plan, metrics = tabled
    figure, data = figures._ablation(with_term_score(metrics), plan, *SETTING)
    assert [axes.get_ylabel() for axes in figure.axes] == ["term score, 95 % interval", "ROUGE-L, 95 % interval"]
    means = metrics.query("metric == 'rouge_l' and subset == 'mean' and kind == 'model'")["value"].tolist()
    drawn = [list(axes.containers[-1].lines[0].get_ydata()) for axes in figure.axes]
    assert drawn == [pytest.approx([2 * mean for mean in means]), pytest.approx(means)]
    assert set(data["metric"]) == {"term_score", "rouge_l"} and set(data["kind"]) == {"model", "baseline"}
    plt.close(figure)


def test_without_the_primary_metric_rouge_stands_alone(tabled):
    plan, metrics = tabled
    figure, data = figures._ablation(metrics[metrics["metric"] != "term_score"], plan, *SETTING)
    assert [axes.get_ylabel() for axes in figure.axes] == ["ROUGE-L, 95 % interval"]
    assert set(data["metric"]) == {"rouge_l"}
    plt.close(figure)


def test_a_low_panel_pushes_the_names_of_baselines_further_apart():
    baselines = pd.DataFrame({"arm": ["a", "b"], "information": ["none", "prompt"], "value": [0.5, 0.5]})
    heights = {}
    for lines in (10, 20):
        figure, axes = plt.subplots()
        axes.set_ylim(0, 1)
        label_baselines(axes, baselines, lines=lines)
        heights[lines] = [text.xyann[1] for text in axes.texts]
        plt.close(figure)
    assert heights == {10: pytest.approx([0.45, 0.55]), 20: pytest.approx([0.475, 0.525])}


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
    assert "$x$ &lt;b&gt;" in svg and "currentColor" in svg and "dc:date" not in svg
    assert INK not in svg.replace(f'color="{INK}"', "")  # ink follows the page, and has a colour where there is none
    pixels = imread(tmp_path / "first" / "a.b.png")
    assert pixels[0, 0, 3] == 0  # transparent: the page's own background
