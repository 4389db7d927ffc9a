"""Where answers come from: training steps in words, an untrained base, an endpoint, or a file of recorded answers."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reasonome.core import atomic
from reasonome.report.plan import Evaluation, Plan
from reasonome.stages import STAGES

UNTRAINED, ENDPOINT, RECORDED = "untrained", "from an endpoint", "recorded elsewhere"
Answering = dict[str, Any]  # run.json of the job that brought the answers


def read_answering(plan: Plan) -> list[Answering]:
    """The run.json of every evaluation, in order. Raises InputError."""
    return [atomic.read_json(evaluation.run) for evaluation in plan.evaluations]


def answer_origin(evaluation: Evaluation, answering: Answering) -> str:
    """The origin of answers that no trained model gave; "" for those of a trained model."""
    if "recorded" in answering:
        return RECORDED
    if "asked" in answering:
        return ENDPOINT
    return "" if evaluation.steps else UNTRAINED


def described_origin(evaluation: Evaluation, answering: Answering) -> str:
    """The origin of answers as it stands beside scores: with what the configuration notes of recorded ones."""
    note = answering.get("recorded", {}).get("note", "")
    return ": ".join(text for text in (answer_origin(evaluation, answering), note) if text)


def evaluations_from(origin: str, plan: Plan, answering: Iterable[Answering]) -> list[tuple[Evaluation, Answering]]:
    """Every evaluation whose answers have this origin, with what their job recorded about them."""
    pairs = zip(plan.evaluations, answering, strict=True)
    return [
        (evaluation, run.get("recorded", run)) for evaluation, run in pairs if answer_origin(evaluation, run) == origin
    ]


_LETTERS = {
    "KW": "knowledge warm-up on statements",
    "RA": "reasoning, by fine-tuning on right answers",
    "TA": "task alignment, by reinforcement learning",
    "SFT": "supervised fine-tuning",
    "DPO": "direct preference optimisation",
    "GRPO": "group relative policy optimisation",
}


def letters_in_words(arms: Iterable[str]) -> list[tuple[str, str]]:
    """(letters, what they stand for) of those letters that are words of these arms' names."""
    words = {word for arm in arms for word in re.findall(r"[A-Za-z]+", arm)}
    return [(letters, meaning) for letters, meaning in _LETTERS.items() if letters in words]


def steps_in_words(steps: Iterable[str]) -> str:
    """The stages of steps, first to last; the same step with several seeds counts once."""
    stages = [step.partition(".")[0] for step in dict.fromkeys(step.rpartition("-s")[0] for step in steps)]
    return ", then ".join(STAGES[stage].in_words for stage in stages)


def learned_from(manifest: Mapping[str, Any]) -> str:
    """In words, what a step learned from and how much of it."""
    return STAGES[manifest["recipe"]["stage"]].learned_from(manifest)
