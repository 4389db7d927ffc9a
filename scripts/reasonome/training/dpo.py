"""DPO: make better answers more likely and worse ones less, against the parent model."""

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from reasonome.config import DpoRecipe
from reasonome.core.code_digest import code_sha256
from reasonome.training import adapters, preferences
from reasonome.training.stage import Stage


def dpo(stage: Stage) -> None:
    """Train the parent on pairs of answers, and measure held-out ones before, during and after."""
    recipe: DpoRecipe = stage.recipe
    tokenizer = stage.load_tokenizer()
    pairs = preferences.read(stage, tokenizer)
    train = preferences.first_pairs(recipe, pairs)
    stage.fit(pairs.longest)
    trainer = DPOTrainer(
        model=stage.load_model(),
        args=DPOConfig(
            **stage.arguments(),
            **stage.evaluation(bool(pairs.held_out)),
            max_length=recipe.max_length,
            beta=recipe.beta,
            loss_type=[recipe.loss],
        ),
        train_dataset=Dataset.from_list(preferences.conversations(train)),
        eval_dataset=Dataset.from_list(preferences.conversations(pairs.held_out)) if pairs.held_out else None,
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
    )
    stage.train(trainer)
    stage.evaluate_last(trainer)
    facts = {"pairs": len(train), "too_long": pairs.too_long, "code": code_sha256(__file__)}
    stage.finish(trainer, tokenizer, facts)
