"""`reasonome score --benchmark`: answers of anybody, scored as the pipeline scores its own, beside its baselines."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_project
from refusals import refused

from reasonome import cli
from reasonome.benchmarks.rows import read_rows
from reasonome.scoring import benchmark_answers
from reasonome.scoring.comparisons import ALIKE
from reasonome.tasks import load_project
from reasonome.tasks.naming import files, scoring
from reasonome.tasks.naming.metrics import Judges
from reasonome.tasks.naming.questions import Example

pytestmark = pytest.mark.slow


def table(path, rows, header=("id", "answer")):
    with open(path, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    return path


@pytest.fixture()
def built(tmp_path, config, demo_benchmark, monkeypatch):
    """A project's folder in which the demo benchmark is built, and nothing else."""
    shutil.copytree(demo_benchmark, tmp_path / "results/benchmarks/demo-go")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(built):
    return read_rows(built / "results/benchmarks/demo-go/test.jsonl", Example)


def scored(path, *options):
    """What the command writes as JSON about a file of answers."""
    assert cli.main(["score", str(path), "--benchmark", "demo-go", "--json", "s.json", *options]) == 0
    return json.loads(Path("s.json").read_text())


def test_answers_to_a_benchmark(built, capsys):
    examples = asked(built)
    half = [(e.id, e.name) for e in examples[::2]]
    path = table(built / "a.csv", [*half, ("GO:none", "x")], ("ID", "their name"))
    found = scored(path, "--columns", "answer=their name")
    assert found["n"] == 90
    assert found["problems"]["missing"] == 45
    assert "format" not in found["metrics"]  # names alone, and those that are missing
    assert "missing_answer" not in found["problems"]  # what is missing is counted once
    assert found["problems"]["unknown"] == 1
    share = {s: np.mean([e.id in dict(half) for e in examples if e.subset == s]) for s in ("bp", "mf", "cc")}
    assert found["metrics"]["exact"]["value"] == pytest.approx(np.mean(list(share.values())))
    assert {s: found["subsets"][s]["exact"]["value"] for s in share} == pytest.approx(share)
    assert list(found["baselines"]) == ["shuffled_answers"]
    said = capsys.readouterr()
    assert "rouge_l         0.5000  [0.3898, 0.6102]  90\n" in said.out
    assert "results/backgrounds/demo-go.parquet` makes the table of terms\n" in said.out
    assert "snakemake --cores 1 results/encoders/minilm/manifest.json" in said.err


def test_a_metric_of_ones_own_of_answers_to_a_benchmark(built, capsys):
    """A third of the questions have an answer, and a name of theirs counts as many as it has words, one here."""
    (built / "mine.py").write_text("def words(answer, example): return len(answer['name'].split())\n")
    metrics = {"words": {"function": "mine.py:words", "high": 50}}
    tiny_project.edit(built, "benchmarks.yaml", lambda c: c["demo-go"].update(metrics=metrics))
    found = scored(table(built / "a.csv", [(example.id, "repair") for example in asked(built)[::3]]))
    assert found["metrics"]["words"]["value"] == pytest.approx(1 / 3)
    assert "words" in capsys.readouterr().out


def test_baselines_and_samples_of_a_benchmark(built, capsys):
    examples = asked(built)
    baselines = pd.DataFrame(
        {
            "baseline": "constant",
            "information": "none",
            "id": [e.id for e in examples],
            "subset": [e.subset for e in examples],
            "answer": "x",
            "rouge_l": [0.3 if e.subset == "bp" else 0.0 for e in examples],
        }
    )
    (built / "results/baselines").mkdir()
    baselines.to_parquet(built / "results/baselines/demo-go.symbols.parquet")
    # The first of two samples is right in every row, so every question's score is one half.
    rows = [(e.id, name, sample) for e in examples for sample, name in enumerate([e.name, ""])]
    path = table(built / "a.csv", rows, ("id", "text", "sample"))
    cli.main(["score", str(path), "--benchmark", "demo-go", "--json", "-"])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["n"], found["problems"]["empty"]) == (90, 90)
    assert "empty_name" not in found["problems"]
    exact = found["metrics"]["exact"]
    assert exact == {"value": 0.5, "low": None, "high": None, "n": 90, "note": ALIKE}
    assert found["baselines"]["constant"]["metrics"]["rouge_l"]["value"] == pytest.approx(0.1)
    assert "in the style 'symbols', track strict" in said.err  # the style whose baselines are there
    baselines[:50].to_parquet(built / "results/baselines/demo-go.symbols.parquet")
    cli.main(["score", str(path), "--benchmark", "demo-go"])
    assert "the baselines are of another test split" in capsys.readouterr().out


def test_sealed_questions_are_not_scored(built, capsys):
    config = built / "config/benchmarks.yaml"
    config.write_text(config.read_text().replace("demo-go:\n", "demo-go:\n  sealed: 0.5\n", 1))
    path = table(built / "a.csv", [(e.id, e.name) for e in asked(built)], ("id", "answer"))
    found = scored(path)
    assert 20 < found["n"] < 70
    assert found["metrics"]["exact"]["value"] == 1
    assert (found["problems"]["missing"], found["problems"]["unknown"]) == (0, 0)
    assert f"{90 - found['n']} of 90 test questions are sealed" in capsys.readouterr().out


def test_a_models_own_answers_are_parsed_as_the_pipeline_does(built):
    examples = asked(built)
    rows = [{"id": e.id, "subset": e.subset, "prompt_sha256": "0", "text": e.name} for e in examples]
    path = built / "greedy.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = scored(path)
    # A model's text without `Process:` has no name, even where it is the name.
    assert found["metrics"]["no_name"]["value"] == 1
    assert found["problems"]["no_process_line"] == 90


def test_answers_to_another_benchmark_are_an_error_and_sealed_ones_are_passed_over(built, capsys):
    examples = asked(built)
    config = built / "config/benchmarks.yaml"
    config.write_text(config.read_text().replace("demo-go:\n", "demo-go:\n  sealed: 0.5\n", 1))
    path = built / "greedy.jsonl"

    def write(ids):
        rows = [{"id": i, "subset": "bp", "prompt_sha256": "0", "text": "Process: x"} for i in ids]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    write([e.id for e in examples])
    assert scored(path)["metrics"]["no_name"]["value"] == 0
    write([*(e.id for e in examples), "GO:elsewhere"])
    with refused(path, 91, "id"):
        cli.main(["score", str(path), "--benchmark", "demo-go"])


def test_claims_are_checked_against_what_sources_deny_too(built, monkeypatch):
    given = []
    monkeypatch.setattr(scoring, "load_judges", lambda *arguments: given.append(arguments[-1]) or Judges())
    project = load_project(built / "config")
    facts = files.judging_facts(project, "demo-go")
    corpora = ("demo", "go-2022")  # of the benchmark, and of its background
    assert facts == [Path("results/facts", c, f"{name}.parquet") for c in corpora for name in ("facts", "denied")]
    path = table(built / "a.csv", [(e.id, e.name) for e in asked(built)])
    for made in facts[:-1]:
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
    scored = benchmark_answers.score_on_benchmark(path, project, "demo-go")
    assert f"no check of claims: `snakemake --cores 1 {facts[-1]}` makes the facts" in scored.notes
    facts[-1].touch()
    benchmark_answers.score_on_benchmark(path, project, "demo-go")
    assert given == [[], facts]


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (["--benchmark", "demo-og"], "did you mean 'demo-go'?"),
        (["--benchmark", "go"], "snakemake results/benchmarks/go/test.jsonl"),
    ],
)
def test_a_benchmark_asked_wrongly(built, arguments, fix):
    path = table(built / "a.csv", [("GO:0", "x")], ("id", "answer"))
    with refused(fix=fix):
        cli.main(["score", str(path), *arguments])
