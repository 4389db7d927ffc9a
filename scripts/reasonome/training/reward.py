"""Reward models: a number for a prompt and its answer, which is larger for the better answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from trl import RewardConfig, RewardTrainer

from reasonome.config import RewardRecipe
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.scoring.comparisons import MEAN, bootstrap_intervals
from reasonome.training import adapters, preferences, processes
from reasonome.training.stage import Stage

ALL = "all"


def reward(stage: Stage) -> None:
    """Train the parent, with a head of one number, on pairs of answers.

    Writes pair_accuracies.json beside the model: how often the better one of held-out answers gets more.
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
    margins = _margins(trainer, stage.micro_batch_size) if held_out else []
    if processes.is_first():
        atomic.write_json(stage.folder / "pair_accuracies.json", accuracies(pairs.held_out, margins))
    facts = {"pairs": len(train), "too_long": pairs.too_long, "code": code_sha256(__file__)}
    stage.finish(trainer, tokenizer, facts, generated_tokens=0)


def _margins(trainer: RewardTrainer, batch_size: int) -> list[float]:
    """By how much the chosen answer of each held-out pair earns more; every process computes all of them."""
    model, rows = trainer.model_wrapped, list(trainer.eval_dataset)
    model.eval()
    margins = []
    with torch.no_grad(), trainer.accelerator.autocast():
        for start in range(0, len(rows), batch_size):
            batch = trainer.data_collator(rows[start : start + batch_size])
            inputs = {name: tensor.to(trainer.accelerator.device) for name, tensor in batch.items()}
            chosen, rejected = model(**inputs, use_cache=False).logits[:, 0].float().chunk(2)
            margins += (chosen - rejected).tolist()
    model.train()
    return margins


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
