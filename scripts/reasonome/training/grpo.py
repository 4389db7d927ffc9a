"""GRPO and online DPO: align the model with weighted rewards, and show what it earned before and after."""

import math
import random
from collections.abc import Mapping, Sequence
from functools import partial
from inspect import getfile
from statistics import fmean
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import torch
from datasets import Dataset
from tqdm import tqdm
from trl.trainer.grpo_config import GRPOConfig

from reasonome.answering.engine import token_ids
from reasonome.benchmarks.rows import AnyRow, Row, read_rows, shuffled
from reasonome.config import JUDGE, OVERLONG, RolloutRecipe
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.prompts.chat_template import configured_ends, end_tokens, render
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import Policy, Reward, Similarity, TextReward, means
from reasonome.scoring.encoders import SentenceEncoder
from reasonome.task import Task
from reasonome.training import adapters, packing, processes, rollouts, sharding, shared_questions, vllm_sampler
from reasonome.training.canary import Drift
from reasonome.training.checkpoints import KeepRemembered
from reasonome.training.job import TrainingJob, mixed
from reasonome.training.judge import judge_of
from reasonome.training.reward_scorer import RewardScorer, overlong
from reasonome.training.rollout_samples import FILE, SampleRollouts
from reasonome.training.validation import ValidationCurve, before_and_after

# Training examples by which the best lazy policy is chosen.
EXAMPLES_TO_CHOOSE_BY = 300
# Lazy policies among which a judge chooses.
JUDGED_POLICIES = 12


def best_policy(
    scorer: RewardScorer, policies: Sequence[Policy], examples: Sequence[Row], prompts: Sequence[Prompt]
) -> Policy:
    """The lazy policy that would earn most over the examples; a collapsing model drifts to it. Copies are left out.

    Every process calls it and tries its share of the policies; each gets the answer.
    """
    policies = [policy for policy in policies if not policy.copies]
    mine = range(processes.rank(), len(policies), processes.count())
    bar = tqdm(mine, desc="best lazy policy", delay=5)
    earned = [(policy_earnings(scorer, policies[i], examples, prompts)["reward"], -i) for i in bar]
    # Of equals the first.
    _, position = max(pair for pairs in processes.gather(earned) for pair in pairs)
    return policies[-position]


def chosen_by(scorer: RewardScorer, policies: Sequence[Policy]) -> tuple[RewardScorer, Sequence[Policy]]:
    """The scorer and the policies that `best_policy` gets.

    A judge reads thousands of policies' answers longer than the training takes. So it is left out if another reward
    tells contents apart; else only the first policies are tried.
    """
    if JUDGE not in scorer.weights:
        return scorer, policies
    weights = {name: weight for name, weight in scorer.weights.items() if weight and name != JUDGE}
    if not any(scorer.rewards[name].semantic for name in weights):
        return scorer, [policy for policy in policies if not policy.copies][:JUDGED_POLICIES]
    return RewardScorer(scorer.task, weights, scorer.similarity, scorer.style, scorer.rewards), policies


def policy_earnings(
    scorer: RewardScorer, policy: Policy, examples: Sequence[Row], prompts: Sequence[Prompt]
) -> dict[str, str | float]:
    """Mean earnings of answering by `policy`: each component, "reward", and the policy's name."""
    return {"name": policy.name, **means(_earned(scorer, policy, examples, prompts))}


def _earned(
    scorer: RewardScorer, policy: Policy, examples: Sequence[Row], prompts: Sequence[Prompt]
) -> dict[str, np.ndarray]:
    texts = [policy.completion(example, prompt) for example, prompt in zip(examples, prompts, strict=True)]
    return scorer.components(texts, examples)


def lazy_earnings(
    scorer: RewardScorer, policies: Sequence[Policy], examples: Sequence[Row], prompts: Sequence[Prompt]
) -> dict[str, Any]:
    """Mean earnings of the first policy, and under "copies" those of the others, which copy the question.

    Every process calls it and scores its share of the answers: for one alone the others would wait, for half an hour at
    most.
    """
    mine = slice(processes.rank(), None, processes.count())

    def earnings(policy: Policy) -> dict[str, str | float]:
        parts = processes.gather(_earned(scorer, policy, examples[mine], prompts[mine]))
        together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return {"name": policy.name, **means(together)}

    best, *copies = map(earnings, policies)
    return {**best, "copies": copies}


def semantic_quarters(
    history: Sequence[Mapping[str, float]], rewards: Mapping[str, Reward | TextReward], weights: Mapping[str, float]
) -> dict[str, float]:
    """Means of the reward's semantic part over the first and the last quarter of the logged steps.

    A reward that applied to no question of a step has no mean there, and adds nothing.
    """
    semantic = [name for name in weights if rewards[name].semantic]
    steps = [
        sum(weights[name] * (entry[f"rewards/{name}/mean"] or 0.0) for name in semantic)
        for entry in history
        if "reward" in entry
    ]
    quarter = max(1, len(steps) // 4)
    first, last = np.mean(steps[:quarter]), np.mean(steps[-quarter:])
    return {"semantic_first_quarter": float(first), "semantic_last_quarter": float(last)}


def grpo(
    job: TrainingJob[RolloutRecipe],
    task: Task,
    similarity: Similarity,
    encoders: Mapping[str, SentenceEncoder] = MappingProxyType({}),
) -> None:
    """Train with GRPO, or with online DPO, on benchmarks of one task.

    Writes validation.json (reward before and after, paired) and constant.json beside the model. `encoders` are those
    behind `similarity`, by name: a resumed run remembers their vectors. InputError where rollouts cannot work here, or
    once sampler and trainer drift apart.
    """
    recipe = job.recipe
    parent_model = job.parent / "model"
    vllm_sampler.check(recipe)
    tokenizer = job.load_tokenizer()
    # By it TRL takes completions apart: rewards would not see a model's thoughts, which answers that are scored have.
    tokenizer.response_template = None
    style = next(iter(job.styles.values()))  # `check` of the recipe lets GRPO have one style only
    rows = {benchmark: job.examples(benchmark, task) for benchmark in job.files("examples")}
    if recipe.is_placebo:
        rows = {benchmark: shuffled_gold(task, examples, job.step.seed) for benchmark, examples in rows.items()}
    weights = recipe.weights_of_benchmarks
    prompted = mixed(rows, weights, recipe.prompts, "prompts")
    _check_a_step_is_filled(job, len(prompted))
    prompts = [task.prompt(example, style) for example in prompted]
    messages = [prompt.messages for prompt in prompts]
    texts = [render(tokenizer, conversation) for conversation in messages]
    prompt_tokens = list(map(len, token_ids(tokenizer, texts)))
    rewards = {**task.rewards(recipe.grading), OVERLONG: overlong(tokenizer, recipe)}
    if recipe.graders:
        from reasonome.scoring.own_functions import own_rewards

        rewards = rewards | own_rewards(recipe.graders)
    if JUDGE in job.data:
        rewards[JUDGE] = judge_of(job.data[JUDGE].parent / "model", task, style)
    scorer = RewardScorer(task, recipe.weights, similarity, style, rewards)

    valid = mixed(_valid_rows(job, task), weights, recipe.validation)
    valid_prompts = [task.prompt(example, style) for example in valid]
    valid_texts = [render(tokenizer, prompt.messages) for prompt in valid_prompts]
    valid_tokens = list(map(len, token_ids(tokenizer, valid_texts)))
    longest_asked = max(prompt_tokens + valid_tokens) + recipe.max_completion_length
    ends = end_tokens(configured_ends(parent_model), cast(int, tokenizer.eos_token_id))
    if sharding.chosen() == "zero3":  # models that are loaded after the trained one are spread like it, and unusable
        for encoder in encoders.values():
            encoder.load()
    config = adapters.outline(parent_model, recipe).config
    device = "cuda" if torch.cuda.is_available() else "cpu"
    by_parts = packing.text_by_text(config, recipe.precision == "bf16", device)
    share = partial(shared_questions.choose, recipe, config, question=fmean(prompt_tokens), by_parts=by_parts)
    most = max(prompt_tokens), recipe.max_completion_length
    job.fit(sum(most), partial(shared_questions.tokens, share, *most))
    model = job.load_model()
    trainer_of = cast(type[rollouts.WatchedTrainer], recipe.trainer)  # the stage names it without importing it
    trainer = trainer_of(
        model=model,
        args=GRPOConfig(**_settings(job), **vllm_sampler.arguments(recipe, parent_model, longest_asked, ends)),
        train_dataset=Dataset.from_dict(
            {"prompt": messages, "index": list(range(len(messages))), "prompt_tokens": prompt_tokens}
        ).select(order(len(messages), recipe, job.step.seed)),
        reward_funcs=scorer.for_trl(prompted),
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
        drift=Drift(recipe.max_drift, recipe.rollouts, job.folder / "recipe.json"),
        sharing=share(job.micro_batch_size),
        redraws=recipe.dynamic_sampling,
    )
    remembered = KeepRemembered(encoders)
    remembered.restore(job.checkpoint)
    ask = partial(rollouts.greedy, trainer, tokenizer, valid_texts, recipe)
    every, last = recipe.validate_every, recipe.keep == "best"
    curve = ValidationCurve(trainer, scorer, valid, ask, every, job.trainer_folder, last)
    # Before the vectors that encoders remember are saved: scoring may add some.
    trainer.add_callback(curve)
    trainer.add_callback(remembered)
    sampled = SampleRollouts(trainer, recipe.group, job.trainer_folder)
    trainer.add_callback(sampled)
    job.train(trainer)
    after = curve.after()
    examples = mixed(rows, weights)
    sample = examples[:EXAMPLES_TO_CHOOSE_BY]
    sample_prompts = prompts[: len(sample)]
    sample_prompts += [task.prompt(example, style) for example in sample[len(sample_prompts) :]]
    policies = task.policies(examples, style)
    best = best_policy(*chosen_by(scorer, policies), sample, sample_prompts)
    lazy = [best, *(policy for policy in policies if policy.copies)]
    constant = lazy_earnings(scorer, lazy, prompted, prompts)
    constant_valid = lazy_earnings(scorer, lazy, valid, valid_prompts)
    if processes.is_first():
        for earned in (constant, *constant["copies"]):
            show(f"answering lazily ({earned['name']}) earns {earned['reward']:.3f}")
        atomic.write_json(job.folder / "constant.json", constant)
        quarters = semantic_quarters(trainer.state.log_history, rewards, recipe.weights)
        validation = before_and_after(scorer, valid, curve.before, after)
        validation |= quarters | {"constants": constant_valid}
        atomic.write_json(job.folder / "validation.json", validation)
        atomic.write_jsonl(job.folder / FILE, sampled.rows)
    read, generated = (
        rollout_tokens(trainer.state.log_history, of, recipe.batch_size, recipe.passes)
        for of in ("prompts", "completions")
    )
    if trainer.sharing.rollouts:  # each question was read once for its group, by each process that has a part of that
        share = recipe.batch_size // processes.count()
        read = round(read * (1 / recipe.group + 1 / share - 1 / math.lcm(recipe.group, share)))
    read += curve.times * sum(valid_tokens)
    facts = {
        "examples": len(prompted),
        "prompt_example": {"messages": messages[0], "rendered": texts[0]},
        "code": code_sha256(__file__, getfile(type(recipe)), getfile(type(task))),
    }
    job.finish(
        trainer,
        tokenizer,
        facts,
        prompt_tokens=read,
        generated_tokens=generated + curve.tokens,
        shared_questions=trainer.sharing.facts(),
    )


def _check_a_step_is_filled(job: TrainingJob[RolloutRecipe], prompts: int) -> None:
    """InputError where there are fewer prompts than a step takes: none would be taken."""
    batch, group = job.recipe.batch_size, job.recipe.group
    if prompts >= batch // group:
        return
    what = f"{prompts} training questions do not fill a step of {batch // group} (batch_size {batch} / {group})"
    fix = f"set batch_size to {prompts * group} or less, or take more questions"
    raise InputError(what, file=job.folder / "recipe.json", field="batch_size", fix=fix)


def order(prompts: int, recipe: RolloutRecipe, seed: int) -> list[int]:
    """Positions of the prompts of a whole training: passes in orders of their own, of as many as fill steps.

    TRL draws these orders, too, but from a generator that no checkpoint keeps. To it they are one pass.
    """
    of_step, generator = recipe.batch_size // recipe.group, torch.Generator().manual_seed(seed)
    whole = prompts // of_step
    steps = math.ceil(recipe.max_steps / recipe.passes if recipe.max_steps else recipe.epochs * whole)
    passes = (torch.randperm(prompts, generator=generator).tolist() for _ in range(math.ceil(steps / whole)))
    return [i for one in passes for i in one[: whole * of_step]][: steps * of_step]


def _valid_rows(job: TrainingJob[RolloutRecipe], task: Task) -> dict[str, list[Row]]:
    """The valid rows of each benchmark, in random order."""
    rows = {benchmark: read_rows(file, task.Example) for benchmark, file in job.files("valid").items()}
    for split in rows.values():
        random.Random(0).shuffle(split)
    return rows


def _settings(job: TrainingJob[RolloutRecipe]) -> dict[str, Any]:
    recipe = job.recipe
    return {
        **job.arguments(),
        "num_train_epochs": 1,
        "shuffle_dataset": False,  # see `order`
        "num_generations": recipe.group,
        "max_completion_length": recipe.max_completion_length,
        "temperature": recipe.temperature,
        "top_p": recipe.top_p,
        "reward_weights": list(recipe.weights.values()),
        **recipe.trainer_settings,
    }


def rollout_tokens(history: Sequence[Mapping[str, float]], of: str, batch_size: int, passes: int = 1) -> int:
    """Tokens of all "completions", or of the "prompts" of each, from the means in each logged window of steps.

    Completions are drawn once for every `passes` steps.
    """
    tokens = drawn = 0
    for entry in history:
        if f"{of}/mean_length" in entry:
            until = math.ceil(entry["step"] / passes)
            a_draw = entry[f"{of}/mean_length"] * batch_size + entry.get(f"redrawn/{of}", 0)
            tokens += a_draw * (until - drawn)
            drawn = until
    return round(tokens)


def shuffled_gold(task: Task, examples: list[AnyRow], seed: int) -> list[AnyRow]:
    """The questions of a benchmark, in their order, each with the right answer of another one of its subset.

    Each answer is used once, so that a constant answer earns what it did. InputError for the only one of a subset.
    """
    subsets = [example.subset for example in examples]
    if single := [subset for subset in dict.fromkeys(subsets) if subsets.count(subset) == 1]:
        what = f"subset '{single[0]}' has one training question: it can get no other's right answer"
        raise InputError(
            what, field="gold", fix="take more questions (`rows`), or leave the subset out of the benchmark"
        )
    others = shuffled(examples, subsets, seed)
    return [task.with_gold_of(example, other) for example, other in zip(examples, others, strict=True)]
