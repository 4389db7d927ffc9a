"""Gene-set naming: what is read out of completions, and completions written for training."""

import pytest

from reasonome.tasks import TASKS
from reasonome.tasks.gene_set_naming import Answer

TASK = TASKS["gene_set_naming"]
REASONED = "\nReasoning:\n<think>one</think>"


@pytest.mark.parametrize(
    "name",
    [
        "oxidoreductase activity, acting on paired donors, with oxidation of a pair of donors",
        "positive regulation of mitotic metaphase/anaphase transition",
        "calmodulin-activated dual specificity 3',5'-cyclic-GMP, 3',5'-cyclic-AMP phosphodiesterase activity",
        "1,4-alpha-glucan branching: the 1.14.11.2 step",
        "antigen processing and presentation",
        "cleavage in ITS1 (SSU-rRNA, 5.8S rRNA, LSU-rRNA).",
    ],
)
def test_a_name_is_taken_in_full(name):
    assert TASK.parse(f"Process: {name}{REASONED}") == Answer(name, ["one"], [])


@pytest.mark.parametrize(
    ("text", "steps", "problem"),
    [
        ("", [], "no_process_line"),
        (f"DNA repair{REASONED}", ["one"], "no_process_line"),
        (f"<think>Process: DNA repair</think>{REASONED}", ["Process: DNA repair", "one"], "no_process_line"),
        (f"Process: DNA repair\nProcess: DNA binding{REASONED}", ["one"], "several_process_lines"),
        (f"Process: {REASONED}", ["one"], "empty_name"),
        (f"Process: <name>{REASONED}", ["one"], "placeholder_name"),
        (f"Process: <b>DNA repair</b>{REASONED}", ["one"], "placeholder_name"),
        (f"Process: {'a ' * 31}{REASONED}", ["one"], "name_too_long"),
        (f"Process: {'a' * 201}{REASONED}", ["one"], "name_too_long"),
        (f"Process: {'a' * 10_000}{REASONED}", ["one"], "name_too_long"),
        (f"Process: DNA repair; DNA binding{REASONED}", ["one"], "several_names"),
        (f"Process: DNA repair / DNA binding{REASONED}", ["one"], "several_names"),
        (f"Sure!\nProcess: DNA repair{REASONED}", ["one"], "process_not_first"),
    ],
)
def test_an_answer_without_one_usable_name_has_none(text, steps, problem):
    answer = TASK.parse(text)
    assert problem in answer.problems
    assert (answer.name, answer.named, answer.steps) == ("", False, steps)


@pytest.mark.parametrize("name", [" ".join("a" * 30), "a" * 200])
def test_the_longest_name_allowed(name):
    assert TASK.parse(f"Process: {name}{REASONED}").named


@pytest.mark.parametrize(
    ("reasoning", "problem"),
    [
        ("", "no_reasoning"),
        ("\nReasoning:\n<think></think>", "empty_think"),
        ("\nReasoning:\n<think>one</think><think> </think>", "empty_think"),
        ("\nReasoning:\n<think>one", "unclosed_think"),
        ("\nReasoning:\n<think>one</think>\n<think>cut o", "unclosed_think"),
        ("\nReasoning:\n<think>one</think>\nI hope this helps.", "text_outside"),
        ("\nReasoning:\n<p>one</p>", "no_reasoning"),
    ],
)
def test_bad_reasoning_does_not_cost_the_name(reasoning, problem):
    answer = TASK.parse(f"Process: DNA repair{reasoning}")
    assert problem in answer.problems
    assert (answer.name, answer.named, answer.reasoned) == ("DNA repair", True, False)


def test_html_is_text_like_any_other():
    answer = TASK.parse("Process: DNA <i>repair</i>\nReasoning:\n<think><script>alert(1)</script></think>")
    assert answer == Answer("DNA <i>repair</i>", ["<script>alert(1)</script>"], [])


def test_targets_are_read_back():
    assert TASK.target("DNA repair", ["one", "two"]) == (
        "Process: DNA repair\nReasoning:\n<think>one</think>\n<think>two</think>"
    )
    assert TASK.target("DNA repair", []) == "Process: DNA repair"
    assert TASK.parse(TASK.target("DNA repair", ["one", "two"])) == Answer("DNA repair", ["one", "two"], [])
    assert TASK.parse(TASK.target("DNA repair", [])) == Answer("DNA repair", [], ["no_reasoning"])


def test_every_training_name_of_the_demo_can_be_answered(demo_benchmark):
    from reasonome.benchmarks import read_rows

    for part in ("train", "valid", "test"):
        for example in read_rows(demo_benchmark / f"{part}.jsonl"):
            assert TASK.parse(TASK.target(example.name, ["one"])) == Answer(example.name, ["one"], [])
