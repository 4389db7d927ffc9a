"""Knowledge warm-up: causal language modelling on packed statements."""

import random
from pathlib import Path

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.training import adapters, packing
from reasonome.training.stage import Stage

# Arguments of SFTConfig for statements that follow one another and are cut where a row ends.
WRAPPED = {"packing": True, "packing_strategy": "wrapped"}


def pretrain(stage: Stage) -> None:
    """Train the parent on statements and measure the loss on held-out ones before, during and after."""
    recipe = stage.recipe
    tokenizer = stage.load_tokenizer()
    train = sample_statements(stage.data["train"], tokenizer, recipe.max_tokens, stage.step.seed)
    held_out = sample_statements(stage.data["held_out"], tokenizer, 8 * recipe.sequence_length, 0)
    facts = {}
    separate = recipe.packing == "separate"
    if separate:
        sampled = len(train)
        train, held_out = (whole(statements, tokenizer, recipe.sequence_length) for statements in (train, held_out))
        facts["too_long"] = sampled - len(train)
        print(f"{facts['too_long']} statements longer than {recipe.sequence_length} tokens left out", flush=True)
    for statements, file in ((train, stage.data["train"]), (held_out, stage.data["held_out"])):
        if not statements:
            raise InputError("there is not one statement to use", file=file, fix="raise max_tokens or held_out")
    print(f"{len(train)} statements to train on, {len(held_out)} held out", flush=True)
    stage.fit(recipe.sequence_length)
    config = SFTConfig(
        **stage.arguments(),
        **(packing.SEPARATE if separate else WRAPPED),
        max_length=recipe.sequence_length,
        eval_packing=True,
        eval_strategy="steps",
        eval_steps=recipe.save_steps,
        eval_on_start=stage.checkpoint is None,
        per_device_eval_batch_size=stage.micro_batch_size,
    )
    trainer = SFTTrainer(
        model=stage.load_model(),
        args=config,
        train_dataset=Dataset.from_dict({"text": train}),
        eval_dataset=Dataset.from_dict({"text": held_out}),
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
    )
    if separate:
        packing.separate(trainer)
        print(packing.describe(trainer.train_dataset, recipe.batch_size), flush=True)
        facts["rows"] = len(trainer.train_dataset)
    stage.train(trainer)
    if not any("eval_loss" in entry for entry in trainer.state.log_history[-2:]):
        trainer.evaluate()
    stage.finish(
        trainer, tokenizer, {"statements": len(train), **facts, "code": code_sha256(__file__)}, generated_tokens=0
    )


def sample_statements(path: Path, tokenizer, max_tokens: int | None, seed: int) -> list[str]:
    """Statements in a seeded order, up to `max_tokens` tokens in all.

    A row's weight (1 if it has none) says how soon it is drawn: of two rows, one of weight 2 comes before one of
    weight 1 in two thirds of the orders. Rows of weight 0 are never drawn, and none is drawn twice.
    """
    columns = atomic.read_columns(path, ["text"], {"weight": 1.0})
    texts = _in_order(columns["text"], columns["weight"], random.Random(seed))
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


def _in_order(texts: list[str], weights: list[float], rng: random.Random) -> list[str]:
    if set(weights) <= {1.0}:
        rng.shuffle(texts)
        return texts
    # Drawing by weight without replacement: the order of exponential waiting times with the weights as rates.
    drawn = [(rng.expovariate(weight), text) for text, weight in zip(texts, weights, strict=True) if weight]
    return [text for _, text in sorted(drawn)]


def whole(statements: list[str], tokenizer, most: int) -> list[str]:
    """Those of up to `most` tokens with the end-of-text token, which would otherwise lose their end in packing."""
    return [text for text in statements if len(tokenizer(text)["input_ids"]) < most]
