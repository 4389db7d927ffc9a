"""The leak audit of rankings: shared genes, diseases and loci fail, as statements do that tell the answer."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from ranking_questions import case, locus
from refusals import refused

from reasonome.facts.wording import JOINT
from reasonome.jobs import LeakSettings, Training
from reasonome.leaks.audit import check
from reasonome.task_parts import Built
from reasonome.tasks import TASKS
from reasonome.tasks.ranking.leaks import (
    FIXES,
    prompt_finding,
    question_findings,
    reasoning_finding,
    statement_findings,
)
from reasonome.tasks.ranking.questions import RankedGene
from reasonome.tasks.ranking.splits import BenchmarkQuestions
from reasonome.tasks.ranking.task import CausalGeneRanking

TRAINING = Training("training questions", "demo", ("grpo.rank",), Path("train.jsonl"))


def on_5(name, candidates, causal, position, **fields):
    """A locus on chromosome 5."""
    return locus(name, candidates, causal, chromosome="5", position=position, **fields)


MARFAN = {"disease": "Marfan syndrome", "disease_id": "OMIM:154700"}
TEST = BenchmarkQuestions("demo-loci", [on_5("t", "IL13 IL4 RAD50", "IL13", 132_660_000)], 500_000)
CASES = BenchmarkQuestions("demo-cases", [case("c", "FBN1", **MARFAN)], 500_000)


def training_of(questions):
    return BenchmarkQuestions("demo", questions, 500_000)


@pytest.mark.parametrize(
    ("training", "kind"),
    [
        (on_5("a", "IL13 XYZ", "IL13", 1), "causal_gene"),
        (on_5("b", "IL4 XYZ", "XYZ", 1), "candidate_gene"),
        (on_5("d", "ABC XYZ", "XYZ", 132_660_000 + 1_000_000), "overlapping_locus"),
        (on_5("e", "ABC XYZ", "XYZ", 132_660_000 + 1_000_001), None),
    ],
)
def test_what_a_training_question_has_in_common_with_a_test_question(training, kind):
    asked = [on_5("z", "ABC", "ABC", 1), training]
    findings = question_findings(TRAINING, training_of(asked), TEST, {"causal gene": 3})
    remaining = {finding.kind: finding for finding in findings if finding.remaining}
    assert list(remaining) == ([kind] if kind else [])
    assert next(f for f in findings if f.kind == "causal_gene").dropped == 3
    if kind:
        assert (remaining[kind].line, remaining[kind].verdict) == (2, "fails")
        with refused(fix="add demo-loci to leave_out of demo in"):
            check("loci", findings, FIXES)


@pytest.mark.parametrize(("window_kb", "overlap"), [(600, 1), (599, 0)])
def test_the_program_takes_each_benchmarks_own_window(tmp_path, window_kb, overlap):
    # 700 kb apart, and the test benchmark's window is 100 kb.
    for name, position in (("training", 1_000_000), ("tested", 1_700_000)):
        (tmp_path / name).mkdir()
        question = on_5(name, f"{name}1 {name}2", f"{name}1", position)
        for part in ("train", "test"):
            (tmp_path / name / f"{part}.jsonl").write_text(question.model_dump_json(exclude_defaults=True) + "\n")
        (tmp_path / name / "audit.json").write_text("{}")
    windows = {"training": window_kb, "tested": 100}
    of = {name: SimpleNamespace(window=1000 * kb) for name, kb in windows.items()}
    benchmarks = {name: Built(CausalGeneRanking(), spec, tmp_path / name) for name, spec in of.items()}
    training = Training("training questions", "training", ("grpo.rank",), tmp_path / "training/train.jsonl")
    audit = LeakSettings(benchmarks={}, tested=["tested"], training=[training])
    found = TASKS["rare_disease_ranking"].leaks.findings(audit, benchmarks)
    assert {f.kind: f.remaining for f in found if f.remaining} == ({"overlapping_locus": 1} if overlap else {})


def test_cases_of_one_disease_leak():
    findings = question_findings(TRAINING, training_of([case("a", "FBN2", **MARFAN)]), CASES, {})
    assert [finding.kind for finding in findings if finding.remaining] == ["disease"]


def statements(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["text", "gene", "object_id"])


NAMES = pd.DataFrame(
    [("MESH:D008382", "Marfan Syndrome"), ("HP:0001166", "Arachnodactyly"), ("MESH:D001249", "Asthma")],
    columns=["object_id", "object_name"],
)


def found(rows: pd.DataFrame, tested: BenchmarkQuestions) -> dict[str, tuple[int, str]]:
    return {f.kind: (f.remaining, f.verdict) for f in statement_findings(TRAINING, rows, NAMES, tested)}


def test_a_statement_that_links_the_right_gene_to_what_is_asked_fails():
    rows = statements(
        ("TTN is a giant.", "TTN", "OMIM:154700"),  # not the right gene
        ("FBN1 causes it.", "FBN1", "OMIM:154700"),
        ("FBN1 and TTN are linked.", f"FBN1{JOINT}TTN", f"MESH:D008382{JOINT}GO:1"),  # by name under another id
    )
    assert found(rows, CASES)["tells_the_answer"] == (1, "fails")  # one pair of gene and question
    assert found(rows.iloc[:1], CASES)["tells_the_answer"] == (0, "clean")
    with refused(fix="warm up on a corpus without the sources"):
        check("loci", statement_findings(TRAINING, rows, NAMES, CASES), FIXES)
    told = statement_findings(TRAINING, rows, NAMES, CASES)[0]
    assert (told.line, told.example, told.looked_at) == (2, "FBN1 causes it.", 3)
    assert found(statements(("IL13 is linked.", "IL13", "MESH:D001249")), TEST)["tells_the_answer"] == (1, "fails")


def test_phenotypes_of_the_right_gene_are_counted_and_may_stay():
    rows = statements(("FBN1: long fingers.", "FBN1", "HP:0001166"))
    assert found(rows, CASES) == {
        "tells_the_answer": (0, "clean"),
        "gene_and_phenotype": (1, "reported"),
        "asked_in_text": (0, "clean"),
    }


def test_running_text_that_names_disease_or_trait_is_reported():
    rows = statements(("IL13 is raised in asthma, as others are.", "IL13", "summary"))
    assert found(rows, TEST)["asked_in_text"] == (1, "reported")
    assert found(statements(("IL13 is raised in asthmatics.", "IL13", "x")), TEST)["asked_in_text"] == (0, "clean")


def test_reasoning_and_questions_that_name_a_right_gene_are_reported():
    rows = [{"steps": ["IL4 is near."]}, {"steps": ["IL131 is not it.", "IL13 is."]}]
    finding = reasoning_finding(TRAINING, rows, TEST)
    assert (finding.remaining, finding.line, finding.verdict) == (1, 2, "reported")
    asked = locus("u", "", "IL13", causal=[RankedGene(symbol="IL13", aliases=("P600",))], trait="p600 levels")
    named = BenchmarkQuestions("demo-loci", [*TEST.questions, asked], 1)
    prompt = prompt_finding("short", Path("test.jsonl"), named)
    assert (prompt.remaining, prompt.line, prompt.example) == (1, 2, "IL13 in: p600 levels")
