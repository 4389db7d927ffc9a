"""What a report says of its hypotheses, and the power of the design, against values by hand."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scored_model
from checkout import ROOT
from scipy import stats

from reasonome.core import atomic
from reasonome.report.evidence import COST_COLUMNS
from reasonome.report.hypotheses import EXPLORATORY, adjusted_together, hypothesis_rows, power, sentences
from reasonome.report.plan import Hypothesis
from reasonome.report.tables import COMPARISON_COLUMNS, records
from reasonome.tasks import TASKS
from reasonome.tasks.naming.metric_set import METRICS


def found(*tests: tuple[float, float, float]) -> tuple:
    """A plan whose hypotheses say that KW+RA is better than base, one for each (difference, p, p after Holm)."""
    plan = scored_model.plan()
    setting = {key: value for key, value in scored_model.SETTING.items() if key != "experiment"}
    one = Hypothesis(better=(scored_model.ARM, "base"), subset="mean", metric="term_score", **setting)
    rows = [
        scored_model.comparison("base", "", difference, p, kind="hypothesis", p_holm=holm, hypothesis=str(number))
        for number, (difference, p, holm) in enumerate(tests, 1)
    ]
    plan = plan.model_copy(update={"hypotheses": [one] * len(tests)}).with_task(TASKS["gene_set_naming"])
    return plan, pd.DataFrame([*rows, *scored_model.TESTS], columns=COMPARISON_COLUMNS)


def test_each_hypothesis_has_an_outcome_and_a_sentence():
    plan, rows = found((0.2, 0.01, 0.03), (0.2, 0.03, 0.06), (-0.2, 0.001, 0.003))
    assert [row["outcome"] for row in hypothesis_rows(plan, rows)] == ["shown", "not shown", "the opposite is shown"]
    name = scored_model.ARM
    assert sentences(plan, rows) == [
        f"{name} is better than base: term score +0.200 [+0.180, +0.220], p 0.010 (after Holm 0.030).",
        f"It is not shown that {name} is better than base: term score +0.200 [+0.180, +0.220], p 0.030 (after Holm "
        "0.060).",
        f"{name} is worse than base: term score −0.200 [−0.220, −0.180], p 0.001 (after Holm 0.003).",
    ]
    [alone] = sentences(*found((0.2, 0.01, 0.01)))
    assert alone.endswith("p 0.010."), "of one hypothesis nothing is adjusted"
    [untested] = sentences(*found((0.2, np.nan, np.nan)))
    assert untested == f"Whether {name} is better than base could not be tested: term score +0.200 [+0.180, +0.220]."


def test_hypotheses_of_several_experiments_are_one_family(tmp_path):
    """p of .02 and .03 hold alone, and are .04 and .04 of two: .02 × 2, and no less than that for the larger one."""
    folders = [tmp_path / "mine", tmp_path / "yours"]
    for folder, p in zip(folders, (0.03, 0.02), strict=True):
        plan, rows = found((0.2, p, p))
        atomic.write_json(folder / "plan.json", plan.model_dump(mode="json") | {"experiment": folder.name})
        atomic.write_tsv(folder / "comparisons.tsv", rows.assign(experiment=folder.name))
        costs = pd.DataFrame([{"job": "total", "seconds": 600.0}], columns=COST_COLUMNS)
        atomic.write_tsv(folder / "costs.tsv", costs)
    command = [sys.executable, str(ROOT / "scripts/tabulate_studies.py"), *map(str, folders)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed[2:]]
    assert [row[0] for row in cells] == ["mine", "yours"]
    assert cells[0][3:] == ["+0.200 \\[+0.180, +0.220\\]", "0.030", "0.040", "90 × 1", "10", "shown"]
    assert cells[1][4:6] == ["0.020", "0.040"]


def test_one_of_a_family_may_not_hold_any_more():
    """.01 × 3 = .03; .03 × 2 = .06; .04, and no less than the one before."""
    _, rows = found((0.2, 0.01, 0.01), (0.2, 0.03, 0.03), (0.2, 0.04, 0.04))
    adjusted = adjusted_together(records(rows[rows["hypothesis"] != ""]))
    assert [round(row["p_holm"], 6) for row in adjusted] == [0.03, 0.06, 0.06]
    assert [row["outcome"] for row in adjusted] == ["shown", "not shown", "not shown"]


def test_an_experiment_without_hypotheses_is_exploratory():
    assert sentences(*found()) == [EXPLORATORY]


def test_power_is_that_of_the_noncentral_t():
    """Without a difference .05; beyond many degrees of freedom P(Z > 1.96 − 2) = .516; else as simulated."""
    assert power(0.0, 0.1, 7) == pytest.approx(0.05)
    assert power(0.2, 0.1, 1e6) == pytest.approx(stats.norm.sf(1.959964 - 2), abs=1e-4)
    rng = np.random.default_rng(0)
    t = rng.normal(2, 1, 200_000) / np.sqrt(rng.chisquare(5, 200_000) / 5)
    assert power(0.2, 0.1, 5) == pytest.approx(np.mean(np.abs(t) > 2.570582), abs=0.005)
    assert np.isnan(power(0.2, 0.0, np.nan))


def test_the_metric_that_the_experiment_names_leads():
    named = scored_model.plan().model_copy(update={"primary": "rouge_l"}).with_task(TASKS["gene_set_naming"])
    assert named.metric_set.compared[:2] == ("rouge_l", "term_score") and METRICS.compared[0] == "term_score"
    assert list(named.metric_set.ablated) == ["rouge_l", "term_score"]
    assert named.metric_set.on("strata")[:2] == ("rouge_l", "term_score")
