"""Numbers of genes in a teacher's reasoning agree with the prompt that the student sees."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import write_reasoning
from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.tasks.naming import teaching
from reasonome.tasks.naming.dialogue import Example
from reasonome.tasks.naming.task import GeneSetNaming
from reasonome.tasks.naming.teaching import propose_from_facts
from reasonome.teaching.proposals import Proposal, contradicting_count, without_contradictions
from reasonome.training.sft import conversations

ROOT = Path(__file__).resolve().parent.parent
TASK = GeneSetNaming()
SHOWN = ["A", "B", "C", "D", "E"]


@pytest.mark.parametrize(
    "step",
    [
        "All 5 genes take part in repair.",
        "All five of these human genes act in repair.",
        "The 5 genes all act in repair; A is a ligase.",
        "3 of the 5 genes have ATP binding.",
        "Three out of 5 genes bind DNA, and two genes do not.",
        "Among 5 genes, 3 share repair.",
        "Four of these genes are kinases.",
        "The two genes A and B form a dimer.",  # two are named
        "The other three genes are kinases.",
        "It is in complex 1, of 14-3-3 proteins, and on 7q31.",
        "A binds 12 proteins.",
    ],
)
def test_numbers_that_agree(step):
    assert contradicting_count([step], SHOWN) == ""


@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("All 4 genes take part in repair.", 4),
        ("All seven of these human genes act in repair.", 7),
        ("The 12 genes all act in repair.", 12),
        ("3 of the 7 genes have ATP binding.", 7),
        ("Three of 4 genes bind DNA.", 4),
        ("Among 6 genes, 3 share repair.", 6),
        ("Six genes are kinases.", 6),
        ("Six of these genes are kinases.", 6),
        ("The two genes form a dimer.", 2),  # which two?
    ],
)
def test_numbers_that_the_prompt_contradicts(step, number):
    assert contradicting_count(["A is a ligase.", step], SHOWN) == f"counts {number} genes where the prompt shows 5"


def test_a_proposal_that_contradicts_its_prompt_has_that_as_its_problem():
    prompts = {"1": SimpleNamespace(shown=SHOWN), "2": SimpleNamespace(shown=SHOWN[:3])}
    good, wrong, broken = (
        Proposal(id, "bp", "repair", ["All five genes repair."], problem=problem)
        for id, problem in (("1", ""), ("2", ""), ("2", "no_reasoning"))
    )
    found = without_contradictions([good, wrong, broken], prompts)
    assert found[0] == good and found[2] == broken
    assert found[1].problem == "counts 5 genes where the prompt shows 3"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["given", "blind"])
@pytest.mark.parametrize("style", ["demo-names", "demo-symbols"])
def test_no_trace_of_the_demos_teacher_contradicts_the_students_prompt(
    project, demo_facts, demo_benchmark, mode, style
):
    asked = project.style("demo-go", style)
    rows = [TASK.with_choice(row, asked) for row in read_rows(demo_benchmark / "train.jsonl", Example)]
    prompts = {row.id: TASK.prompt(row, asked) for row in rows}
    traces = propose_from_facts(
        [row.model_dump() for row in rows],
        demo_facts,
        mode=mode,
        seed=0,
        shown_genes=lambda row: prompts[row["id"]].shown,
    )
    written = [trace for trace in traces if not trace.problem]
    proposals = {trace.id: vars(trace) for trace in written}
    learned = conversations(TASK, asked, rows, proposals)
    assert without_contradictions(written, prompts) == written
    assert sum(bool(re.search(r"\d+ (of these )?genes", " ".join(trace.steps))) for trace in written) > 20
    assert len(learned) > 0.97 * len(written)


@pytest.mark.parametrize(("step", "kept"), [("All 2 genes ligate.", 1), ("All 3 genes ligate.", 0)])
def test_traces_of_others_that_contradict_are_dropped_and_counted(monkeypatch, tmp_path, capsys, step, kept):
    genes = [{"symbol": symbol} for symbol in ("LIG1", "LIG3", "LIG4")]
    row = {"id": "GO:1", "subset": "bp", "name": "ligation", "genes": genes, "shown": ["LIG4", "LIG1"]}
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results/prompts/demo-go.demo-names"
    for part, rows in (("train", [row]), ("valid", []), ("test", [])):
        atomic.write_jsonl(folder / f"{part}.jsonl", rows)
    proposal = Proposal("GO:1", "bp", "ligation", [step])
    seen = {}

    def prompts_of(template, prompts):
        seen.update(prompts)

    encoder = SimpleNamespace(similarity=lambda proposed, true: [1.0] * len(proposed))
    monkeypatch.setattr(teaching, "load_encoders", lambda configured, folders: {folders[0].name: encoder})
    monkeypatch.setattr(teaching.openai, "prompts", prompts_of)
    monkeypatch.setattr(teaching.openai, "ask_beside", lambda *_: None)
    monkeypatch.setattr(teaching.openai, "to_proposals", lambda *_: [proposal])
    asked = "--teacher gpt-4o --benchmark demo-go --style demo-names --output kept.jsonl"
    monkeypatch.setattr(sys, "argv", ["write_reasoning.py", "--config", str(ROOT / "config"), *asked.split()])
    write_reasoning.main()
    assert seen["GO:1"].shown == ["LIG4", "LIG1"]
    assert len(atomic.read_jsonl(tmp_path / "kept.jsonl")) == kept
    dropped = atomic.read_jsonl(tmp_path / "kept.dropped.jsonl")
    assert [one["reason"] for one in dropped] == ["counts 3 genes where the prompt shows 2"] * (1 - kept)
    assert f"gpt-4o: {kept} kept, {1 - kept} dropped" in capsys.readouterr().out
