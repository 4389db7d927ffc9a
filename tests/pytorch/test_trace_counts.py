"""Numbers of genes in a teacher's reasoning agree with the prompt that the student sees."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import program_job
import pytest
from checkout import ROOT
from traced_sets import table, terms_table

import write_reasoning
from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.facts.sources.go import read_obo
from reasonome.tasks.naming import teaching
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.background_table import background_table, write_background
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.task import GeneSetNaming
from reasonome.tasks.naming.teaching import NOTHING_SHARED, propose_from_facts
from reasonome.tasks.naming.traces import TraceJudge
from reasonome.teaching.proposals import Proposal, contradicting_count, without_contradictions
from reasonome.training.sft import conversations

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
@pytest.mark.parametrize("style", ["demo-names", "symbols"])
def test_traces_of_the_demos_teacher(project, demo_facts, demo_benchmark, style):
    """With the terms of the slice alone, half of them follow; with all of GO, as in the pipeline, it is more. No number
    is wrong, and no gene is named that the prompt does not show."""
    asked = project.style("demo-go", style)
    examples = [TASK.with_choice(row, asked) for row in read_rows(demo_benchmark / "train.jsonl", Example)]
    prompts = {example.id: TASK.prompt(example, asked) for example in examples}
    ontology = read_obo(ROOT / project.sources["go-demo"].files["obo"].path)
    terms = background_table(demo_facts, {"go-demo": ontology}, project.benchmarks["demo-go"])
    judge = TraceJudge(demo_facts, Background(terms))
    shown = {example.id: prompts[example.id].shown for example in examples}
    traces = propose_from_facts(examples, demo_facts, judge, seed=0, shown_genes=lambda example: shown[example.id])
    judged = teaching.judged(judge, without_contradictions(traces, prompts), examples, prompts)
    problems = Counter(trace.problem.partition(":")[0] for trace in judged)
    assert problems.keys() == {"", "unrelated", "too few genes", NOTHING_SHARED}
    kept = {trace.id: vars(trace) for trace in judged if not trace.problem}
    assert len(kept) > 285
    # The rest end in a pathway whose name has a gene of the set that is not shown.
    assert len(conversations(TASK, asked, examples, kept)) > 0.97 * len(kept)
    counts = [count for trace in traces for step in trace.steps for count in judge.counts(step, shown[trace.id])]
    assert len(counts) > 20 and all(number == len(holders) for _, number, holders in counts)


ANY = "GO:9"
ENDS = " LIG1 and LIG4 take part in end joining."


def write_knowledge(folder: Path) -> None:
    """Facts and a background."""
    facts = table(
        ("LIG1 LIG4", "involved_in", "GO:2", "end joining"), ("LIG1 LIG4", "involved_in", "GO:3", "vesicle transport")
    )
    facts.to_parquet(folder / "facts.parquet")
    terms = [(ANY, "any", " ".join(f"G{n}" for n in range(100)), ""), ("GO:1", "ligation", "LIG1 LIG3 LIG4", ANY)]
    terms += [
        ("GO:2", "end joining", "LIG1 LIG4", "GO:1"),
        ("GO:3", "vesicle transport", "LIG1 LIG4 A B C D E F G", ANY),
    ]
    write_background(terms_table(*terms), folder / "background.parquet")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("All 2 genes ligate." + ENDS, ""),
        ("All 3 genes ligate." + ENDS, "counts 3 genes where the prompt shows 2"),
        ("All 2 genes ligate.", "nothing known: no step says of a shown gene what a fact knows"),
    ],
)
@pytest.mark.parametrize("grounded", [True, False])
def test_why_traces_of_others_are_dropped(monkeypatch, tmp_path, capsys, project, step, reason, grounded):
    """A teacher behind an endpoint is judged by facts, unless its entry says otherwise; by the prompt it always is."""
    genes = [{"symbol": symbol} for symbol in ("LIG1", "LIG3", "LIG4")]
    row = {"id": "GO:1", "subset": "bp", "name": "ligation", "genes": genes, "shown": ["LIG4", "LIG1"]}
    write_knowledge(tmp_path)
    atomic.write_jsonl(tmp_path / "train.jsonl", [row])
    inputs = {"train": tmp_path / "train.jsonl", "encoders": [tmp_path / "minilm"]}
    inputs |= {"judging": [tmp_path / "facts.parquet"], "background": tmp_path / "background.parquet"}
    outputs = {"kept": tmp_path / "gpt-4o/kept.jsonl", "dropped": tmp_path / "kept.dropped.jsonl"}
    benchmark, style = project.benchmarks["demo-go"], project.style("demo-go", "demo-names")
    settings = {
        "task": "gene_set_naming",
        "name": "demo-go",
        "benchmark": benchmark.model_dump(mode="json"),
        "style": style.model_dump(mode="json"),
        "teacher": {"kind": "openai", "model": "m", "encoder": "minilm", "grounded": grounded},
        "encoders": {"minilm": "mean"},
        "further": [["report"], "template"],
    }
    proposal = Proposal("GO:1", "bp", "ligation", [step])
    seen = {}

    def prompts_of(template, prompts):
        seen.update(prompts)

    encoder = SimpleNamespace(similarity=lambda proposed, true: [1.0] * len(proposed))
    monkeypatch.setattr(teaching, "load_encoders", lambda folders: {folders[0].folder.name: encoder})
    monkeypatch.setattr(teaching.openai, "prompts", prompts_of)
    monkeypatch.setattr(teaching.openai, "propose", lambda *_: [proposal])
    program_job.run(write_reasoning, tmp_path, {"inputs": inputs, "outputs": outputs, "settings": settings})
    assert seen["GO:1"].shown == ["LIG4", "LIG1"]
    reason = reason if grounded or reason.startswith("counts") else ""
    kept = int(not reason)
    assert len(atomic.read_jsonl(outputs["kept"])) == kept
    dropped = atomic.read_jsonl(tmp_path / "kept.dropped.jsonl")
    assert [one["reason"] for one in dropped] == [reason] * (1 - kept)
    assert f"gpt-4o: {kept} kept, {1 - kept} dropped" in capsys.readouterr().out
