"""What the training steps of a model learned from, in words."""

from collections.abc import Mapping
from typing import Any


def learned_from(manifest: Mapping[str, Any]) -> str:
    """In words, what a step learned from and how much of it."""
    recipe = manifest["recipe"]
    if recipe["stage"] == "pretrain":
        return f"{manifest['statements']:,} statements of corpus {recipe['corpus']}"
    learned = recipe.get("mixture") or [recipe["benchmark"]]
    if "preferences" in recipe:
        number = manifest.get("pairs", manifest.get("answers"))
        what = "pairs of answers" if "pairs" in manifest else "good and bad answers"
        asked = f"training questions of {' and '.join(learned)}"
        return f"{number:,} {what} to {asked}, by preferences {recipe['preferences']}"
    questions = f"{manifest['examples']:,} training questions of {' and '.join(learned)}"
    if recipe["stage"] == "sft":
        answers = "the right answers alone" if recipe["teacher"] == "none" else f"reasoning by {recipe['teacher']}"
        if samples := recipe.get("samples"):
            answers = f"the best of its parent's samples ({samples['decoding']}) by {_weighted(samples['rewards'])}"
        beside = ""
        if recipe.get("statements"):
            beside = f", beside {manifest['statements']:,} statements of corpus {recipe['statements']['corpus']}"
        return f"{questions}, with {answers}{beside}"
    rewards = _weighted(recipe["rewards"])
    if recipe.get("judge"):
        rewards = ", ".join(filter(None, [f"reward model {' → '.join(recipe['judge'])}", rewards]))
    encoders = f" (similarity by {', '.join(recipe['encoders'])})" if recipe.get("encoders") else ""
    placebo = (
        "; a placebo: rewarded by the right answers of other questions" if recipe.get("gold") == "shuffled" else ""
    )
    return f"{questions}; reward: {rewards}{encoders}{placebo}"


def _weighted(rewards: Mapping[str, float]) -> str:
    return ", ".join(f"{weight:g} × {name}" for name, weight in rewards.items() if weight)
