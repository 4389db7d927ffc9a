"""Answers that are a class or a number: how they are read, what they earn, and that no lazy answer earns more."""

import math
from fractions import Fraction

import pytest

from reasonome.tasks.prediction.answer import answer_span, parse_answer, read_class, read_number, split_unit, stated
from reasonome.tasks.prediction.dialogue import class_reward, graded_error
from reasonome.tasks.stated_confidence import confidence_reward

GOOD = "It has a kinase domain.\nAnswer: yes\nConfidence: 80"


def test_an_answer_is_reasoning_a_class_and_a_confidence():
    verdict = parse_answer(GOOD)
    assert (verdict.name, verdict.reasoning, verdict.confidence) == ("yes", "It has a kinase domain.", 0.8)
    assert verdict.problems == []
    assert parse_answer(stated("yes", 0.8, "It has a kinase domain.")) == verdict


@pytest.mark.parametrize(
    ("text", "problems", "answer", "confidence"),
    [
        ("", ["no_answer", "no_confidence"], "", None),
        ("Answer: yes", ["no_confidence"], "yes", None),
        ("r\n**Answer:** yes\n**Confidence:** 70 %", [], "yes", 0.7),
        ("r\nAnswer: **-2.31**\r\nConfidence: **80**\r\n", [], "-2.31", 0.8),
        ("r\nAnswer: yes\nAnswer: no\nConfidence: 50", ["several_answers"], "", 0.5),
        ("r\nAnswer:\nConfidence: 50", ["empty_answer"], "", 0.5),
        ("r\nAnswer: yes\nConfidence: 101", ["bad_confidence"], "yes", None),
        ("r\nAnswer: yes\nConfidence: high", ["bad_confidence"], "yes", None),
        ("r\nAnswer: yes\nConfidence: 0.8", ["bad_confidence"], "yes", None),  # of one, or of a hundred?
        ("r\nAnswer: yes\nConfidence: 1.0", ["bad_confidence"], "yes", None),
        ("r\nAnswer: yes\nConfidence: 1", [], "yes", 0.01),
        ("r\nAnswer: yes\nConfidence: 0.8 %", [], "yes", 0.008),
        ("r\nAnswer: yes\nConfidence: 80.", [], "yes", 0.8),
        ("r\n### Answer: yes\n- Confidence: 80", [], "yes", 0.8),
        ("r\nAnswer: yes\nConfidence: -5", ["bad_confidence"], "yes", None),
        ("r\nAnswer: yes\nConfidence: 5\nConfidence: 95", ["several_confidences"], "yes", None),
        ("r\nAnswer: yes\nConfidence: 5\nor rather no", ["text_outside"], "yes", 0.05),
        ("r\nConfidence: 5\nAnswer: yes", ["text_outside"], "yes", 0.05),
        ("the answer: yes or no?\nAnswer: no\nConfidence: 60", [], "no", 0.6),
    ],
)
def test_problems_of_answers(text, problems, answer, confidence):
    verdict = parse_answer(text)
    assert sorted(verdict.problems) == sorted(problems)
    assert (verdict.name, verdict.confidence) == (answer, confidence)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (GOOD, "yes"),
        ("the answer is yes\nAnswer: **yes**\nConfidence: 5\nthat is my answer", "yes"),
        ("Answer: yes\nAnswer: no", None),
        ("Answer:", None),
        ("yes", None),
    ],
)
def test_the_span_of_an_answer(text, answer):
    span = answer_span(text)
    assert (text[slice(*span)].strip("*") if span else None) == answer


@pytest.mark.parametrize(
    ("text", "label"),
    [("yes", "yes"), ("YES.", "yes"), ('"no"', "no"), ("yes or no", ""), ("yes, no", ""), ("maybe", ""), ("", "")],
)
def test_a_class_is_named_alone(text, label):
    assert read_class(text, ("yes", "no")) == label


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-2.31", -2.31),
        ("−2.31 log mol/L", -2.31),
        ("-2.31 LOG MOL/L.", -2.31),
        ("‐2.31 (log mol / L)", -2.31),
        ("`-2.31`", -2.31),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("5 to 6", None),
        ("-3 - -2", None),
        ("5–6", None),
        ("< -3", None),
        ("about -2", None),
        ("-2.3 mg/L", None),
        ("3,5", None),
        ("1e999", None),
        ("1e200", None),
        ("nan", None),
        ("", None),
    ],
)
def test_a_number_stands_alone_or_with_its_unit(text, number):
    assert read_number(text, "log mol/L") == number


@pytest.mark.parametrize(
    ("text", "parts"),
    [("-2.3 log mol/L", ("-2.3", "log mol/L")), ("5", ("5", "")), ("5 to 6", ("", "")), ("about 5", ("", ""))],
)
def test_a_number_and_the_words_after_it(text, parts):
    assert split_unit(text) == parts


def test_the_reward_of_a_class_makes_every_constant_earn_nothing():
    shares = {"kinase": 0.1, "phosphatase": 0.3, "neither": 0.6}
    for constant in shares:
        earned = sum(
            Fraction(str(share)) * Fraction(class_reward(constant == gold, gold, shares))
            for gold, share in shares.items()
        )
        assert float(earned) == pytest.approx(0, abs=1e-12)
    assert class_reward(True, "kinase", shares) == pytest.approx(1)
    assert class_reward(True, "neither", shares) == pytest.approx((1 / 0.6 - 1) / 9)
    assert class_reward(False, "neither", shares) == pytest.approx(-1 / 9)
    balanced = {"yes": 0.5, "no": 0.5}
    assert (class_reward(True, "no", balanced), class_reward(False, "no", balanced)) == (1, -1)
    assert class_reward(True, "yes", {"yes": 1.0}) == 0


def test_graded_errors_by_hand():
    assert graded_error(-2.0, -3.0, 2.0) == 0.5
    assert graded_error(-3.0, -3.0, 2.0) == 1
    assert graded_error(5.0, -3.0, 2.0) == 0
    assert graded_error(None, -3.0, 2.0) == 0


def test_the_reward_of_a_confidence_is_highest_for_the_chance_to_be_right():
    assert confidence_reward(0.8, True) == pytest.approx(0.96)
    assert confidence_reward(0.8, False) == pytest.approx(-0.64)
    assert (confidence_reward(0, True), confidence_reward(1, False), confidence_reward(None, True)) == (0, -1, -1)
    for right in (0.0, 0.25, 0.7, 1.0):
        expected = {
            c / 100: right * confidence_reward(c / 100, True) + (1 - right) * confidence_reward(c / 100, False)
            for c in range(101)
        }
        best = max(expected, key=expected.get)
        assert best == pytest.approx(right)
        assert expected[best] == pytest.approx(right**2)
        assert all(value <= expected[best] + 1e-12 for value in expected.values())  # 0 % and 100 % always, too
    assert not math.isnan(confidence_reward(None, False))
