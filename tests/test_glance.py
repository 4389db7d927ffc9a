"""The beginning of a report: which questions it shows, and with which answers."""

from types import SimpleNamespace

import pandas as pd
import pytest

from reasonome.report.glance import some_questions

SETTING = {"backbone": "small", "benchmark": "book", "style": "symbols", "decoding": "greedy"}
# question → its right answer, and whether the first and the last arm answer it right
QUESTIONS = {
    "q1": ("Apoptosis", 1, 1),
    "q2": ("Apoptosis", 0, 1),
    "q3": ("Glycolysis", 1, 1),
    "q4": ("Mitosis", 1, 1),
    "q5": ("Signaling", 1, 1),
    "q6": ("Translation", 1, 0),
    "q7": ("Splicing", 0, 0),
    "q8": ("Export", 0, 0),
}


def table(place, asked=()):
    rows = [
        {
            "id": name,
            "subset": "asked" if name in asked else "never",
            "gold": gold,
            "genes": f"genes of {name}",
            "answer": "a",
            "exact": hits[place],
        }
        for name, (gold, *hits) in QUESTIONS.items()
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def plan():
    return SimpleNamespace(
        evaluations=[SimpleNamespace(**SETTING)],
        metric_set=SimpleNamespace(right="exact"),
        arms=["RA", "KW+RA"],
        report=SimpleNamespace(as_shown=lambda table: table),
    )


def evidence(*tables):
    runs = [SimpleNamespace(arm=arm, **SETTING) for arm in ("RA", "KW+RA")]
    return SimpleNamespace(evaluations=list(zip(runs, tables, strict=True)))


def test_the_first_three_right_and_two_wrong_answers_are_shown_each_of_another_name(plan):
    shown = some_questions(plan, evidence(table(0), table(1)))
    assert [one.question for one in shown] == [f"genes of {name}" for name in ("q1", "q3", "q4", "q6", "q7")]
    assert shown[0].gold == "Apoptosis"
    assert shown[3].answers == [("RA", "a", True, [], ""), ("KW+RA", "a", False, [], "")]


def test_what_an_arm_recites_stands_before_its_answer(plan):
    nothing = [None] * (len(QUESTIONS) - 1)
    recited = table(1).assign(recital=["✓ A: Apoptosis\n✗ B: Repair", *nothing], went_wrong=["there", *nothing])
    shown = some_questions(plan, evidence(table(0), recited))
    assert [answered.recital for answered in shown[0].answers] == [[], ["✓ A: Apoptosis", "✗ B: Repair"]]
    assert [answered.recital for answered in shown[1].answers] == [[], []]
    assert [answered.went_wrong for answered in shown[0].answers] == ["", "there"]


def test_what_training_asks_for_is_not_shown(plan):
    shown = some_questions(plan, evidence(table(0, asked=["q2", "q7"]), table(1, asked=["q2", "q7"])))
    assert [one.question for one in shown] == [f"genes of {name}" for name in ("q1", "q3", "q4", "q6", "q8")]


def test_a_question_in_words_stands_in_the_place_of_genes(plan):
    in_words = table(1).assign(question="Which one?")
    assert {one.question for one in some_questions(plan, evidence(table(0), in_words))} == {"Which one?"}
