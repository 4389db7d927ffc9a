"""Verifiers on answers worked out by hand, and what lazy answers earn."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonome.rewards import total
from reasonome.scoring.verifiers import Claim, Stated, Truth, facts, uncertainty
from reasonome.tasks import TASKS
from reasonome.tasks.pathway_qa.answer import parse_answer
from reasonome.tasks.pathway_qa.dialogue import PathwayQuestion, Statement

TASK = TASKS["pathway_qa"]
DNA = "dna repair"


def question(asks, answer, statements=(), about=None, tolerance=0.0):
    return PathwayQuestion(
        id=asks,
        subset=asks,
        columns={"question": "?", "table": ""},
        answer=answer,
        group="g",
        asks=asks,
        tissues=("liver",),
        places=("liver",),
        about=about if about is not None else tuple((one[0], one[1]) for one in statements),
        statements=tuple(Statement(set=s, tissue=t, value=v) for s, t, v in statements),
        aliases={DNA: ("REACTOME_DNA_REPAIR", "R-HSA-73894")},
        tolerance=tolerance,
    )


DIRECTION = question("direction", "up", [(DNA, "liver", "up")])
DEPENDS = question("direction", "it depends", [(DNA, "liver", "it depends")])
COMPARISON = question("comparison", "opposite", [(DNA, "liver", "up"), (DNA, "skin", "down")])
COUNT = question("count", "3", [(DNA, "liver", "3")])
CORRELATION = question("conservation", "0.42", tolerance=0.1)
NEGATIVE = question("conservation", "-0.30", tolerance=0.1)
NOTHING = question("direction", "cannot be told", about=((DNA, "heart"),))
NO = None  # does not apply

# (question, completion, V1, V2, V3, V4), worked out by hand. V1: right of answer and pairs / those asked for or stated.
BY_HAND = [
    (DIRECTION, "Answer: up\ndna repair; liver; up\nConfidence: 80", 1, 1, 1, 1.6 - 0.64),
    (DIRECTION, "Answer: up\nREACTOME_DNA_REPAIR; Liver; Up\nConfidence: 100", 1, 1, 1, 1),
    (DIRECTION, "Answer: up\nR-HSA-73894; liver; up\nConfidence: 100", 1, 1, 1, 1),
    (DIRECTION, "Answer: **UP**.\n- 'DNA repair'; liver; up.\nConfidence: 0", 1, 1, 1, 0),
    (DIRECTION, "Answer: down\ndna repair; liver; down\nConfidence: 80", 0, 1, 1, -0.64),
    (DIRECTION, "Answer: down\ndna repair; liver; down\nConfidence: 0", 0, 1, 1, 0),
    (DIRECTION, "Answer: up\nConfidence: 50", 1 / 2, 0, 0, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; down\nConfidence: 50", 1 / 2, 1, 0, -0.25),
    (DIRECTION, "Answer: down\ndna repair; liver; up\nConfidence: 50", 1 / 2, 1, 0, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; up\ndna repair; liver; down\nConfidence: 50", 1 / 2, 1, 0, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; up\ncell cycle; liver; up\nConfidence: 50", 2 / 3, 1 / 2, 1, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; up\ndna repair; skin; up\nConfidence: 50", 2 / 3, 1, 1, -0.25),
    (DIRECTION, "Answer: up\ncell cycle; liver; up\nConfidence: 50", 1 / 3, 0, 1, -0.25),
    (DIRECTION, "Answer: up\nan invented set; liver; up\nConfidence: 50", 1 / 3, 0, 1, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; up", 1, 1, 1, -1),
    (DIRECTION, "dna repair goes up in the liver", 0, 0, 0, -1),
    (DIRECTION, "", 0, 0, 0, -1),
    (DIRECTION, "Answer: cannot be told\nConfidence: 30", 0, 0, 1, -0.09),
    (DIRECTION, "Answer: up\nAnswer: down\ndna repair; liver; up\nConfidence: 50", 0, 0, 0, -1),
    (DIRECTION, "Answer: it depends\ndna repair; liver; it depends\nConfidence: 20", 0, 1, 1, -0.04),
    (DEPENDS, "Answer: it depends\ndna repair; liver; it depends\nConfidence: 60", 1, 1, 1, 1.2 - 0.36),
    (
        COMPARISON,
        "Answer: opposite\ndna repair; liver; up\ndna repair; skin; down\nConfidence: 90",
        1,
        1,
        1,
        1.8 - 0.81,
    ),
    (COMPARISON, "Answer: opposite\ndna repair; liver; down\ndna repair; skin; up\nConfidence: 90", 1 / 3, 1, 1, -0.81),
    (COMPARISON, "Answer: opposite\ndna repair; liver; up\ndna repair; skin; up\nConfidence: 90", 2 / 3, 1, 0, -0.81),
    (COMPARISON, "Answer: same\ndna repair; liver; up\ndna repair; skin; up\nConfidence: 90", 1 / 3, 1, 1, -0.81),
    (COMPARISON, "Answer: opposite\ndna repair; liver; up\nConfidence: 90", 2 / 3, 1, 0, -0.81),
    (COUNT, "Answer: 3\ndna repair; liver; 3\nConfidence: 70", 1, 1, 1, 1.4 - 0.49),
    (COUNT, "Answer: 2\ndna repair; liver; 2\nConfidence: 70", 0, 1, 1, -0.49),
    (CORRELATION, "Answer: 0.5\nConfidence: 40", 1, NO, NO, 0.8 - 0.16),
    (CORRELATION, "Answer: 0.53\nConfidence: 40", 0, NO, NO, -0.16),
    (CORRELATION, "Answer: 0.5\ndna repair; liver; up\nConfidence: 40", 1 / 2, NO, NO, -0.16),
    (COMPARISON, "Answer: same\ndna repair; liver; up\ndna repair; liver; up\nConfidence: 0", 1 / 3, 1, 0, 0),
    (NOTHING, "Answer: cannot be told\nConfidence: 100", 1, 1, 1, 1),
    (NOTHING, "Answer: cannot be told\ndna repair; heart; up\nConfidence: 100", 1 / 2, 0, 0, -1),
    (NOTHING, "Answer: up\ndna repair; heart; up\nConfidence: 100", 0, 0, 1, -1),
    (NOTHING, "", 0, 0, 0, -1),
    # A line that is no statement is a wrong pair, and against the answer; so is what follows the confidence.
    (DIRECTION, "Answer: up\ndna repair; liver; up\nor it goes down\nConfidence: 50", 2 / 3, 1, 0, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; up\ndna repair; liver; down; no\nConfidence: 50", 2 / 3, 1, 0, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; up\nConfidence: 50\nor down\nor not", 2 / 4, 1, 0, -0.25),
    (DIRECTION, "Answer: up\ndna repair; liver; up\nConfidence: 50\nor down\nConfidence: 50", 2 / 4, 1, 0, -1),
    (CORRELATION, "Answer: 0.5\nit is high\nConfidence: 40", 1 / 2, NO, NO, -0.16),
    (NOTHING, "Answer: cannot be told\nor up\nConfidence: 100", 1 / 2, 1, 0, -1),
    # Numbers are compared as numbers.
    (COUNT, "Answer: 3\ndna repair; liver; 3.0\nConfidence: 70", 1, 1, 1, 1.4 - 0.49),
    (COUNT, "Answer: 3\ndna repair; liver; 3\ndna repair; liver; 3.0\nConfidence: 70", 1, 1, 1, 1.4 - 0.49),
    (COUNT, "Answer: 3\ndna repair; liver; ~3\nConfidence: 70", 1, 1, 1, 1.4 - 0.49),
    (CORRELATION, "Answer: r = 0.45\nConfidence: 40", 1, NO, NO, 0.8 - 0.16),
    (CORRELATION, "Answer: ≈0.45\nConfidence: 40", 1, NO, NO, 0.8 - 0.16),
    (NEGATIVE, "Answer: −0.3\nConfidence: 40", 1, NO, NO, 0.8 - 0.16),
    (NEGATIVE, "Answer: 0.3\nConfidence: 40", 0, NO, NO, -0.16),
]


@pytest.mark.parametrize(("asked", "completion", "facts", "sets", "consistency", "uncertainty"), BY_HAND)
def test_verifiers_by_hand(asked, completion, facts, sets, consistency, uncertainty):
    answer = parse_answer(completion)
    expected = {"facts": facts, "sets": sets, "consistency": consistency, "uncertainty": uncertainty}
    for name, value in expected.items():
        reward = TASK.rewards()[name]
        [found] = reward.function([answer], [asked], None)
        assert found == pytest.approx(float("nan") if value is None else value, nan_ok=True), name
        assert value is None or reward.low <= found <= reward.high


def test_weights_of_what_does_not_apply_go_to_the_others():
    weights = {"facts": 0.35, "sets": 0.30, "consistency": 0.15, "uncertainty": 0.20}
    nan = float("nan")
    values = {"facts": [1, 0.5, nan], "sets": [0, nan, nan], "consistency": [1, nan, nan], "uncertainty": [0.5, 0, nan]}
    # .35 + .15 + .1; .5 × .35 / .55
    assert total(values, weights) == pytest.approx([0.6, 0.5 * 0.35 / 0.55, 0])


@pytest.mark.parametrize("tenths", range(11))
def test_a_confidence_pays_most_where_it_is_the_chance_to_be_right(tenths):
    chance, asked = tenths / 10, Truth("up")

    def earned(confidence):
        right, wrong = (uncertainty(Stated(answer, (), confidence), asked) for answer in ("up", "down"))
        return chance * right + (1 - chance) * wrong

    confidences = [step / 20 for step in range(21)]
    assert max(confidences, key=earned) == chance
    assert earned(0.5) == pytest.approx(chance - 0.25)


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_published_form_pays_a_middling_confidence_most_and_ours_does_not(tenths):
    """Rewarding a confidence by its distance from one half alone: what is right does not matter to it."""

    def published(confidence):
        return max(0.2, 1 - 1.5 * abs(confidence - 0.5))

    confidences = [step / 20 for step in range(21)]
    assert max(confidences, key=published) == 0.5
    asked = Truth("up")
    ours = {
        sure: tenths / 10 * uncertainty(Stated("up", (), sure), asked)
        + (1 - tenths / 10) * uncertainty(Stated("down", (), sure), asked)
        for sure in confidences
    }
    assert (max(ours, key=ours.get) == 0.5) == (tenths == 5)
    assert uncertainty(Stated("down", (), 0.5), asked) < uncertainty(Stated("down", (), 0.0), asked) == 0


def test_long_lines_are_read_in_a_time_that_grows_with_their_length():
    started = time.process_time()
    for text in (f"Answer: a{' ' * 100_000}b", f"Answer: a{' *' * 50_000}b\nConfidence: 5{' ' * 100_000}0x"):
        assert parse_answer(text).name.startswith("a")
    assert time.process_time() - started < 2


CLAIMS = st.lists(st.builds(Claim, st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from(["up", "down"])))


@given(CLAIMS, st.sampled_from(["up", "down", ""]))
def test_more_claims_never_help_a_right_answer(claims, answer):
    asked = Truth("up", (Claim("a", "x", "up"),))
    others = {(claim.subject, claim.place) for claim in claims} - {("a", "x")}
    spoilt = Claim("a", "x", "down") in claims
    right = (answer == "up") + (not spoilt)
    assert facts(Stated(answer, (*asked.claims, *claims)), asked) == pytest.approx(right / (2 + len(others)))
