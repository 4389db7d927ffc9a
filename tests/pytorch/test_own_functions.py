"""Rewards and metrics of one's own: what their functions are given, and every way in which one can go wrong."""

import json
import signal
import textwrap
from math import nan

import pytest
from checkout import ROOT
from ranking_questions import ONE, TASK, answer, question
from refusals import refused

from reasonome.config import OwnReward
from reasonome.core.code_digest import source_sha256
from reasonome.rewards import Reward
from reasonome.scoring.own_functions import own_rewards
from reasonome.tasks import TASKS
from reasonome.tasks.ranking.ranked_list import render_ranking
from reasonome.training.grpo import RewardScorer


def own_reward(folder, code, **fields):
    """The reward by a grader file of this code, graders/mine.py of a project in `folder`."""
    (folder / "graders").mkdir(exist_ok=True)
    (folder / "graders" / "mine.py").write_text(textwrap.dedent(code), encoding="utf-8")
    grader = OwnReward(**{"function": "graders/mine.py:grade", **fields})
    return own_rewards({"mine": grader}, folder)["mine"].function


def graded(folder, code, answers=None, examples=None, **fields):
    """What a grader file of this code gives the answers."""
    reward = own_reward(folder, code, **fields)
    return reward(answers or [answer("AB")], examples or [ONE] * len(answers or [1]), None)


def test_a_grader_is_given_the_answer_and_the_question(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = """
    import json

    def grade(answer, example):
        with open("seen.jsonl", "a") as seen:
            seen.write(json.dumps([answer, example]) + "\\n")
        return 1 if answer["genes"][0] == "C" else 0.25
    """
    answers = [answer(["narc", "B", "C"], "Since  it fits."), answer("AB")]
    assert graded(tmp_path, code, answers, [ONE, ONE]) == [1.0, 0.25]
    given, example = json.loads((tmp_path / "seen.jsonl").read_text().splitlines()[0])
    assert example == ONE.model_dump(mode="json")
    assert (given["genes"], given["written"]) == (["C", "B"], ["narc", "B", "C"])
    assert (given["reasoning"], given["words"], given["problems"]) == ("Since it fits.", 3, [])
    assert (given["named"], given["reasoned"], given["truncated"]) == (True, True, False)


def test_an_answer_that_is_not_usable_earns_nothing_without_a_call(tmp_path):
    code = "def grade(answer, example): raise ValueError('never called')"
    assert graded(tmp_path, code, [TASK.parse("<genes>[A"), TASK.parse("A")], [ONE, ONE]) == [0.0, 0.0]


def test_a_missing_function_is_said(tmp_path):
    with refused("graders/mine.py"):
        graded(tmp_path, "def graded(answer, example): return 1")


def test_an_error_inside_is_said_with_its_line(tmp_path):
    code = """
    def grade(answer, example):
        return distance(example)

    def distance(example):
        return example["nearest"]
    """
    with refused("graders/mine.py", 6):
        graded(tmp_path, code)


def test_a_file_that_cannot_be_imported_is_said(tmp_path):
    with refused("graders/mine.py", 2):
        graded(tmp_path, "x = 1\ndef grade(:")


def test_what_is_no_number_from_0_to_1_is_said(tmp_path):
    with refused("graders/mine.py"):
        graded(tmp_path, "def grade(answer, example): return float('nan')")


def test_a_grader_has_the_range_that_its_recipe_declares(tmp_path):
    code = "def grade(answer, example): return {'A': -2, 'B': 0.5, 'C': 2.5}[answer['genes'][0]]"
    answers = [answer("A"), answer("B"), TASK.parse("no list")]
    assert graded(tmp_path, code, answers, [ONE] * 3, low=-2, high=1) == [-2, 0.5, -2]
    reward = own_rewards({"mine": OwnReward(function="graders/mine.py:grade", low=-2, high=1)}, tmp_path)["mine"]
    assert (reward.low, reward.high) == (-2, 1)
    with refused():
        graded(tmp_path, code, [answer("C")], low=-2, high=1)


ONLY_LDLR = "def grade(answer, example): return float(answer['genes'][0] == 'A') if example['id'] == 'q' else None"


def test_none_leaves_the_weight_to_the_other_rewards(tmp_path):
    """As of the task's own rewards: .5 of a weight of 1 + 3 goes to the reward that applies, whoever is asked first."""
    two = ONE.model_copy(update={"id": "other"})
    grader = own_reward(tmp_path, ONLY_LDLR)
    reward = Reward(grader, 0.0, 1.0, semantic=True)
    half = Reward(lambda answers, examples, similarity: [0.5] * len(answers), 0.0, 1.0, semantic=False)
    rewards = TASK.rewards() | {"mine": reward, "half": half}
    scorer = RewardScorer(TASK, {"mine": 3.0, "half": 1.0}, None, rewards=rewards)
    usable = render_ranking(["A", "B"], "Because.")
    texts, examples = [usable, usable, "no list"], [ONE, two, two]
    assert grader([TASK.parse(text) for text in texts], examples, None) == pytest.approx([1, nan, nan], nan_ok=True)
    found = scorer.components(texts, examples)
    assert found["reward"].tolist() == [3.5, 2.0, 2.0]  # 3 + .5; .5 with the weight 4
    completions = [[{"content": text}] for text in texts]
    trl = [function(completions, index=[0, 1, 2]) for function in scorer.for_trl(examples)]
    assert trl[0] == pytest.approx([1, nan, nan], nan_ok=True) and trl[1] == [0.5, 2.0, 2.0]


def test_whether_a_grader_applies_follows_from_the_question_alone(tmp_path):
    code = "def grade(answer, example): return None if answer['genes'][0] == 'A' else 1"
    with refused():
        graded(tmp_path, code, [answer("A"), answer("B")], [ONE, ONE])


def test_a_call_that_takes_too_long_is_ended(tmp_path):
    with refused("graders/mine.py"):
        graded(tmp_path, "import time\ndef grade(answer, example): time.sleep(60)", seconds=0.2)


def test_a_job_that_is_told_to_stop_hears_it_after_its_grader(tmp_path):
    """Training saves after the step under way: its handlers of signals stay, and the call ends as it would have."""
    code = """
    import os, signal

    def grade(answer, example):
        for told in (signal.SIGTERM, signal.SIGUSR1):
            os.kill(os.getpid(), told)
        return 1
    """
    heard, handlers = [], {}
    for told in (signal.SIGTERM, signal.SIGUSR1):
        handlers[told] = signal.signal(told, lambda number, frame: heard.append(number))
    try:
        assert graded(tmp_path, code) == [1.0]
    finally:
        for told, handler in handlers.items():
            signal.signal(told, handler)
    assert heard == [signal.SIGTERM, signal.SIGUSR1]


def test_a_file_that_changed_since_the_recipe_was_read_is_an_error(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def grade(answer, example): return 1")
    grader = OwnReward(function="mine.py:grade", sha256=source_sha256(file))
    assert own_rewards({"mine": grader}, tmp_path)["mine"].function([answer("A")], [ONE], None) == [1.0]
    file.write_text("def grade(answer, example): return 0")
    with refused():
        own_rewards({"mine": grader}, tmp_path)


def test_the_example_that_is_shipped():
    grader = OwnReward(function="resources/graders/conclusion.py:conclusion")
    reward = own_rewards({"conclusion": grader}, ROOT)["conclusion"]
    answers = [
        answer(["LDLR", "BSND"], "BSND is a channel. LDLR takes up LDL, so it is LDLR."),
        answer(["LDLR", "BSND"], "LDLR takes up LDL, but BSND is near."),
        answer(["LDLR", "BSND"], "One of them takes up LDL."),
        TASK.parse("<genes>[LDLR"),
    ]
    example = question(["LDLR", "BSND"], ["BSND"])
    assert reward.function(answers, [example] * 4, None) == [1.0, 0.5, 0.0, 0.0]
    assert (reward.low, reward.high) == (0.0, 1.0)
    assert reward.function(answers[:1], [question("", ["LDLR"])], None) == [1.0]


def test_the_example_on_verifiers_that_is_shipped():
    """By hand: V2 1 and V4 2 · .8 − .64; a second set, so V2 ½ and V4 −.64; a correlation, which asks for no sets."""
    task = TASKS["pathway_qa"]
    asked = task.Example(
        **dict.fromkeys(("id", "subset", "asks", "group"), "direction"),
        **dict.fromkeys(("tissues", "places"), ("liver",)),
        columns={"question": "?", "table": ""},
        answer="up",
        about=[("dna repair", "liver")],
        statements=[{"set": "dna repair", "tissue": "liver", "value": "up"}],
        aliases={"dna repair": ["R-HSA-73894"]},
    )
    number = asked.model_copy(update={"id": "c", "asks": "conservation", "answer": "0.4", "statements": ()})
    texts = [
        "Answer: up\nR-HSA-73894; liver; up\nConfidence: 80",
        "Answer: up\ndna repair; liver; up\ncell cycle; liver; up\nConfidence: 80",
        "Answer: 0.4\nConfidence: 80",
    ]
    grader = OwnReward(function="resources/graders/sure_of_sets.py:sure_of_sets", low=-1, high=1, seconds=60)
    reward = own_rewards({"sure": grader}, ROOT)["sure"].function
    found = reward([task.parse(text) for text in texts], [asked, asked, number], None)
    assert found == pytest.approx([0.96, -0.32, nan], nan_ok=True)
