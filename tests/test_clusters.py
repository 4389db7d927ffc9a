"""Clusters of made-up test sets whose Jaccard indices can be worked out by hand."""

import pytest

from reasonome.tasks.naming.dialogue import Example, Gene
from reasonome.tasks.naming.rows import clusters


def example(identifier: str, genes: str, subset: str = "bp", **known) -> Example:
    return Example(
        id=identifier, subset=subset, name="a process", genes=[Gene(symbol=symbol) for symbol in genes], **known
    )


def test_sets_hang_together_through_others():
    # B shares 3 of 5 genes with A, and with C: .6. A and C share 2 of 6, and are held together by B.
    asked = [example("B", "bcde"), example("A", "abcd"), example("C", "cdef"), example("D", "uvwx")]
    assert clusters(asked, 0.6) == ["A", "A", "A", "D"]
    assert clusters(asked, 0.61) == ["B", "A", "C", "D"]
    assert clusters(asked[::-1], 0.6) == ["D", "A", "A", "A"]
    assert clusters([example("A", "abcd"), example("B", "abcd", "mf")], 0.5) == ["A", "A"]  # of another subset


def test_variants_go_with_the_set_they_were_made_of():
    variant = {"term": "B", "contaminated": 1.0, "outliers": list("wxyz")}
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
