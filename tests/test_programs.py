"""Programs that read a job alone: each is given a dictionary, as Snakemake would write it beside the outputs."""

import json

import pandas as pd
import program_job
import pytest
from test_closed_book import SETTINGS, STYLE, answer, memberships, set_of

import score
import score_baselines
from reasonome.core import atomic
from reasonome.jobs import BenchmarkSettings, Job

TESTS = [
    set_of("t1", "Red path", "A", "B", pathway="P1"),
    set_of("t2", "Blue road", "C", "D", pathway="P2"),
    set_of("a1", "Green lane", "X", "Y", pathway="P3", subset="asked"),
]
TRAINING = [set_of("q1", "Green lane", "X", "Z", pathway="P3")]


def run(program, folder, inputs, **settings):
    """Run a program on files in a folder; its job is returned."""
    job = {
        "inputs": {role: folder / name for role, name in inputs.items()} | {"encoders": []},
        "outputs": {"scores": folder / "scores.parquet", "summary": folder / "scores.json"},
        "settings": {"task": "closed_book", "name": "book", "benchmark": SETTINGS, "style": STYLE} | settings,
    }
    program_job.run(program, folder, job)
    return Job[BenchmarkSettings].model_validate({"rule": program.__name__} | job)


def write_rows(path, rows):
    atomic.write_jsonl(path, [row.model_dump(exclude_defaults=True) for row in rows])


def test_answers_are_scored_by_a_job_alone(tmp_path):
    write_rows(tmp_path / "test.jsonl", TESTS)
    texts = ["Process: red path", "Process: Green lane", ""]
    write_rows(tmp_path / "answers.jsonl", map(answer, TESTS, texts))
    job = run(score, tmp_path, {"examples": "test.jsonl", "answers": "answers.jsonl"})
    table = pd.read_parquet(tmp_path / "scores.parquet").set_index("id")
    assert table["exact"].to_dict() == {"t1": 1, "t2": 0, "a1": 0} and table.loc["t2", "drifted"] == 1
    summary = json.loads((tmp_path / "scores.json").read_text())
    assert (summary["n"], summary["metrics"]["mean"]["exact"], summary["sealed"]) == (3, 0.5, 0)
    assert Job[BenchmarkSettings].model_validate_json(job.to_json()) == job


def test_sealed_questions_are_left_out_by_the_job_that_says_so(tmp_path):
    write_rows(tmp_path / "test.jsonl", TESTS)
    write_rows(tmp_path / "answers.jsonl", [answer(TESTS[0], "Process: red path")])
    counts = []
    for sealed in (0.0, 0.9):
        inputs = {"examples": "test.jsonl", "answers": "answers.jsonl"}
        job = run(score, tmp_path, inputs, sealed=sealed)
        counts.append(json.loads((tmp_path / "scores.json").read_text())["sealed"])
    assert counts[0] == 0 < counts[1]
    assert job.digest != job.model_copy(update={"settings": job.settings.model_copy(update={"sealed": 0.0})}).digest


def test_baselines_are_scored_by_a_job_alone(tmp_path):
    write_rows(tmp_path / "test.jsonl", TESTS)
    write_rows(tmp_path / "train.jsonl", TRAINING)
    facts = memberships({"P1": ("Red path", "ABEF"), "P2": ("Blue road", "CDGH"), "P3": ("Green lane", "XYZ")})
    facts.to_parquet(tmp_path / "facts.parquet")
    inputs = {"test": "test.jsonl", "train": "train.jsonl", "facts": "facts.parquet"}
    run(score_baselines, tmp_path, inputs)
    table = pd.read_parquet(tmp_path / "scores.parquet").pivot(index="baseline", columns="id", values="exact")
    assert table.loc["commonest name"].to_dict() == {"t1": 0, "t2": 0, "a1": 1}


@pytest.mark.parametrize("change", [{"benchmark": SETTINGS | {"gense": 5}}, {"stlye": STYLE}])
def test_a_job_of_another_form_is_refused(tmp_path, change):
    write_rows(tmp_path / "test.jsonl", TESTS)
    write_rows(tmp_path / "answers.jsonl", [answer(TESTS[0], "Process: red path")])
    with pytest.raises(ValueError, match="gense|stlye"):
        run(score, tmp_path, {"examples": "test.jsonl", "answers": "answers.jsonl"}, **change)
    assert not (tmp_path / "scores.parquet").exists()
