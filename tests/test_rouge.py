"""ROUGE: by hand, and against the package that published scores come from."""

import itertools
import random

import pytest
from rouge_score import rouge_scorer

from reasonome.scoring import rouge

TEXTS = [
    "DNA repair",
    "single strand break repair",
    "regulation of DNA repairs, and of repairing",
    "5'-3' exonuclease activity",
    "oxidoreductase activity, acting on NAD(P)H",
    "",
    "β",
]


def test_same_values_as_the_package():
    scorer = rouge_scorer.RougeScorer(["rougeL", "rouge1", "rouge2"], use_stemmer=True)
    draw = random.Random(0)
    pairs = [[" ".join(draw.choices("abcdef", k=draw.randint(0, 9))) for _ in range(2)] for _ in range(500)]
    for answer, truth in [*itertools.product(TEXTS, TEXTS), *pairs]:
        expected = scorer.score(truth, answer)
        assert rouge.score(answer, truth) == {
            "rouge_l": expected["rougeL"].fmeasure,
            "rouge_1": expected["rouge1"].fmeasure,
            "rouge_2": expected["rouge2"].fmeasure,
        }


@pytest.mark.parametrize(
    ("answer", "truth", "rouge_l", "rouge_1", "rouge_2"),
    [
        # LCS "repair": P 1/2, R 1/4, F = 2·(1/8)/(3/4) = 1/3; no common pair of words.
        ("DNA repair", "single strand break repair", 1 / 3, 1 / 3, 0),
        # Same words, other order. The longest common subsequence is "of a", 2 of 3 words: F = 2/3; words 3 of 3.
        # Pairs: {b of, of a} against {of a, a b}: one of two, F = 1/2.
        ("beta of alpha", "of alpha beta", 2 / 3, 1, 1 / 2),
        # LCS "regulation of transport" = 3: P 3/3, R 3/4, F = 2·(3/4)/(7/4) = 6/7.
        # Pairs: {regulation of, of transport} against {regulation of, of ion, ion transport}: P 1/2, R 1/3, F 2/5.
        ("regulation of transport", "regulation of ion transport", 6 / 7, 6 / 7, 2 / 5),
        # A word said twice is counted once where the truth has it once: P 1/2, R 1, F 2/3; the truth has no pair.
        ("repair repair", "repair", 2 / 3, 2 / 3, 0),
        ("", "DNA repair", 0, 0, 0),
        ("?!", "DNA repair", 0, 0, 0),
    ],
)
def test_by_hand(answer, truth, rouge_l, rouge_1, rouge_2):
    expected = {"rouge_l": rouge_l, "rouge_1": rouge_1, "rouge_2": rouge_2}
    assert rouge.score(answer, truth) == pytest.approx(expected)


@pytest.mark.slow
def test_of_a_text_longer_than_any_name_the_first_thousand_words_are_compared():
    long = ", ".join(["DNA", "repair", *["x"] * 998, "nucleus", *["y"] * 1_000_000])
    assert len(rouge.tokens(long)) == 1000
    # Two of 1,000 words and both of the truth's: F = 2·2 / (1,000 + 2).
    assert rouge.score(long, "DNA repair")["rouge_l"] == pytest.approx(4 / 1002)
    assert rouge.score(long, "nucleus")["rouge_l"] == 0
    assert len(rouge.tokens("y" * 10_000_000)) == 1
