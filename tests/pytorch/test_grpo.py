"""What GRPO checks before it starts, and the canary's arithmetic; no model."""

import contextlib
import json
import math
from types import SimpleNamespace

import grpo_steps
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from refusals import refused
from trl.trainer.utils import RepeatSampler

from reasonome.answering import vllm_engine
from reasonome.rewards import Policy
from reasonome.stages.grpo import GrpoRecipe
from reasonome.tasks import TASKS
from reasonome.training import grpo, processes, vllm_sampler
from reasonome.training.canary import Drift
from reasonome.training.reward_scorer import RewardScorer, overlong


def recipe(**settings) -> GrpoRecipe:
    return GrpoRecipe.model_validate(grpo_steps.RECIPE | settings)


def test_vllm_beside_the_trainer_gets_its_share_and_its_length(monkeypatch, tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"model_type": "llama", "num_attention_heads": 8}')
    (tmp_path / "model.safetensors").write_bytes(b"0" * 300)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: SimpleNamespace(total_memory=500))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    found = vllm_sampler.arguments(recipe(rollouts="vllm-colocate"), tmp_path, 777, [2, 5])
    assert found["vllm_max_model_length"] == 777 and found["vllm_enable_sleep_mode"]
    # 0.4 of 500 bytes are 200, half of which hold 300 bytes of weights over four processes, not over two.
    assert found["vllm_gpu_memory_utilization"] == 0.4 and found["vllm_tensor_parallel_size"] == 4
    assert found.items() >= vllm_sampler.CORRECTION.items()
    assert found["generation_kwargs"] == {"stop_token_ids": [2, 5], "detokenize": False}
    assert "vLLM: tensor parallel size 4" in capsys.readouterr().out
    monkeypatch.setenv(vllm_sampler.MEMORY, "0.8")
    assert (
        vllm_sampler.arguments(recipe(rollouts="vllm-colocate"), tmp_path, 777, [2, 5])["vllm_tensor_parallel_size"]
        == 2
    )


@pytest.mark.parametrize(
    ("settings", "sharded", "share"),
    [
        ({"adapter": {"rank": 8}}, "none", 0.7),  # the 8B in bf16: 16 of 80 GB, which leave .7 of nine tenths
        ({}, "none", 0.4),  # 8 billion weights with gradients and moments are more than a GPU
        ({}, "zero2", 0.5),  # 16 in bf16, and of 128 GB in fp32 an eighth
        ({}, "zero3", 0.68),  # an eighth of both: 18
        ({"beta": 0.04}, "zero3", 0.65),  # and of a reference of 16 GB
    ],
)
def test_vllm_takes_what_the_trainer_leaves(settings, sharded, share, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "8")
    monkeypatch.setenv("REASONOME_SHARDING", sharded)
    training = recipe(rollouts="vllm-colocate", precision="bf16", **settings)
    assert vllm_sampler.share_of_gpu(training, 16 * 10**9, 80 * 10**9) == pytest.approx(share)


@pytest.mark.parametrize(
    ("weights", "heads", "processes", "engines_over"),
    [
        (100, 8, 8, 2),
        (100, 9, 8, 1),  # nine heads divide over one of 1, 2, 4, 8
        (10_000, 8, 4, 4),  # as far as the processes go
    ],
)
def test_an_engine_spreads_over_as_few_processes_as_hold_it(tmp_path, weights, heads, processes, engines_over):
    shape = {"model_type": "llama", "hidden_size": heads, "num_attention_heads": heads, "intermediate_size": 72}
    (tmp_path / "config.json").write_text(json.dumps(shape))
    (tmp_path / "model.safetensors").write_bytes(b"0" * weights)
    assert vllm_engine.tensor_parallel(tmp_path, 100.0, processes) == engines_over


@pytest.mark.parametrize(
    ("settings", "steps"),
    [({}, 6), ({"epochs": 1.5}, 5), ({"max_steps": 7}, 7), ({"max_steps": 8, "iterations": 2, "save_steps": 2}, 4)],
)
def test_prompts_come_in_the_orders_that_trl_draws(settings, steps):
    # Seven prompts of 4 completions in steps of 8 completions: 3 steps a pass, and one prompt is left out of each.
    found = grpo.order(7, recipe(**settings), 5)
    theirs = RepeatSampler(range(7), 1, batch_size=2, seed=5)
    assert found == [i for _ in range(3) for i in theirs][: 2 * steps] and len(found) == 2 * steps
    assert len(set(found[:6])) == 6


def rows(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)


def test_drift_is_the_mean_over_the_tokens_of_all_micro_batches(tmp_path):
    drift = Drift(0.1, "transformers", tmp_path)
    drift.add(rows([-1.0, -2.0], [-1.0, -9.0]), rows([-1.5, -1.0], [-1.0, 0.0]), rows([1, 1], [1, 0]))
    drift.add(rows([-2.0, -3.0]), rows([math.nan, -3.5]), rows([1, 1]))
    # |Δ| of 0.5, 1 and 0, then of 0.5; padding and what the sampler did not score are left out.
    assert drift.take(lambda sums: sums) == pytest.approx(2.0 / 4)
    assert math.isnan(drift.take(lambda sums: sums)), "each step starts again"
    drift.add(rows([0.0]), rows([-1.0]), rows([1]))
    # Another process saw three tokens without a difference.
    assert drift.take(lambda sums: sums + torch.tensor([0.0, 3.0])) == pytest.approx(0.25)


@pytest.mark.parametrize("value", [0.1001, math.nan])
def test_drift_above_the_limit_fails_and_says_where_and_why(tmp_path, value):
    drift = Drift(0.1, "vllm-colocate", tmp_path / "recipe.json")
    drift.check(0.1, 3)
    with refused():
        drift.check(value, 3)


class Waits(Exception):
    """A process has brought its part."""


def of_the_last(monkeypatch, count, ask):
    """What the last of so many processes finds; each of the others stops where it has brought its part."""
    monkeypatch.setenv("WORLD_SIZE", str(count))
    brought = []

    def gather(value):
        brought.append(value)
        if len(brought) < count:
            raise Waits
        return brought

    monkeypatch.setattr(grpo.processes, "gather", gather)
    for rank in range(count):
        monkeypatch.setenv("RANK", str(rank))
        with contextlib.suppress(Waits):
            return ask()


def test_processes_share_the_answers_of_a_lazy_policy(monkeypatch):
    scored = []

    def components(texts, examples):
        scored.extend((text, processes.rank()) for text in texts)
        return {"format": np.array(examples), "reward": 2 * np.array(examples)}

    asked = (SimpleNamespace(components=components), [Policy("ion", lambda example, prompt: prompt)])
    earned = of_the_last(monkeypatch, 2, lambda: grpo.lazy_earnings(*asked, [0.0, 1.0, 5.0], ["a", "b", "c"]))
    assert earned == {"name": "ion", "format": 2.0, "reward": 4.0, "copies": []}
    assert sorted(scored) == [("a", 0), ("b", 1), ("c", 0)], "each once, in turn"


def test_processes_share_the_search_for_the_best_policy(monkeypatch):
    earned = {"ion": 0.1, "DNA": 0.7, "cell": 0.2, "RNA": 0.7}  # of equals the first
    policies = [Policy(name, lambda example, prompt: "") for name in earned]
    policies.insert(1, Policy("first gene", lambda example, prompt: "", copies=True))
    tried = []

    def earnings(scorer, policy, examples, prompts):
        tried.append(policy.name)
        return {"reward": earned.get(policy.name, 0.0)}

    monkeypatch.setattr(grpo, "policy_earnings", earnings)
    best = of_the_last(monkeypatch, 2, lambda: grpo.best_policy(None, policies, [], []))
    assert best.name == "DNA" and sorted(tried) == sorted(earned), "each is tried once, but for a copy of the question"


def test_a_judge_reads_few_lazy_policies():
    policies = [Policy(str(number), lambda example, prompt: "", copies=number == 0) for number in range(40)]
    task = TASKS["gene_set_naming"]
    plain = RewardScorer(task, {"format": 1.0}, None)
    assert grpo.chosen_by(plain, policies) == (plain, policies)
    both, all_of_them = grpo.chosen_by(RewardScorer(task, {"rouge_l": 0.5, "judge": 1.0}, None), policies)
    assert dict(both.weights) == {"rouge_l": 0.5} and all_of_them == policies
    judged = RewardScorer(task, {"format": 0.5, "rouge_l": 0.0, "judge": 1.0}, None)  # every name has the form
    scorer, few = grpo.chosen_by(judged, policies)
    assert scorer is judged and [policy.name for policy in few] == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize(
    "settings", [{"max_completion_length": 20}, {"max_completion_length": 18, "overlong_cache": 2}]
)
def test_a_completion_loses_evenly_as_it_nears_its_limit(settings):
    weights = {"format": 1.0, "overlong": 0.5}
    punishing = overlong(
        lambda texts, **_: {"input_ids": [text.split() for text in texts]}, recipe(rewards=weights, **settings)
    )
    most, last = settings["max_completion_length"], settings.get("overlong_cache", 4)
    task = TASKS["gene_set_naming"]
    scorer = RewardScorer(task, weights, None, rewards={**task.rewards(), "overlong": punishing})
    tokens = [1, most - last, most - last // 2, most, most + 1]
    _, of_trl = scorer.for_trl([None])
    drawn = {"completions": [[{"content": "Process: ion"}]] * 5, "completion_ids": [[7] * count for count in tokens]}
    assert of_trl(index=[0] * 5, **drawn) == [0, 0, -0.5, -1, -1]
    # Of a text, with the token that ends it; its form earns 1.
    texts = [f"Process:{' ion' * (count - 2)}" for count in tokens[1:4]]
    assert scorer.components(texts, [None] * 3)["reward"].tolist() == [1, 0.75, 0.5]


def test_questions_that_do_not_fill_a_step_are_refused_before_weights_are_loaded(tiny_models, signal_handlers):
    """Twelve training questions and steps of 14: nothing would be trained, and the parent saved as the model."""
    settings = {"prompts": None, "batch_size": 56, "max_steps": 2}
    folder = grpo_steps.prepare(tiny_models, **settings)
    with refused("recipe.json", field="batch_size"):
        grpo_steps.run(folder)
    assert not (folder / "model").exists()


def test_dropout_would_make_two_models_of_one():
    with pytest.raises(ValidationError, match="which dropout changes in every pass"):
        recipe(adapter={"rank": 2, "dropout": 0.1})
