"""Knowledge warm-up: causal language modelling on packed statements."""

import random
from pathlib import Path

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from reasonome import atomic
from reasonome.errors import InputError
from reasonome.training.stage import Stage


def sample_statements(path: Path, tokenizer, max_tokens: int | None, seed: int) -> list[str]:
    """Statements in a seeded order, up to `max_tokens` tokens in all."""
    texts = [row["text"] for row in atomic.read_jsonl(path)]
    random.Random(seed).shuffle(texts)
    if max_tokens is None:
        return texts
    kept, spent = [], 0
    for start in range(0, len(texts), 1000):
        chunk = texts[start : start + 1000]
        for text, ids in zip(chunk, tokenizer(chunk, add_special_tokens=False)["input_ids"], strict=True):
            spent += len(ids) + 1  # the end-of-text token between statements
            if spent > max_tokens:
                return kept
            kept.append(text)
    return kept


def pretrain(stage: Stage) -> None:
    """Train the parent on statements and measure the loss on held-out ones before, during and after."""
    recipe = stage.recipe
    model, tokenizer = stage.load()
    train = sample_statements(stage.data["train"], tokenizer, recipe.max_tokens, stage.step.seed)
    held_out = sample_statements(stage.data["held_out"], tokenizer, 8 * recipe.sequence_length, 0)
    for statements, file in ((train, stage.data["train"]), (held_out, stage.data["held_out"])):
        if not statements:
            raise InputError("there is not one statement to use", file=file, fix="raise max_tokens or held_out")
    print(f"{len(train)} statements to train on, {len(held_out)} held out", flush=True)
    config = SFTConfig(
        **stage.arguments(),
        max_length=recipe.sequence_length,
        packing=True,
        packing_strategy="wrapped",
        eval_packing=True,
        eval_strategy="steps",
        eval_steps=recipe.save_steps,
        eval_on_start=stage.checkpoint is None,
        per_device_eval_batch_size=recipe.micro_batch_size,
    )
    trainer = SFTTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_dict({"text": train}),
        eval_dataset=Dataset.from_dict({"text": held_out}),
        processing_class=tokenizer,
    )
    stage.train(trainer)
    if not any("eval_loss" in entry for entry in trainer.state.log_history[-2:]):
        trainer.evaluate()
    stage.finish(trainer, tokenizer, {"statements": len(train)}, generated_tokens=0)
