"""The completion contract: what is read, and every way to break it."""

import random
import re

import pytest

from reasonome.completion import PROBLEMS, Completion, parse_completion, render_completion

GOOD = "Process: DNA repair\nReasoning:\n<think>LIG3 seals nicks.</think>\n<think>XRCC1 helps.</think>"
STEPS = ["LIG3 seals nicks.", "XRCC1 helps."]


def test_a_good_completion():
    assert parse_completion(GOOD) == Completion("DNA repair", STEPS, [])


def test_white_space_around_the_parts_is_fine():
    text = "\n  Process:   DNA repair \r\n\r\n Reasoning: <think> one </think><think>two\nlines</think>\n\n"
    assert parse_completion(text) == Completion("DNA repair", ["one", "two\nlines"], [])


@pytest.mark.parametrize(
    ("text", "name", "steps", "problems"),
    [
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
    assert parse_completion(text) == Completion(name, steps, problems)


def test_a_second_definition_of_the_contract_agrees():
    """Random arrangements of the pieces: no problems exactly where one plain pattern matches the whole."""
    step = r"<think>(?=\s*[^\s<])(?:(?!</?think>|\n\s*Process:)[\s\S])*</think>"
    contract = re.compile(rf"\s*Process: ?(?! *<)[^\n<]*[^\s<][^\n<]*\n\s*Reasoning:\s*(?:{step}\s*)+")
    pieces = ["Process: x", "Process:", "Reasoning:", "<think>a</think>", "<think></think>", "<think>", "b"]
    pieces.append("Process: x <think>a</think>")
    weights = [4, 1, 4, 6, 1, 1, 1, 1]
    chance = random.Random(0)
    outcomes = set()
    for _ in range(20_000):
        text = "\n".join(chance.choices(pieces, weights, k=chance.randint(1, 5)))
        good = contract.fullmatch(text) is not None
        read = parse_completion(text)
        assert (read.problems == []) == good, text
        assert set(read.problems) <= set(PROBLEMS)
        outcomes.add(good)
    assert outcomes == {True, False}


def test_rendered_completions_are_read_back():
    assert render_completion("DNA repair", STEPS) == GOOD
    assert render_completion(" DNA\n repair ", ["one\n two"]) == (
        "Process: DNA repair\nReasoning:\n<think>one two</think>"
    )
    assert render_completion("DNA repair", []) == "Process: DNA repair"


@pytest.mark.parametrize(
    ("name", "steps", "problem"),
    [("", ["a"], "empty_name"), ("x", ["a", " "], "empty_think"), ("x", ["a</think>b"], "unclosed_think")],
)
def test_what_could_not_be_read_back_is_not_rendered(name, steps, problem):
    with pytest.raises(ValueError, match=problem):
        render_completion(name, steps)


def test_long_malformed_text_is_read_in_linear_time():
    for text in ("<think>" * 100_000, "</think>" * 100_000, "<think>" + "a" * 1_000_000, " " * 500_000 + "x"):
        assert parse_completion(text).problems
