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
        beside = ""
        if recipe.get("statements"):
            beside = f", beside {manifest['statements']:,} statements of corpus {recipe['statements']['corpus']}"
        return f"{questions}, with {answers}{beside}"
    rewards = ", ".join(f"{weight:g} × {name}" for name, weight in recipe["rewards"].items() if weight)
    if recipe.get("judge"):
        rewards = ", ".join(filter(None, [f"reward model {' → '.join(recipe['judge'])}", rewards]))
    encoders = f" (similarity by {', '.join(recipe['encoders'])})" if recipe.get("encoders") else ""
    return f"{questions}; reward: {rewards}{encoders}"
