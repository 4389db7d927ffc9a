"""Knowledge warm-up: causal language modelling on packed statements."""

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from reasonome.errors import InputError
from reasonome.training.sampling import sample_statements
from reasonome.training.stage import Stage


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
