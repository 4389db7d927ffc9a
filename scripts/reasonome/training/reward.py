"""Reward models: a number for a prompt and its answer, which is larger for the better answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from trl import RewardConfig, RewardTrainer

from reasonome.config import RewardRecipe
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.scoring.comparisons import MEAN, bootstrap_intervals
from reasonome.training import adapters, preferences
from reasonome.training.judge import RewardModel
from reasonome.training.stage import Stage

ALL = "all"


def reward(stage: Stage) -> None:
    """Train the parent, with a head of one number, on pairs of answers.

    Writes pair_accuracies.json beside the model: how often the saved model gives the better of two answers more.
    """
    recipe: RewardRecipe = stage.recipe
    tokenizer = stage.load_tokenizer()
    pairs = preferences.read(stage, tokenizer)
    held_out = preferences.conversations(pairs.held_out)
    train = preferences.first_pairs(recipe, pairs)
    stage.fit(pairs.longest)
    trainer = RewardTrainer(
        model=stage.load_model(),
        args=RewardConfig(**stage.arguments(), **stage.evaluation(bool(held_out)), max_length=recipe.max_length),
        train_dataset=Dataset.from_list(preferences.conversations(train)),
        eval_dataset=Dataset.from_list(held_out) if held_out else None,
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter, reward_model=True),
    )
    stage.train(trainer)
    stage.evaluate_last(trainer)
    facts = {"pairs": len(train), "too_long": pairs.too_long, "code": code_sha256(__file__)}
    stage.finish(trainer, tokenizer, facts, lambda: _measure(stage.folder, pairs.held_out))


def _measure(folder: Path, pairs: Sequence[Mapping[str, Any]]) -> None:
    """Write how often the saved model, which is what judges, gives the chosen answer of held-out pairs more."""
    rows = preferences.conversations(pairs)
    rewards = RewardModel(folder / "model")(
        [row["prompt"] + row[side] for side in ("chosen", "rejected") for row in rows]
    )
    margins = np.subtract(rewards[: len(rows)], rewards[len(rows) :]).tolist()
    atomic.write_json(folder / "pair_accuracies.json", accuracies(pairs, margins))


def accuracies(pairs: Sequence[Mapping[str, Any]], margins: Sequence[float]) -> dict[str, dict[str, float]]:
    """Kind of pair, and "all" → how often the chosen answer earns more, ties counting half.

    With a 95 % interval that resamples questions, the number of pairs, and `reasoned`: how often the rule "the answer
    with reasoning is the better one", ties counting half, is right.
    """
    if not pairs:
        return {}
    right = 0.5 + 0.5 * np.sign(margins)
    reasoned = 0.5 + 0.5 * np.array(
        [int(chosen) - int(rejected) for chosen, rejected in (p["reasoned"] for p in pairs)]
    )
    kinds = np.array([pair["kind"] for pair in pairs])
    questions = np.array([pair["id"] for pair in pairs])
    result = {}
    for kind in (ALL, *dict.fromkeys(kinds.tolist())):
        mine = kinds == kind if kind != ALL else np.ones(len(pairs), bool)
        interval = bootstrap_intervals(right[mine], [ALL] * int(mine.sum()), questions[mine])[MEAN]
        result[kind] = {
            "accuracy": float(interval.value[0]),
            "low": float(interval.low[0]),
            "high": float(interval.high[0]),
            "n": int(mine.sum()),
            "reasoned": float(reasoned[mine].mean()),
        }
    return result
