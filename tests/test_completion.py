"""The completion contract: what is read, and every way to break it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonome.tasks.naming.completion import Answer, parse_completion, parse_published

GOOD = "Process: DNA repair\nReasoning:\n<think>LIG3 seals nicks.</think>\n<think>XRCC1 helps.</think>"
STEPS = ["LIG3 seals nicks.", "XRCC1 helps."]


@pytest.mark.parametrize(
    ("text", "name", "steps", "problems"),
    [
        (GOOD, "DNA repair", STEPS, []),
        ("\n  Process:   x \r\n\r\n Reasoning: <think> a </think><think>b\nc</think>\n\n", "x", ["a", "b\nc"], []),
        ("", "", [], ["no_process_line", "no_reasoning"]),
        ("DNA repair", "", [], ["no_process_line", "no_reasoning", "text_outside"]),
        ("process: x\nReasoning:\n<think>a</think>", "", ["a"], ["no_process_line", "text_outside"]),
        ("Process: x", "x", [], ["no_reasoning"]),
        ("Process: x\n<think>a</think>", "x", ["a"], ["no_reasoning"]),
        ("Process: x\nReasoning:\n", "x", [], ["no_reasoning"]),
        ("Process: x\nReasoning: because", "x", [], ["no_reasoning", "text_outside"]),
        ("Process: x\n<think>a</think>\nReasoning:\n", "x", ["a"], ["no_reasoning"]),
        ("Process: \nReasoning:\n<think>a</think>", "", ["a"], ["empty_name"]),
        (
            "Process: <think>a</think>\nReasoning:\n<think>b</think>",
            "",
            ["a", "b"],
            ["empty_name", "no_reasoning"],
        ),
        ("Process: x <think>a</think>\nReasoning:\n<think>b</think>", "x", ["a", "b"], ["no_reasoning"]),
        ("Process: x\nProcess: y\nReasoning:\n<think>a</think>", "x", ["a"], ["several_process_lines"]),
        (
            "Process: x\nReasoning:\n<think>a\nProcess: y</think>",
            "x",
            ["a\nProcess: y"],
            ["several_process_lines"],
        ),
        ("<think>\nProcess: x\n</think>", "", ["Process: x"], ["no_process_line", "no_reasoning"]),
        ("Reasoning:\n<think>a</think>\nProcess: x", "x", ["a"], ["process_not_first", "no_reasoning"]),
        (
            "Sure!\nProcess: x\nReasoning:\n<think>a</think>",
            "x",
            ["a"],
            ["process_not_first", "text_outside"],
        ),
        ("Process: x\nReasoning:\n<think> </think>", "x", [], ["empty_think"]),
        ("Process: x\nReasoning:\n<think>a</think><think></think>", "x", ["a"], ["empty_think"]),
        ("Process: x\nReasoning:\n<think>a</think>\n<think>cut of", "x", ["a"], ["unclosed_think"]),
        ("Process: x\nReasoning:\n<think>a <think>b</think>", "x", ["b"], ["unclosed_think"]),
        ("Process: x\nReasoning:\n<think>a</think></think>", "x", ["a"], ["unclosed_think"]),
        ("Process: x\nReasoning:\n<think>a</think>\nI hope so.", "x", ["a"], ["text_outside"]),
        ("Process: x\nso\nReasoning:\n<think>a</think>", "x", ["a"], ["text_outside"]),
        ("Process: x\nReasoning:\nReasoning:\n<think>a</think>", "x", ["a"], ["text_outside"]),
    ],
)
def test_each_breach_is_named(text, name, steps, problems):
    assert parse_completion(text) == Answer(name, steps, problems)


def test_long_malformed_text_is_read_in_linear_time():
    for text in ("<think>" * 100_000, "</think>" * 100_000, "<think>" + "a" * 1_000_000, " " * 500_000 + "x"):
        assert parse_completion(text).problems
        assert parse_published(text, True).problems


# Whatever a model may write, and the pieces that matter here.
PIECES = [
    "Process:",
    "Process: a, b: c.",
    "**Process:**",
    "Reasoning:",
    "<think>",
    "</think>",
    "Confidence:",
    "Confidence: 7",
]
TEXTS = st.lists(
    st.one_of(st.sampled_from([*PIECES, "\n", "\r\n", "\u2028", "\0", " ", "é"]), st.text(max_size=5)), max_size=20
)


@pytest.mark.slow
@given(TEXTS.map("".join), st.booleans())
def test_reading_never_raises_and_spans_hold_the_name(text, asked):
    strict = (parse_completion(text, asked, before) for before in (False, True))
    for read in (*strict, parse_published(text, asked)):
        assert ("no_confidence" in read.problems) == (asked and read.confidence is None)
        assert (read.span is None) == (read.name == "")
        if read.span:
            said = text[slice(*read.span)].replace("\0", " ")
            assert said.startswith(read.name[0]) and said.endswith(read.name[-1])
            assert "think>" in said or said == read.name  # a step, or a stray tag, stands for a space


FIRST = "Reasoning:\n<think>a</think>\n<think>b</think>\n"


@pytest.mark.parametrize(
    ("text", "name", "steps", "problems"),
    [
        (f"{FIRST}Process: x", "x", ["a", "b"], []),
        (f"\n{FIRST}\n Process: x\n", "x", ["a", "b"], []),
        ("Process: x", "x", [], ["no_reasoning"]),
        (f"Process: x\n{FIRST}", "x", ["a", "b"], ["process_not_last", "no_reasoning"]),
        (f"{FIRST}Process: x\nand more", "x", ["a", "b"], ["process_not_last", "text_outside"]),
        (f"{FIRST}Process: x\nProcess: y", "x", ["a", "b"], ["several_process_lines", "process_not_last"]),
        (f"{FIRST}Process: x <think>c</think>", "x", ["a", "b", "c"], ["process_not_last"]),
        ("<think>a</think>\nProcess: x", "x", ["a"], ["no_reasoning"]),
        (f"well\n{FIRST}Process: x", "x", ["a", "b"], ["text_outside"]),
        ("Reasoning:\n<think>a", "", [], ["no_process_line", "unclosed_think"]),
        (FIRST, "", ["a", "b"], ["no_process_line"]),
        (f"{FIRST}Process:", "", ["a", "b"], ["empty_name"]),
    ],
)
def test_reasoning_before_the_name(text, name, steps, problems):
    read = parse_completion(text, before=True)
    assert (read.name, read.steps) == (name, steps)
    assert read.problems == problems
    assert read.named == (bool(name) and not {"process_not_last", "several_process_lines"} & set(problems))


def test_a_confidence_follows_a_name_that_comes_last():
    assert parse_completion(f"{FIRST}Process: x\nConfidence: 80", True, before=True) == Answer("x", ["a", "b"], [], 0.8)
    read = parse_completion(f"{FIRST}Process: x\nConfidence: 80\nConfidence: 70", True, before=True)
    assert read.problems == ["no_confidence"]


CONFIDENT = f"{GOOD}\nConfidence: "


@pytest.mark.parametrize(
    ("said", "confidence"),
    [
        ("80", 0.8), ("80%", 0.8), (" 80 % ", 0.8), ("80.", 0.8), ("0", 0.0), ("100", 1.0), ("62.5", 0.625),
        ("007", 0.07),
        ("", None), ("high", None), ("-1", None), ("101", None), ("100.5", None), ("80 or so", None), ("80/100", None),
        ("1e2", None), ("nan", None), ("\u0668\u0660", None), ("8,5", None),
    ],
)  # fmt: skip
def test_a_confidence_is_a_number_from_0_to_100(said, confidence):
    problems = ["no_confidence"] if confidence is None else []
    assert parse_completion(CONFIDENT + said, True) == Answer("DNA repair", STEPS, problems, confidence)
    assert parse_published(CONFIDENT + said, True).confidence == confidence


@pytest.mark.parametrize(
    ("text", "confidence", "problems"),
    [
        (GOOD.replace("\nReasoning", "\nConfidence: 80\nReasoning"), 0.8, []),
        (GOOD.replace("\nReasoning", "\n\n  Confidence: 80\nReasoning"), 0.8, []),
        ("Process: DNA repair\nConfidence: 80", 0.8, ["no_reasoning"]),
        ("Process: DNA repair\nConfidence: 80\nso\nReasoning:\n<think>a</think>", 0.8, ["text_outside"]),
        (f"{CONFIDENT}80\n", 0.8, []),
        (f"{CONFIDENT}80\nConfidence: 80", None, ["no_confidence"]),
        (f"{CONFIDENT}80\nI hope so.", 0.8, ["text_outside"]),
        (GOOD, None, ["no_confidence"]),
        (GOOD.replace("helps", "helps.\nConfidence: 80\n"), None, ["no_confidence"]),
        (GOOD.replace("</think>\n<", "</think>\nConfidence: 80\n<"), None, ["text_outside", "no_confidence"]),
        (f"Confidence: 80\n{GOOD}", None, ["process_not_first", "text_outside", "no_confidence"]),
        ("Confidence: 80", None, ["no_process_line", "no_reasoning", "text_outside", "no_confidence"]),
    ],
)
def test_where_a_confidence_may_stand(text, confidence, problems):
    read = parse_completion(text, True)
    assert (read.confidence, read.problems) == (confidence, problems)


def test_a_confidence_that_was_not_asked_for_is_text_like_any_other():
    assert parse_completion(f"{CONFIDENT}80") == Answer("DNA repair", STEPS, ["text_outside"])
    assert parse_published(f"{CONFIDENT}80") == Answer("DNA repair", STEPS, [])


@pytest.mark.parametrize(
    ("text", "name", "steps", "problems"),
    [
        (GOOD, "DNA repair", STEPS, []),
        ("Sure! **Process:** DNA repair \n<think>a</think>", "DNA repair", ["a"], []),
        ("**Process**: DNA repair\n<think>a</think>", "DNA repair", ["a"], []),
        ("**Process: `DNA repair`**\n<think>a</think>", "DNA repair", ["a"], []),
        ("1. Process: a\nProcess: b\n<think> a </think>x<think></think>", "a", ["a"], []),
        ("<think>a\nProcess: x</think>Process: y", "y", ["a\nProcess: x"], []),
        ("<think>a\nProcess: x</think>", "x", ["a\nProcess: x"], []),
        ("Reasoning:\n<think>a\nProcess: x</think>Process: y", "x", ["a\nProcess: x"], []),
        ("Process: x <think>a</think>", "x", ["a"], []),
        ("Process: a; b / c", "a; b / c", [], ["no_reasoning"]),
        ("Process:\nDNA repair\n<think>a</think>", "", ["a"], ["empty_name"]),
        ("process: x\n<think>a</think>", "x", ["a"], []),
        ("the process: x\n<think>a</think>", "", ["a"], ["no_process_line"]),
        ("process: x\nProcess: y\n<think>a</think>", "y", ["a"], []),
        ("Process: x\n<think>cut of", "x", [], ["no_reasoning"]),
        ("", "", [], ["no_process_line", "no_reasoning"]),
    ],
)
def test_as_published_the_first_process_counts_as_it_stands(text, name, steps, problems):
    assert parse_published(text) == Answer(name, steps, problems)


def test_as_published_the_last_confidence_counts():
    text = "**Confidence:** 20\nProcess: x\n<think>Confidence: 5</think>\nThat makes **Confidence: 90%**"
    assert parse_published(text, True).confidence == 0.9
