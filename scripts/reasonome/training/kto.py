"""KTO: make good answers more likely and bad ones less, each by itself, against the parent model."""

from datasets import Dataset
from trl import KTOConfig, KTOTrainer

from reasonome.config import KtoRecipe
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.training import adapters, preferences
from reasonome.training.stage import Stage, mixed


def kto(stage: Stage) -> None:
    """Train the parent on answers that are good or bad, and measure held-out ones before, during and after."""
    recipe: KtoRecipe = stage.recipe
    tokenizer = stage.load_tokenizer()
    pairs = preferences.read(stage, tokenizer)
    seed = stage.step.seed
    answers = {name: preferences.single_answers(rows, seed) for name, rows in pairs.train.items()}
    chosen = mixed(answers, recipe.weights_of_benchmarks, recipe.max_answers, "max_answers")
    train = whole(chosen, recipe)
    held_out = whole(preferences.single_answers(pairs.held_out, seed), recipe)
    if not train:
        what = f"there are fewer answers than micro_batch_size, {recipe.micro_batch_size}"
        raise InputError(what, field="micro_batch_size", fix="lower it to 2 or more, or write more preferences")
    stage.fit(pairs.longest)
    trainer = KTOTrainer(
        model=stage.load_model(),
        args=KTOConfig(
            **stage.arguments(),
            **stage.evaluation(bool(held_out)),
            max_length=None,  # longer ones are left out; TRL would also cut an answer after another's prompt
            beta=recipe.beta,
            desirable_weight=recipe.desirable_weight,
            undesirable_weight=recipe.undesirable_weight,
        ),
        train_dataset=Dataset.from_list(train),
        eval_dataset=Dataset.from_list(held_out) if held_out else None,
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
    )
    stage.train(trainer)
    stage.evaluate_last(trainer)
    facts = {
        "answers": len(train),
        "too_long": pairs.too_long,
        "as_often_worse": sum(map(preferences.as_often_worse, pairs.train.values())),
        "no_whole_micro_batch": len(chosen) - len(train),
        "code": code_sha256(__file__),
    }
    stage.finish(trainer, tokenizer, facts)


def whole(answers: list[dict], recipe: KtoRecipe) -> list[dict]:
    """As many of the answers as fill micro-batches: the loss compares each with its neighbours in one."""
    return answers[: len(answers) - len(answers) % recipe.micro_batch_size]
