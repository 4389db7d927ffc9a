"""GRPO: align the model with weighted rewards of its task, and show what it earned before and after."""

import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from datasets import Dataset
from tqdm import tqdm
from transformers import set_seed
from trl import GRPOConfig

from reasonome import atomic
from reasonome.benchmarks import read_rows
from reasonome.comparisons import MEAN, bootstrap_intervals
from reasonome.config import GrpoRecipe, Style
from reasonome.encoders import SentenceEncoder
from reasonome.errors import InputError
from reasonome.floors import rows_of_common_words
from reasonome.prompts import render, token_counter
from reasonome.rewards.naming import total
from reasonome.tasks.task import Similarity, Task
from reasonome.training import adapters, processes, rollouts
from reasonome.training.canary import Drift
from reasonome.training.remembered import KeepRemembered
from reasonome.training.stage import Stage


class RewardScorer:
    """The weighted rewards of a task over batches of completions; each completion is parsed once per batch."""

    def __init__(self, task: Task, weights: dict[str, float], similarity: Similarity, style: Style | None = None):
        """Completions are read by the track of `style`, as scoring reads them; strictly without one."""
        self.task, self.weights, self.similarity, self.style = task, weights, similarity, style
        self._texts: tuple[str, ...] = ()
        self._answers: list[Any] = []

    def component(self, name: str, texts: Sequence[str], examples: Sequence[Any]) -> list[float]:
        """One reward, unweighted, per completion."""
        if tuple(texts) != self._texts:
            parsed = {text: self.task.parse(text, self.style) for text in dict.fromkeys(texts)}
            self._texts, self._answers = tuple(texts), [parsed[text] for text in texts]
        return self.task.rewards[name].function(self._answers, examples, self.similarity)

    def components(self, texts: Sequence[str], examples: Sequence[Any]) -> dict[str, np.ndarray]:
        """All rewards, unweighted, and their weighted sum under "reward"."""
        values = {name: np.array(self.component(name, texts, examples)) for name in self.weights}
        return {**values, "reward": total(values, self.weights)}

    def for_trl(self, examples: Sequence[Any]) -> list[Callable[..., list[float]]]:
        """Reward functions as TRL calls them: once per step each, with all completions of the step."""

        def function(name: str) -> Callable[..., list[float]]:
            def reward(completions, index, **columns) -> list[float]:
                texts = [completion[0]["content"] for completion in completions]
                return self.component(name, texts, [examples[i] for i in index])

            reward.__name__ = name
            return reward

        return [function(name) for name in self.weights]


def best_constant(scorer: RewardScorer, task: Task, examples: Sequence[Any], most: int = 300) -> str:
    """The name that would earn most over up to `most` examples if it were always given, well written.

    Candidates are the examples' names and rows of their commonest words: what a collapsing model drifts to. Every
    process calls it and tries its share of them; each gets the answer.
    """
    names = [example.name for example in examples]
    candidates = list(dict.fromkeys([*names, *rows_of_common_words(names)]))
    examples = examples[:most]
    mine = range(processes.rank(), len(candidates), processes.count())
    bar = tqdm(mine, desc="best constant", delay=5)
    earned = [(constant_earnings(scorer, task, candidates[i], examples)["reward"], -i) for i in bar]
    # Of equals the first.
    _, position = max(pair for pairs in processes.of_all(earned) for pair in pairs)
    return candidates[-position]


def constant_earnings(scorer: RewardScorer, task: Task, name: str, examples: Sequence[Any]) -> dict[str, Any]:
    """What `name`, always given and well written, earns on average: each component, "reward", and the name."""
    texts = [task.target(name, ["constant"])] * len(examples)
    earned = scorer.components(texts, examples)
    return {"name": name, **{key: float(np.mean(values)) for key, values in earned.items() if len(examples)}}


def semantic_quarters(history: list[dict[str, Any]], task: Task, weights: dict[str, float]) -> dict[str, float]:
    """Means of the reward's semantic part over the first and the last quarter of the logged steps."""
    semantic = [name for name in weights if task.rewards[name].semantic]
    steps = [
        sum(weights[name] * entry[f"rewards/{name}/mean"] for name in semantic)
        for entry in history
        if "reward" in entry
    ]
    quarter = max(1, len(steps) // 4)
    first, last = np.mean(steps[:quarter]), np.mean(steps[-quarter:])
    return {"semantic_first_quarter": float(first), "semantic_last_quarter": float(last)}


def grpo(
    stage: Stage, task: Task, similarity: Similarity, encoders: Mapping[str, SentenceEncoder] = MappingProxyType({})
) -> None:
    """Train with GRPO; writes validation.json (reward before and after, paired) beside the model.

    `encoders` are those behind `similarity`, by name: a resumed run remembers what they did.

    InputError where rollouts cannot work here, or once sampler and trainer drift apart.
    """
    recipe: GrpoRecipe = stage.recipe
    _check_dropout(stage, recipe)
    parent_model = stage.parent / "model"
    rollouts.check(recipe, parent_model)
    tokenizer = stage.load_tokenizer()
    count_tokens = token_counter(tokenizer)
    examples = read_rows(stage.data["examples"], task.Example)
    random.Random(stage.step.seed).shuffle(examples)
    asked = examples[: recipe.prompts]
    prompts = [task.prompt(example, stage.style, count_tokens).messages for example in asked]
    longest = max(count_tokens([render(tokenizer, messages) for messages in prompts])) + recipe.max_completion_length
    scorer = RewardScorer(task, recipe.rewards, similarity, stage.style)

    valid = read_rows(stage.data["valid"], task.Example)
    random.Random(0).shuffle(valid)
    valid = valid[: recipe.validation]
    valid_prompts = [render(tokenizer, task.prompt(example, stage.style, count_tokens).messages) for example in valid]
    stage.fit(longest)
    trainer = rollouts.WatchedTrainer(
        model=stage.load_model(),
        args=GRPOConfig(**_settings(stage, recipe), **rollouts.arguments(recipe, parent_model, longest)),
        train_dataset=Dataset.from_dict({"prompt": prompts, "index": list(range(len(prompts)))}),
        reward_funcs=scorer.for_trl(asked),
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
        drift=Drift(recipe.max_drift, recipe.rollouts, stage.folder / "recipe.json"),
        epochs_done=rollouts.epochs_done(stage.checkpoint, len(prompts), recipe),
    )
    # The trainer has put the model on its device; a resumed job still has the parent's weights here.
    before, before_tokens = rollouts.greedy(trainer, tokenizer, valid_prompts, recipe)
    # Processes that share a group of one prompt must not draw the same completions.
    set_seed(stage.step.seed + trainer.accelerator.process_index)
    remembered = KeepRemembered(encoders)
    remembered.restore(stage.checkpoint)
    trainer.add_callback(remembered)
    stage.train(trainer)
    after, after_tokens = rollouts.greedy(trainer, tokenizer, valid_prompts, recipe)
    constant = best_constant(scorer, task, examples)
    if processes.is_first():
        atomic.write_json(stage.folder / "constant.json", constant_earnings(scorer, task, constant, asked))
        quarters = semantic_quarters(trainer.state.log_history, task, recipe.rewards)
        validation = _validation(scorer, valid, before, after)
        validation |= quarters | {"constants": constant_earnings(scorer, task, constant, valid)}
        atomic.write_json(stage.folder / "validation.json", validation)
    rollout_tokens = generated_tokens(trainer.state.log_history, recipe.batch_size)
    facts = {
        "examples": len(asked),
        "prompt_example": {"messages": prompts[0], "rendered": render(tokenizer, prompts[0])},
    }
    stage.finish(trainer, tokenizer, facts, generated_tokens=rollout_tokens + before_tokens + after_tokens)


def _check_dropout(stage: Stage, recipe: GrpoRecipe) -> None:
    if recipe.adapter and recipe.adapter.dropout:
        raise InputError(
            "GRPO samples with the weights it trains; with dropout they are other weights in every pass",
            file=stage.folder / "recipe.json",
            field="adapter.dropout",
            fix="dropout: 0.0",
        )


def _settings(stage: Stage, recipe: GrpoRecipe) -> dict[str, Any]:
    return {
        **stage.arguments(),
        "num_generations": recipe.generations,
        "max_completion_length": recipe.max_completion_length,
        "temperature": recipe.temperature,
        "beta": recipe.beta,
        "loss_type": recipe.loss,
        "scale_rewards": recipe.scale_rewards,
        "reward_weights": list(recipe.rewards.values()),
    }


def _validation(scorer: RewardScorer, examples: list, before: list[str], after: list[str]) -> dict[str, Any]:
    """Mean reward before and after on the same prompts, with a 95 % interval of the paired difference."""
    if not examples:
        return {"n": 0}
    earned = [scorer.components(texts, examples) for texts in (before, after)]
    gain = earned[1]["reward"] - earned[0]["reward"]
    interval = bootstrap_intervals(gain, [example.subset for example in examples])[MEAN]
    means = [{key: float(values.mean()) for key, values in side.items()} for side in earned]
    return {
        "n": len(examples),
        "before": means[0]["reward"],
        "after": means[1]["reward"],
        "difference": float(interval.value[0]),
        "low": float(interval.low[0]),
        "high": float(interval.high[0]),
        "components": {key: [means[0][key], means[1][key]] for key in scorer.weights},
        "ids": [example.id for example in examples],
        "rewards_before": earned[0]["reward"].tolist(),
        "rewards_after": earned[1]["reward"].tolist(),
    }


def generated_tokens(history: list[dict[str, Any]], batch_size: int) -> int:
    """Tokens of all rollouts, from the mean completion length of each logged window of steps."""
    tokens = last = 0
    for entry in history:
        if "completions/mean_length" in entry:
            tokens += entry["completions/mean_length"] * batch_size * (entry["step"] - last)
            last = entry["step"]
    return round(tokens)
