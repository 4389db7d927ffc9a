"""Clusters of made-up test sets whose Jaccard indices can be worked out by hand."""

import pytest

from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.rows import clusters


def example(identifier: str, genes: str, subset: str = "bp", name: str = "", **known) -> Example:
    listed = [Gene(symbol=symbol) for symbol in genes]
    return Example(id=identifier, subset=subset, name=name or f"process {identifier}", genes=listed, **known)


def test_sets_hang_together_through_others():
    # B shares a gene of 7 with A, and with C, which share none and are held together by B.
    asked = [example("B", "defg"), example("A", "abcd"), example("C", "ghij"), example("D", "uvwx")]
    assert clusters(asked, 1 / 7) == ["A", "A", "A", "D"]
    assert clusters(asked, 0.15) == ["B", "A", "C", "D"]
    assert clusters(asked[::-1], 1 / 7) == ["D", "A", "A", "A"]
    assert clusters([example("A", "abcd"), example("B", "abcd", "mf")], 0.5) == ["A", "A"]  # of another subset


def test_half_of_a_set_inside_one_of_near_size_is_a_cluster():
    # Two of four genes, of 8, 16 and 17: the Jaccard indices are 2 of 10, 18 and 19. Four times as large is near.
    for size, hang_together in ((8, True), (16, True), (17, False)):
        asked = [example("A", "abcd"), example("B", "abefghijklmnopqrs"[:size])]
        assert clusters(asked, 0.5) == (["A", "A"] if hang_together else ["A", "B"])
    assert clusters([example("A", "abcde"), example("B", "abfghi")], 0.5) == ["A", "B"]  # two of five


def test_names_that_differ_in_words_of_regulation_are_a_cluster():
    names = ["axon growth", "Positive regulation of axon growth", "regulation of axon-growth", "dendrite growth"]
    asked = [
        example(str(place), genes, name=name) for place, (genes, name) in enumerate(zip("abcd", names, strict=True))
    ]
    assert clusters(asked, 0.5) == ["0", "0", "0", "3"]


def test_variants_go_with_the_set_they_were_made_of():
    variant = {"term": "B", "contaminated": 0.9, "outliers": list("wxyz")}
    asked = [
        example("A", "abcd"),
        example("B", "abce"),  # 3 of 5
        example("C", "wxyz"),
        example("B-100", "wxyz", "bp-100", **variant),  # the genes of C, but made of B
        example("E-50", "mnop", "bp-50", term="E", contaminated=0.5, outliers=["m"]),
    ]
    assert clusters(asked, 0.5) == ["A", "A", "C", "A", "E"]


def test_blocks_of_the_jaccard_matrix_are_put_together(monkeypatch):
    monkeypatch.setattr("reasonome.benchmarks.gene_sets._ROWS_AT_ONCE", 2)
    asked = [
        example("D", "uvwx"),
        example("B", "bcde"),
        example("E", "mnop"),
        example("A", "abcd"),
        example("C", "mnoq"),
    ]
    assert clusters(asked, 0.6) == ["D", "A", "C", "A", "C"]


@pytest.mark.parametrize("asked", [[], [example("A", "ab")]])
def test_none_and_one(asked):
    assert clusters(asked, 0.5) == [one.id for one in asked]
