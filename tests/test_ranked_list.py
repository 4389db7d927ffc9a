"""The completion contract of rankings: what is read, and every way to break it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonome.tasks.ranking.ranked_list import (
    LIST_PROBLEMS,
    REASONING_PROBLEMS,
    parse_cell,
    parse_ranking,
    render_ranking,
)

GOOD = "<reasoning>LDLR takes up LDL; PCSK9 degrades it.</reasoning>\n<genes>[LDLR, PCSK9, BSND]</genes>"


def test_a_good_completion():
    read = parse_ranking(GOOD, "long")
    assert read.genes == ["LDLR", "PCSK9", "BSND"]
    assert read.reasoning == "LDLR takes up LDL; PCSK9 degrades it."
    assert (read.problems, read.listed, read.words, read.truncated) == ([], 3, 7, False)
    assert GOOD[slice(*read.span)] == "LDLR, PCSK9, BSND"


@pytest.mark.parametrize(
    ("text", "genes", "problems"),
    [
        ("", [], ["no_list", "no_reasoning"]),
        ("LDLR, PCSK9", [], ["no_list", "no_reasoning", "text_outside"]),
        ("[LDLR]</genes>", [], ["no_list", "no_reasoning", "text_outside"]),
        ("<reasoning>r</reasoning>", [], ["no_list"]),
        ("<reasoning>r", [], ["no_list", "unclosed_reasoning"]),
        ("<reasoning>r</reasoning><genes>[A, B", [], ["unclosed_list"]),
        ("<reasoning>r</reasoning><genes>[A, B]", [], ["unclosed_list"]),
        ("<reasoning>r</reasoning><genes>A, B</genes>", [], ["no_brackets"]),
        ("<reasoning>r</reasoning><genes>[A, B</genes>", [], ["no_brackets"]),
        ("<reasoning>r</reasoning><genes>[A, [B]]</genes>", [], ["no_brackets"]),
        ("<reasoning>r</reasoning><genes></genes>", [], ["no_brackets"]),
        ("<reasoning>r</reasoning><genes>[]</genes>", [], ["empty_list"]),
        ("<reasoning>r</reasoning><genes>[ , ** ,]</genes>", [], ["empty_list"]),
        ("<reasoning>r</reasoning><genes>[A]</genes><genes>[B]</genes>", [], ["several_lists"]),
        ("<reasoning>r <genes>[B]</genes></reasoning><genes>[A]</genes>", [], ["several_lists"]),
        ("<reasoning>r <genes></reasoning><genes>[A]</genes>", [], ["several_lists"]),
        ("<reasoning>r <genes>[A]</genes></reasoning>", [], ["no_list"]),
        (
            "<reasoning>r</reasoning> <reasoning>s <genes>[B]</genes></reasoning>",
            [],
            ["no_list", "several_reasonings"],
        ),
        ("<reasoning>r</reasoning><genes>[A]</genes><reasoning>s</reasoning>", ["A"], ["text_outside"]),
        ("<genes>[A, B]</genes>", ["A", "B"], ["no_reasoning"]),
        ("<reasoning> </reasoning><genes>[A]</genes>", ["A"], ["no_reasoning"]),
        ("<genes>[A]</genes><reasoning>r</reasoning>", ["A"], ["no_reasoning", "text_outside"]),
        ("<reasoning>r<genes>[A]</genes>", ["A"], ["unclosed_reasoning"]),
        ("<reasoning>r</reasoning><reasoning>s</reasoning><genes>[A]</genes>", ["A"], ["several_reasonings"]),
        ("Sure. <reasoning>r</reasoning><genes>[A]</genes>", ["A"], ["text_outside"]),
        ("<reasoning>r</reasoning><genes>[A]</genes> Done.", ["A"], ["text_outside"]),
        ("r</reasoning><genes>[A]</genes>", ["A"], ["no_reasoning", "text_outside"]),
        ("<reasoning>r</reasoning><genes>[A, b, a, B, A]</genes>", ["A", "b"], ["repeated_genes"]),
        ("<reasoning>r</reasoning><GENES>[A]</GENES>", [], ["no_list", "text_outside"]),
        ("<genes>[A]</genes></genes>", ["A"], ["no_reasoning", "text_outside"]),
    ],
)
def test_every_way_to_break_it(text, genes, problems):
    read = parse_ranking(text, "long")
    assert (read.genes, read.problems) == (genes, problems)


@pytest.mark.parametrize(
    ("inside", "genes"),
    [
        ("\n A ,\tB\r\n,C ", ["A", "B", "C"]),
        ("**A**, `B`, \"C\", 'D', _E_, \u201cF\u201d, ` **G** `", ["A", "B", "C", "D", "E", "F", "G"]),
        ("A,,B,", ["A", "B"]),
        ("HLA-DQA1, C4B_2, H2AC18", ["HLA-DQA1", "C4B_2", "H2AC18"]),
        ("A\nB", ["A B"]),
        ("APOE (apolipoprotein E)", ["APOE (apolipoprotein E)"]),
    ],
)
def test_entries_lose_what_stands_around_them(inside, genes):
    assert parse_ranking(f"<genes>[{inside}]</genes>").genes == genes


@pytest.mark.parametrize("asked", ["none", "short", "long"])
def test_words_of_all_reasoning_are_counted(asked):
    text = "<reasoning>It is A.</reasoning><reasoning>A binds what B makes.</reasoning><genes>[A]</genes>"
    assert parse_ranking(text, asked, words=30).words == 3 + 5


def test_repeats_are_counted_and_dropped():
    read = parse_ranking("<genes>[A, B, a, A, C]</genes>", "none")
    assert (read.genes, read.listed, read.problems) == (["A", "B", "C"], 5, ["repeated_genes"])


def test_each_style_has_its_form():
    alone = "<genes>[A]</genes>"
    assert parse_ranking(alone, "none").problems == []
    assert parse_ranking(GOOD, "none").problems == ["text_outside"]
    assert parse_ranking(GOOD, "short", words=7).problems == []
    assert parse_ranking(GOOD, "short", words=6).problems == ["reasoning_too_long"]
    assert parse_ranking(GOOD, "long", words=6).problems == []
    assert parse_ranking(alone).problems == parse_ranking(GOOD).problems == []


@pytest.mark.parametrize(
    ("text", "truncated"),
    [
        ("<reasoning>so far", True),
        ("<reasoning>r</reasoning><genes>[A, B", True),
        ("<genes>[A", True),
        ("<reasoning>r</reasoning>", False),
        ("<reasoning>r <genes>[A]</genes>", False),
        ("no tag at all", False),
        (GOOD, False),
    ],
)
def test_truncated_is_what_was_opened_and_not_closed(text, truncated):
    assert parse_ranking(text, "long").truncated is truncated


def test_a_cell_of_a_table_is_a_list_alone():
    assert parse_cell("[A, B,\n C]").genes == parse_cell(" A,B, C ").genes == ["A", "B", "C"]
    assert parse_cell("").problems == parse_cell("[]").problems == ["empty_list"]
    assert parse_cell("A, a").problems == ["repeated_genes"]


def test_a_rendered_list_is_read_back():
    text = render_ranking(["B", "A"], " because\n of  B ")
    assert text == "<reasoning>because of B</reasoning>\n<genes>[B, A]</genes>"
    assert parse_ranking(text, "long").problems == []
    assert render_ranking(["A"]) == "<genes>[A]</genes>"


GOOD_LIST = "<genes>[A]</genes>"
QUOTES = '" ' * 500_000


@pytest.mark.parametrize(
    ("text", "genes", "problems"),
    [
        ("<genes>" * 200_000, [], ["several_lists", "unclosed_list"]),
        ("<genes>" * 200_000 + "</genes>", [], ["several_lists"]),
        ("<genes>[A" + QUOTES + "]</genes>", ["A"], []),
        ("<genes>[" + QUOTES + "A]</genes>", ["A"], []),
        ("<genes>[" + QUOTES + "]</genes>", [], ["empty_list"]),
        ("<reasoning>r</reasoning>" * 100_000 + GOOD_LIST * 100_000, [], ["several_lists", "several_reasonings"]),
        ("<reasoning><genes></reasoning>" * 100_000 + GOOD_LIST, [], ["several_lists", "several_reasonings"]),
        ("[" * 1_000_000, [], ["no_list", "text_outside"]),
        (f"<genes>{' ' * 1_000_000}[A]</genes>", ["A"], []),
    ],
)
def test_a_text_made_to_be_slow_is_read(text, genes, problems):
    """Were the time to grow with the square of the length, each of these would take minutes to hours."""
    read = parse_ranking(text)
    assert (read.genes, read.problems) == (genes, problems)


def around(text):
    """What stands around an entry, taken off layer by layer."""
    shorter = text.strip().strip("\"'`*_\u201c\u201d\u2018\u2019")
    return text if shorter == text else around(shorter)


@given(st.text(alphabet=[*"Ab_*` \"'\t\n\u00a0\u2003\u201c\u2019\x1c"], max_size=12))
def test_layers_around_an_entry_are_taken_off_whatever_their_order(text):
    entry = " ".join(around(text).split())
    assert parse_cell(text).genes == ([entry] if entry else [])


PIECES = ["<reasoning>", "</reasoning>", "<genes>", "</genes>", "[", "]", ",", "A", "b", " ", "\n", '"', "\0", "**"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_whatever_is_written_is_read(text):
    for asked in (None, "none", "short", "long"):
        read = parse_ranking(text, asked, 2)
        assert set(read.problems) <= LIST_PROBLEMS | REASONING_PROBLEMS | {"repeated_genes"}
        assert len({gene.casefold() for gene in read.genes}) == len(read.genes) <= read.listed
        # What is usable: one opening tag in all, closed and in brackets.
        usable = bool(read.genes) and not LIST_PROBLEMS & set(read.problems)
        assert usable == bool(read.genes) == (read.span is not None)
        if usable:
            assert text.count("<genes>") == 1
            start, end = read.span
            assert re.search(r"<genes>\s*\[\s*$", text[:start]) and re.match(r"\s*\]\s*</genes>", text[end:])
        elif not read.genes:
            assert LIST_PROBLEMS & set(read.problems)
