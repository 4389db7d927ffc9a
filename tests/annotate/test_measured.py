"""How good a model measured, as the page says it: in the nearest experiment, beside baselines, or not at all."""

from pathlib import Path

import pandas as pd
import pytest
from scored_model import ARM, BACKBONE, CHAIN, METRICS, TESTS, plan

from reasonome.apps.measured import NOT_MEASURED, UNREADABLE, names_measured
from reasonome.config.annotations import Annotation
from reasonome.core import atomic
from reasonome.report import tables

MODEL = Path("results/models") / BACKBONE / CHAIN
SETTINGS = Annotation(sets=["mine.gmt"], benchmark="demo-go", style="names")


@pytest.fixture(autouse=True)
def empty_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(experiment, factor=1.0, **asked):
    """An experiment's folder with the model's scores, times a factor, asked otherwise if need be."""
    folder = Path("results/experiments") / experiment
    folder.mkdir(parents=True)
    written = plan().model_copy(update={"experiment": experiment})
    evaluations = [one.model_copy(update=asked) for one in written.evaluations]
    baselines = [
        one.model_copy(update={k: v for k, v in asked.items() if k != "decoding"}) for one in written.baselines
    ]
    written = written.model_copy(update={"evaluations": evaluations, "baselines": baselines})
    (folder / "plan.json").write_text(written.model_dump_json())
    rows = [row | asked | {name: row[name] * factor for name in ("value", "low", "high")} for row in METRICS]
    atomic.write_tsv(folder / "metrics.tsv", pd.DataFrame(rows, columns=tables.METRIC_COLUMNS))
    tests = pd.DataFrame([test | asked for test in TESTS], columns=tables.COMPARISON_COLUMNS)
    atomic.write_tsv(folder / "comparisons.tsv", tests)
    return folder


def test_the_main_score_stands_beside_the_best_baseline_of_each_group(project, snapshot):
    write("mine")
    said, card = names_measured(project, SETTINGS, MODEL)
    assert said == snapshot
    assert card == f"results/models/{BACKBONE}/{CHAIN}/card.mine.md"


def test_of_several_experiments_the_one_that_asked_alike_is_told(project):
    write("a", 0.5, benchmark="gsai", style="symbols")
    write("b", 0.9, style="symbols")
    assert "to 1 (the same): 0.270 (" in names_measured(project, SETTINGS, MODEL)[0]
    write("c")
    said, card = names_measured(project, SETTINGS, MODEL)
    assert "experiment c): how near" in said and "(the same): 0.300 (" in said and card.endswith("/card.c.md")


def test_a_model_that_no_experiment_scored_has_no_scores(project):
    write("mine")
    said, card = names_measured(project, SETTINGS, MODEL.with_name(f"{CHAIN}+grpo.soft-s0"))
    assert said == NOT_MEASURED
    # The card that the configuration knows, which Snakemake would write.
    assert card == f"results/models/{BACKBONE}/{CHAIN}+grpo.soft-s0/card.demo.md"
    assert names_measured(project, SETTINGS, MODEL.with_name("sft.other-s3")) == (NOT_MEASURED, "")


def test_an_untouched_backbone_has_scores_and_no_card(project):
    write("mine")
    said, card = names_measured(project, SETTINGS, MODEL.with_name("base"))
    assert "(the same): 0.000 (" in said and card == ""


def test_a_model_of_the_same_name_in_another_place_is_another(project, tmp_path):
    write("mine")
    assert names_measured(project, SETTINGS, tmp_path / "elsewhere" / BACKBONE / CHAIN) == (NOT_MEASURED, "")
    assert names_measured(project, SETTINGS, tmp_path / MODEL)[0].startswith("Of this model's names 90 ")


def test_an_experiment_that_is_not_summarised_has_no_scores_yet(project):
    (write("mine") / "comparisons.tsv").unlink()
    assert names_measured(project, SETTINGS, MODEL)[0] == NOT_MEASURED


def test_tables_of_another_version_stop_nobody_and_are_said(project, capsys):
    (write("mine") / "metrics.tsv").write_text(f"arm\tvalue\n{ARM}\t0.3\n")
    assert names_measured(project, SETTINGS, MODEL)[0] == UNREADABLE
    told = capsys.readouterr().out
    assert "results/experiments/mine/metrics.tsv: columns are arm value" in told and told.count("\n") == 1
