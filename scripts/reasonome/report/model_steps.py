"""What the training steps of a model are and learned from, and the letters of arms' names, in words."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reasonome.stages import STAGES

_LETTERS = {
    "KW": "knowledge warm-up on statements",
    "RA": "reasoning, by fine-tuning on right answers",
    "TA": "task alignment, by reinforcement learning",
    "SFT": "supervised fine-tuning",
    "DPO": "direct preference optimisation",
    "KTO": "Kahneman-Tversky optimisation",
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
