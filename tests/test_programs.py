"""Programs that read a job alone: each is given a dictionary, as Snakemake would write it beside the outputs."""

import json
import sys
from math import nan

import pandas as pd
import program_job
import pytest
from refusals import refused
from test_closed_book import SETTINGS, STYLE, TASK, answer, memberships, set_of

import build_benchmark
import score
import score_baselines
from reasonome.compile.building import BuildingSettings, building_job
from reasonome.compile.leaks import audit_job
from reasonome.config import OwnFunction
from reasonome.core import atomic
from reasonome.jobs import AuditSettings, BenchmarkSettings, Job
from reasonome.scoring.own_functions import with_own_columns

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


def write_facts(path):
    facts = memberships({"P1": ("Red path", "ABEF"), "P2": ("Blue road", "CDGH"), "P3": ("Green lane", "XYZ")})
    facts.to_parquet(path)


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
    write_facts(tmp_path / "facts.parquet")
    inputs = {"test": "test.jsonl", "train": "train.jsonl", "facts": "facts.parquet"}
    run(score_baselines, tmp_path, inputs)
    table = pd.read_parquet(tmp_path / "scores.parquet").pivot(index="baseline", columns="id", values="exact")
    assert table.loc["commonest name"].to_dict() == {"t1": 0, "t2": 0, "a1": 1}
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    assert scores["reward_exact"].equals(scores["exact"])  # the reward is the metric here
    assert not {"reward_format", "reward_similarity"} & {*scores}


def test_a_reward_of_ones_own_is_a_column_of_all_answers_and_baselines(tmp_path):
    """By hand: the reward is 1 less a tenth for each letter of a name; an answer without a name earns 0."""
    (tmp_path / "short.py").write_text("def short(answer, example): return 1 - len(answer['name']) / 10\n")
    write_rows(tmp_path / "test.jsonl", TESTS)
    write_rows(tmp_path / "train.jsonl", TRAINING)
    write_rows(tmp_path / "answers.jsonl", map(answer, TESTS, ["Process: red path", "Process: red", ""]))
    own = {"reward_short": {"function": f"{tmp_path}/short.py:short"}}
    job = run(score, tmp_path, {"examples": "test.jsonl", "answers": "answers.jsonl"}, own=own)
    table = pd.read_parquet(tmp_path / "scores.parquet").set_index("id")
    assert table["reward_short"].to_dict() == pytest.approx({"t1": 0.2, "t2": 0.7, "a1": 0})
    without = run(score, tmp_path, {"examples": "test.jsonl", "answers": "answers.jsonl"})
    assert pd.read_parquet(tmp_path / "scores.parquet").set_index("id").equals(table.drop(columns="reward_short"))
    assert "own" not in without.settings.model_dump() and job.digest != without.digest
    write_facts(tmp_path / "facts.parquet")
    (tmp_path / "short.py").write_text("def short(answer, example): return len(answer['name']) / 10\n")
    run(score_baselines, tmp_path, {"test": "test.jsonl", "train": "train.jsonl", "facts": "facts.parquet"}, own=own)
    table = pd.read_parquet(tmp_path / "scores.parquet").pivot(index="baseline", columns="id", values="reward_short")
    assert table.loc["commonest name"].to_dict() == {"t1": 1, "t2": 1, "a1": 1}
    expected = pd.DataFrame({"answer": ["by chance", "Red path"], "draws": [0, 1]})
    functions = {name: OwnFunction(**function) for name, function in own.items()}
    given = [(TASK.bare(text), TESTS[0]) for text in expected["answer"]]
    assert with_own_columns(expected, functions, given)["reward_short"].tolist() == pytest.approx(
        [nan, 0.8], nan_ok=True
    )


@pytest.mark.parametrize("change", [{"benchmark": SETTINGS | {"gense": 5}}, {"stlye": STYLE}])
def test_a_job_of_another_form_is_refused(tmp_path, change):
    write_rows(tmp_path / "test.jsonl", TESTS)
    write_rows(tmp_path / "answers.jsonl", [answer(TESTS[0], "Process: red path")])
    with pytest.raises(ValueError, match="gense|stlye"):
        run(score, tmp_path, {"examples": "test.jsonl", "answers": "answers.jsonl"}, **change)
    assert not (tmp_path / "scores.parquet").exists()


def built(project, name, folder):
    found = project.task(name).files.building(project, name)
    return building_job(project, name, found, {"audit": folder / "audit.json"})


def test_jobs_of_what_ships_are_whole(project, tmp_path):
    for name in project.benchmarks:
        job = built(project, name, tmp_path)
        assert Job[BuildingSettings].model_validate_json(job.to_json()) == job
    for experiment in project.experiments:
        job = audit_job(project, experiment, {"json": tmp_path / "audit.json"})
        assert Job[AuditSettings].model_validate_json(job.to_json()) == job


def test_mistakes_of_what_is_built_by_a_job_alone_have_their_places(project, tmp_path, monkeypatch):
    memberships({"P1": ("Red path", "ABEF")}).to_parquet(tmp_path / "facts.parquet")
    few = built(project, "closed-book", tmp_path).model_dump(mode="json")
    few["inputs"]["facts"] = str(tmp_path / "facts.parquet")
    other = built(project, "demo-loci", tmp_path).model_dump(mode="json")
    pinned = {source["name"]: source["pins"] for source in other["settings"]["sources"]}
    pinned["gold-standards-demo"]["files"]["table"]["sha256"] = "0" * 64
    monkeypatch.setattr(sys, "argv", ["build_benchmark", str(tmp_path / "job.json")])
    places = [("benchmarks.yaml", "closed-book.parts"), ("sources.lock.yaml", "gold-standards-demo.files.table")]
    for job, (file, field) in zip((few, other), places, strict=True):
        (tmp_path / "job.json").write_text(json.dumps(job))
        with refused(file, field=field):
            build_benchmark.main()


def test_a_source_whose_licence_nobody_has_accepted_makes_no_job(project, tmp_path, monkeypatch):
    source = project.sources["gold-standards-demo"].model_copy(
        update={"restricted": True, "licence_url": "https://example.org/terms"}
    )
    monkeypatch.setitem(project.sources, "gold-standards-demo", source)
    with refused(field="gold-standards-demo.accept_licence"):
        built(project, "demo-loci", tmp_path)
