"""Scores of names against truths, by hand."""

import numpy as np
import pytest

from reasonome.facts.text import normalise
from reasonome.tasks.naming.metrics import name_scores


def length_ratio(first, second):
    """A stand-in for an encoder: how alike two texts are in length."""
    return np.array([min(len(a), len(b)) / max(len(a), len(b)) for a, b in zip(first, second, strict=True)])


def opposite(first, second):
    """A stand-in for an encoder: −1 for every pair."""
    return np.full(len(first), -1.0)


def test_by_hand():
    names = ["DNA repair", "", "DNA  Repair."]
    truths = ["single strand break repair", "DNA repair", "dna repair"]
    scores = name_scores(names, truths, {"ratio": length_ratio, "opposite": opposite})
    # Row 0: one stem of 2 and of 4 is shared, F1 = 1/3; 10 of 26 characters.
    assert scores["rouge_l"] == pytest.approx([1 / 3, 0, 1])
    assert scores["rouge_1"] == pytest.approx([1 / 3, 0, 1])
    assert scores["rouge_2"] == pytest.approx([0, 0, 1])
    assert scores["exact"].tolist() == [0, 0, 1]
    assert scores["similarity_ratio"] == pytest.approx([10 / 26, 0, 10 / 12])
    assert scores["similarity_opposite"].tolist() == [-1, 0, -1]
    assert scores["similarity"] == pytest.approx([(10 / 26 - 1) / 2, 0, (10 / 12 - 1) / 2])
    assert sorted(name_scores(["x"], ["x"], {})) == ["exact", "rouge_1", "rouge_2", "rouge_l"]


def test_empty_names_are_not_given_to_an_encoder():
    def encoder(first, second):
        raise AssertionError("nothing to encode")

    scores = name_scores(["", ""], ["a", "b"], {"encoder": encoder})
    assert all(values.tolist() == [0, 0] for values in scores.values())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  DNA\trepair \n", "dna repair"),
        ("DNA repair .", "dna repair"),
        ("Base-Excision Repair", "base excision repair"),
        ("5.8S rRNA binding", "5 8s rrna binding"),
        ("NAD+ binding", "nad + binding"),
        ("NAD binding", "nad binding"),
        ("β-catenin", "β catenin"),
        ("", ""),
        (" . ", ""),
    ],
)
def test_names_mean_the_same_without_case_punctuation_and_spacing(written, read):
    assert normalise(written) == read
