"""Where answers come from: training steps in words, an endpoint, or a file of recorded answers."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reasonome.core import atomic
from reasonome.report.plan import Evaluation, Plan
from reasonome.stages import STAGES

ENDPOINT, RECORDED = "asked", "recorded"  # a key of run.json that tells where answers came from
Answering = dict[str, Any]  # run.json of the job that brought the answers


def read_answering(plan: Plan) -> list[Answering]:
    """The run.json of every evaluation, in order. Raises InputError."""
    return [atomic.read_json(evaluation.run) for evaluation in plan.evaluations]


def evaluations_from(origin: str, plan: Plan, answering: Iterable[Answering]) -> list[tuple[Evaluation, Answering]]:
    """Every evaluation whose answers have this origin, with what their job recorded about them, as far as known."""
    pairs = zip(plan.evaluations, answering, strict=True)
    return [(evaluation, _known(run.get(RECORDED, run))) for evaluation, run in pairs if origin in run]


def _known(facts: Answering) -> Answering:
    return {name: fact for name, fact in facts.items() if fact is not None}


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


def learned_from(manifest: Mapping[str, Any]) -> str:
    """In words, what a step learned from and how much of it."""
    return STAGES[manifest["recipe"]["stage"]].learned_from(manifest)
