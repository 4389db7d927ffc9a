"""Gene-set naming: what is read out of completions, and completions written for training."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.prompts.prompts import Prompt
from reasonome.tasks import TASKS
from reasonome.tasks.naming.completion import Answer
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle

TASK = TASKS["gene_set_naming"]
REASONED = "\nReasoning:\n<think>one</think>"
PUBLISHED = NamingStyle(gene="{symbol}", budget_tokens=8, system="", user="{genes}", track="as-published")
CONFIDENT = NamingStyle(gene="{symbol}", budget_tokens=8, system="", user="{genes}", confidence=True)


@pytest.mark.parametrize(
    "name",
    [
        "oxidoreductase activity, acting on paired donors, with oxidation of a pair of donors",
        "positive regulation of mitotic metaphase/anaphase transition",
        "calmodulin-activated dual specificity 3',5'-cyclic-GMP, 3',5'-cyclic-AMP phosphodiesterase activity",
        "1,4-alpha-glucan branching: the 1.14.11.2 step",
        "antigen processing and presentation",
        "cleavage in ITS1 (SSU-rRNA, 5.8S rRNA, LSU-rRNA).",
        "β-catenin–TCF complex: assembly, G₁/S; “late”".replace("; ", ", "),
        "DNA <i>repair</i> & more",
    ],
)
@pytest.mark.parametrize("style", [None, PUBLISHED])
def test_a_name_is_taken_in_full(name, style):
    text = f"Process: {name}{REASONED}"
    assert TASK.parse(text, style) == Answer(name, ["one"], [])
    assert TASK.name_span(text, style) == (9, 9 + len(name))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no_process_line"),
        ("Process: DNA repair\nProcess: DNA binding", "several_process_lines"),
        ("Process: ", "empty_name"),
        ("Process: <name>", "placeholder_name"),
        ("Process: <b>DNA repair</b>", "placeholder_name"),
        (f"Process: {'a ' * 31}", "name_too_long"),
        (f"Process: {'a' * 201}", "name_too_long"),
        ("Process: DNA repair; DNA binding", "several_names"),
        ("Process: DNA repair / DNA binding", "several_names"),
        ("Sure!\nProcess: DNA repair", "process_not_first"),
    ],
)
def test_an_answer_without_one_usable_name_has_none(text, problem):
    answer = TASK.parse(text + REASONED)
    assert problem in answer.problems
    assert (answer.name, answer.named, answer.steps) == ("", False, ["one"])


def test_steps_are_asked_for_unless_the_style_says_otherwise():
    asked = NamingStyle(gene="{symbol}", budget_tokens=8, system="", user="{genes}")
    bare, spared = "Process: DNA repair", asked.model_copy(update={"reasoning": "none"})
    assert TASK.parse(bare, asked).problems == ["no_reasoning"] and not TASK.parse(bare, asked).formed
    assert TASK.parse(bare, spared) == Answer("DNA repair", [], []) and TASK.parse(bare, spared).formed
    assert TASK.parse(bare + REASONED, spared) == Answer("DNA repair", ["one"], [])
    assert TASK.parse("Process: ", spared).problems == ["empty_name"]
    # Steps that are begun and broken are a problem all the same.
    assert TASK.parse(f"{bare}\nReasoning:\n<think>one", spared).problems


@pytest.mark.parametrize("name", [" ".join("a" * 30), "a" * 200])
def test_the_longest_name_allowed(name):
    assert TASK.parse(f"Process: {name}{REASONED}").named


def test_targets_are_read_back():
    assert TASK.target(" DNA\n repair", ["one\n two", "three"]) == (
        "Process: DNA repair\nReasoning:\n<think>one two</think>\n<think>three</think>"
    )
    assert TASK.parse(TASK.target("DNA repair", [])) == Answer("DNA repair", [], ["no_reasoning"])


def test_a_style_may_have_the_reasoning_before_the_name():
    last = PUBLISHED.model_copy(update={"track": "strict", "reasoning": "before"})
    text = TASK.target("DNA repair", ["one", "two"], 0.7, last.model_copy(update={"confidence": True}))
    assert text == ("Reasoning:\n<think>one</think>\n<think>two</think>\nProcess: DNA repair\nConfidence: 70")
    text = TASK.target("DNA repair", ["one"], style=last)
    assert TASK.parse(text, last) == Answer("DNA repair", ["one"], []) and not TASK.parse(text).named
    assert text[slice(*TASK.name_span(text, last))] == "DNA repair"
    assert not TASK.parse(TASK.target("DNA repair", ["one"]), last).named
    assert TASK.parse(TASK.target("DNA repair", [], style=last), last).named  # the name alone stands first and last


@pytest.mark.slow
def test_lazy_policies_have_the_form_of_the_style(demo_benchmark):
    last = PUBLISHED.model_copy(update={"track": "strict", "reasoning": "before"})
    examples = read_rows(demo_benchmark / "valid.jsonl", Example)[:3]
    for policy in TASK.policies(examples, last):
        answer = TASK.parse(policy.completion(examples[0], TASK.prompt(examples[0], last)), last)
        assert answer.reasoned and not answer.problems


def test_a_copied_term_has_the_form_of_the_style():
    terms = {"most": 3, "term": "{name}", "budget_tokens": 100}
    style = NamingStyle(system="", user="{terms}", terms=terms, reasoning="before")
    shown = {"library": "go", "id": "GO:2", "name": "DNA binding", "overlap": 1, "drawn": 1, "size": 1}
    example = Example(id="GO:1", subset="bp", name="DNA repair", genes=[{"symbol": "A"}], enriched=[shown])
    [policy] = [policy for policy in TASK.policies([example], style) if policy.copies]
    assert TASK.parse(policy.completion(example, Prompt([], [], 0, "")), style) == Answer("DNA binding", ["copied"], [])


def test_every_training_name_of_the_demo_can_be_answered(demo_benchmark):
    for part in SPLITS:
        for example in read_rows(demo_benchmark / f"{part}.jsonl", Example):
            assert TASK.parse(TASK.target(example.name, ["one"])) == Answer(example.name, ["one"], [])


def test_tracks_differ_in_what_costs_the_name():
    two = f"Process: DNA repair\nProcess: DNA binding{REASONED}"
    assert (TASK.parse(two).name, TASK.parse(two, PUBLISHED).name) == ("", "DNA repair")
    listed = f"I think:\nProcess: DNA repair; DNA binding / growth{REASONED}"
    assert (TASK.parse(listed).named, TASK.parse(listed, PUBLISHED).named) == (False, True)
    assert TASK.parse(listed, PUBLISHED).name == "DNA repair; DNA binding / growth"
    assert TASK.name_span(two) is None
    assert TASK.name_span(two, PUBLISHED) == (9, 19)


@pytest.mark.parametrize(
    ("text", "formed"),
    [
        (f"Process: x{REASONED}", True),
        (f"Process: x\nProcess: y{REASONED}", True),
        ("<think>a</think>\nProcess: x", True),
        ("Process: x", False),
        ("Process: x\n<think> </think>", False),
        ("Process: x\n<think>cut of", False),
        (f"Process:{REASONED}", False),
        (REASONED, False),
    ],
)
def test_the_published_format_is_a_name_and_a_step_whatever_the_track(text, formed):
    assert [TASK.parse(text, style).format_published for style in (None, PUBLISHED, CONFIDENT)] == [formed] * 3


def test_a_confidence_is_read_where_the_style_asks_for_it():
    text = f"Process: DNA repair{REASONED}\nConfidence: 85%"
    assert TASK.parse(text, CONFIDENT) == Answer("DNA repair", ["one"], [], 0.85)
    assert TASK.parse(text) == Answer("DNA repair", ["one"], ["text_outside"])
    without = TASK.parse(f"Process: DNA repair{REASONED}", CONFIDENT)
    assert (without.name, without.named, without.reasoned) == ("DNA repair", True, True)
    assert without.problems == ["no_confidence"]


def test_a_span_is_of_the_text_as_it_was_written():
    for text in ("\r\n  Process: \t DNA repair  \r\nx", "a\u2028\n**Process:** **DNA repair**"):
        start, end = TASK.name_span(text, PUBLISHED)
        assert text[start:end] == "DNA repair"


WRITTEN = st.lists(
    st.sampled_from(["Process: a", "Process:", "Reasoning:", "<think>", "</think>", "\n", "Confidence: 9", "\0", ";"])
    | st.text(max_size=4),
    max_size=15,
).map("".join)


@given(WRITTEN)
def test_whatever_is_written_a_strict_name_is_the_only_one(text):
    for style in (None, PUBLISHED, CONFIDENT):
        answer, span = TASK.parse(text, style), TASK.name_span(text, style)
        assert (span is None) == (answer.name == "")
    if TASK.parse(text).name:
        assert [line.strip().startswith("Process:") for line in text.replace("\0", " ").splitlines()].count(True) == 1
