"""The report of an experiment of rankings: tables, macro-averages, standard errors, transfer, lengths, and the page."""

import html
import re

import numpy as np
import pandas as pd
import pytest
from rendered_page import Elements, report_inputs, unpacked
from synthetic_rankings import SOURCES, write_ranking_experiment

from reasonome.report import tables
from reasonome.report.answers_table import answers_table, failure_kinds
from reasonome.report.evidence import ReportInputs, read_evidence
from reasonome.report.metrics_table import metrics_table
from reasonome.report.page import render_page
from reasonome.report.plan import read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.tasks import TASKS, find_task
from reasonome.tasks.ranking.metric_set import METRICS as RANKINGS
from reasonome.tasks.ranking.report import (
    NO_SAMPLES,
    UNTRAINED,
    VOTING_COLUMNS,
    length_rows,
    transfer_matrices,
    voting_figure,
)

pytestmark = pytest.mark.slow

POISON = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> ReportInputs:
    folder = tmp_path_factory.mktemp("rankings")
    return report_inputs(write_ranking_experiment(folder, count=24, samples=2, poison=POISON))


@pytest.fixture(scope="module")
def metrics(inputs) -> pd.DataFrame:
    return inputs.metrics


@pytest.fixture(scope="module")
def page(inputs) -> str:
    return render_page(inputs)


def of(metrics: pd.DataFrame, **labels) -> pd.DataFrame:
    for name, value in labels.items():
        metrics = metrics[metrics[name] == value]
    return metrics


def test_metrics_are_means_over_samples_then_questions_and_unusable_answers_are_wrong(inputs, metrics):
    evaluation, table = inputs.evidence.evaluations[0]
    expected = table.groupby("id")[["top_1", "mrr", "rank"]].mean().mean()
    for metric, value in expected.items():
        row = of(metrics, arm="base", style=evaluation.style, seed="mean", subset="mean", stratum="", metric=metric)
        row = of(row, kind="model")
        assert row["value"].item() == pytest.approx(value)
    assert (table["answer"] == "").any()
    assert table.loc[table["answer"] == "", "top_1"].eq(0).all()


def test_each_gene_has_one_vote_in_the_macro_average(tmp_path):
    plan_path = write_ranking_experiment(tmp_path, count=12, samples=1, styles=("answer",))
    file = tmp_path / "base.answer.parquet"
    scores = pd.read_parquet(file)
    # Twelve questions on six genes: the first two genes' questions are right, one gene has one of its two right.
    clusters = list(dict.fromkeys(scores["cluster"]))
    right = scores["cluster"].isin(clusters[:2]) | (
        scores["id"] == scores[scores["cluster"] == clusters[2]]["id"].iat[0]
    )
    scores = scores.assign(top_1=right.astype(float))
    scores[scores["id"] != "locus001"].to_parquet(file)  # one question of the first gene is not there at all
    plan = read_plan(plan_path, find_task)
    metrics = metrics_table(plan, collect_scores(plan, read_evidence(plan)))
    base = of(metrics, arm="base", seed="mean", kind="model", subset="mean", stratum="").set_index("metric")
    assert base.loc["top_1", "value"] == pytest.approx(4 / 12)
    assert base.loc["top_1_by_gene", "value"] == pytest.approx((0.5 + 1 + 0.5) / len(clusters))
    assert (base.loc["top_1", "n"], base.loc["top_1_by_gene", "n"]) == (12, len(clusters))


def test_standard_errors_are_those_of_the_resampled_means(metrics):
    rows = of(metrics, kind="model", subset="mean", stratum="", metric="top_1")
    assert rows[tables.ERROR].between(0.01, 0.2).all()
    # A normal interval of that error is about the percentile interval.
    width = rows["high"] - rows["low"]
    assert np.allclose(width, 2 * 1.96 * rows[tables.ERROR], rtol=0.35)
    by_chance = of(metrics, arm="random_order", subset="mean", stratum="", metric="top_10", style="short")
    assert by_chance[tables.ERROR].item() == 0  # 10 candidates at most


def test_there_are_rows_for_every_source_of_evidence(metrics):
    strata = of(metrics, arm="RL rank", style="short", seed="mean", kind="model", metric="top_1", subset="mean")
    assert list(strata["stratum"]) == ["", *sorted(SOURCES)]
    assert strata["n"].tolist() == [24, 8, 8, 8]


def test_the_random_order_is_a_baseline_without_answers_of_its_own(metrics):
    baseline = of(metrics, arm="random_order", style="short", subset="mean", stratum="").set_index("metric")["value"]
    assert "distinct_names" not in baseline
    # Two questions each with 6, 7, 8, 9 and 10 candidates, and again; 24 questions end with four of 6 and 7.
    sizes = [6 + number // 2 % 5 for number in range(24)]
    assert baseline["top_1"] == pytest.approx(np.mean([1 / n for n in sizes]))
    assert baseline["mrr"] == pytest.approx(np.mean([sum(1 / r for r in range(1, n + 1)) / n for n in sizes]))
    assert baseline["no_name"] == 0


def test_comparisons_are_of_the_metrics_of_rankings(inputs):
    table = inputs.comparisons
    assert set(table["metric"]) == set(RANKINGS.compared)
    assert {"baseline", "shuffled", "parent arm", "other style"} <= set(table["kind"])


def test_a_table_comes_back_with_its_errors(metrics, tmp_path):
    tables.write_metrics(tmp_path, metrics)
    back = tables.read_metrics(tmp_path, RANKINGS)
    written = pd.concat([metrics[metrics["stratum"] == ""], metrics[metrics["stratum"] != ""]])
    assert np.allclose(back[tables.ERROR].fillna(-1), written[tables.ERROR].fillna(-1), atol=1e-5)


def test_styles_that_arms_learnt_and_styles_that_are_asked_make_a_matrix(inputs, metrics):
    (matrix,) = transfer_matrices(inputs.plan, metrics)  # one benchmark: no matrix of sources
    assert (matrix.tested, sorted(matrix.columns)) == ("test style", ["answer", "short"])
    assert [(learnt, arm) for learnt, arm, _ in matrix.rows] == [
        (UNTRAINED, "base"),
        ("short", "RL rank"),
        ("answer", "RL binary"),
    ]
    cells = dict(zip(matrix.columns, matrix.rows[1][2], strict=True))
    row = of(metrics, arm="RL rank", style="short", seed="0", subset="mean", stratum="", metric="top_1")
    row = of(row, kind="model")
    assert cells["short"][0].value == row["value"].item()
    assert (cells["short"][1], cells["answer"][1]) == (True, False)


def test_sources_make_a_matrix_where_several_are_asked(inputs, metrics):
    shown = of(metrics, style="short")
    other = shown.assign(benchmark="other-loci")
    matrices = [m for m in transfer_matrices(inputs.plan, pd.concat([shown, other])) if m.tested == "test source"]
    assert [matrix.columns for matrix in matrices] == [["demo-loci", "other-loci"]]
    assert [own for _, own in matrices[0].rows[1][2]] == [True, False]


def test_accuracy_by_length_has_parts_of_about_equal_numbers(inputs):
    rows = length_rows(inputs.evidence)
    assert {row["setting"] for row in rows} == {"demo-loci, short, sampled"}  # lists alone have no length
    of_base = [row for row in rows if row["arm"] == "base"]
    assert sum(row["n"] for row in of_base) == 48
    assert len(of_base) == 4
    assert all(0 <= row["low"] <= row["top_1"] <= row["high"] <= 1 for row in of_base)


def test_kinds_of_failure_of_rankings():
    table = pd.DataFrame(
        {
            "id": list("abcde"),
            "answer": ["X", "X", "X", "", "G"],
            "problems": ["", "invented_genes", "", "no_list", "repeated_genes"],
            "top_1": [0.0, 0, 0, 0, 1],
            "top_max": [1.0, 0, 0, 0, 1],
            "truncated": [0.0, 0, 0, 1, 0],
        }
    )
    assert failure_kinds(table, TASKS["causal_gene_ranking"].report) == [
        ["right gene not first", "constant-like"],
        ["invented genes", "right gene not listed", "constant-like"],
        ["right gene not listed", "constant-like"],
        ["no list", "no usable list", "never closed"],
        ["repeated genes"],
    ]


def test_the_page_shows_rankings_and_nothing_of_names(page):
    text = " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())
    for part in ("The primary metric is top-1", "By source of evidence", "Transfer", "Accuracy against the length",
                 "majority of first genes", "MRR, each gene one vote", "invented genes",
                 "never closed"):  # fmt: skip
        assert part in text, part
    assert "95 % interval, beside it" in text and "bootstrap interval" not in text  # top-1 is 0 or 1: it is exact
    for part in ("term score from 0", "ROUGE-L", "How well the genes are studied"):
        assert part not in text.partition('"use strict"')[0], part


def test_model_text_stays_text(page):
    found = Elements(page)
    assert "img" not in found.elements and found.elements.count("script") == 3
    assert "onerror" not in dict(found.attributes)


def test_candidates_and_rankings_are_in_the_table_of_answers(inputs):
    answers = unpacked(answers_table(inputs.plan, inputs.evidence)[0])
    candidates = answers["genes"][0].split()
    assert "trait 0" in answers["question"] and len(candidates) == 6  # of the first question
    assert set(answers["ranking"][0].split()) <= {*candidates, "MADEUP7", ""}
    assert {"top-1", "MRR", "mean rank"} <= set(answers) and any(
        "no usable list" in kinds for kinds in answers["failures"]
    )


def test_the_legend_of_voting_names_the_arms_of_every_setting():
    labels = {"backbone": "small", "seed": 0, "benchmark": "loci", "decoding": "sampled", "method": "majority"}
    labels |= {"subset": "mean", "n": 1, "value": 0.5}
    rows = [
        labels | {"arm": arm, "style": style, "metric": metric}
        for arm, style in (("RA short", "short"), ("RA answer", "answer"))  # each is asked in a style of its own
        for metric in ("top_1", "mrr")
    ]
    [legend] = voting_figure(pd.DataFrame(rows)).legends
    assert [text.get_text() for text in legend.get_texts()] == ["RA short, majority", "RA answer, majority"]


def test_one_sample_a_question_says_that_there_is_nothing_to_merge():
    figure = voting_figure(pd.DataFrame(columns=VOTING_COLUMNS))
    assert NO_SAMPLES in [text.get_text() for text in figure.axes[0].texts]
