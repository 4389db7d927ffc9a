"""Settings that recipes pass on to TRL by its own names: which there are, and that none is given twice."""

from dataclasses import fields

import grpo_steps
import pytest
import tiny_training
import torch
from transformers import LlamaConfig
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.reward_config import RewardConfig
from trl.trainer.sft_config import SFTConfig

from reasonome.config import Adapter, trl_settings
from reasonome.stages import STAGES
from reasonome.training import adapters, grpo, kernels, packing, pretrain, vllm_sampler
from reasonome.training.job import TrainingJob
from reasonome.training.rollouts import WatchedTrainer
from reasonome.training.shared_questions import choose

pytestmark = pytest.mark.usefixtures("signal_handlers")


@pytest.mark.parametrize("config", [SFTConfig, DPOConfig, RewardConfig, GRPOConfig])
def test_their_names_are_read_from_the_installed_files(config):
    assert trl_settings.fields(config.__name__) == {field.name for field in fields(config)}


def job(models, stage: str, **settings) -> TrainingJob:
    made = {"sft": tiny_training.sft_job, "pretrain": tiny_training.pretrain_job}
    if stage in made:
        return made[stage](models, **settings)
    if stage in ("dpo", "reward"):
        return tiny_training.preference_job(models, stage, **settings)
    folder = grpo_steps.prepare(models, f"{stage}.try-s0", **settings)
    return TrainingJob(tiny_training.read_recipe(folder), folder, {}, {"demo-go": tiny_training.STYLE})


# Settings with TRL's name and value; of those of all stages, and of those that draw completions.
EVERYWHERE = {
    "learning_rate": 3e-4, "epochs": 3.0, "max_steps": 6, "batch_size": 8, "micro_batch_size": 2, "scheduler": "cosine",
    "warmup": 0.25, "weight_decay": 0.1, "max_grad_norm": 2.0, "gradient_checkpointing": True, "save_steps": 4,
    "log_steps": 5,
}  # fmt: skip
TRLS = {
    "learning_rate": 3e-4, "num_train_epochs": 3.0, "max_steps": 6, "gradient_accumulation_steps": 4,
    "per_device_train_batch_size": 2, "lr_scheduler_type": "cosine", "warmup_steps": 0.25, "weight_decay": 0.1,
    "max_grad_norm": 2.0, **kernels.recomputation(True), "save_steps": 4, "logging_steps": 5,
}  # fmt: skip
DRAWN = {"temperature": 0.5, "top_p": 0.75, "max_completion_length": 16, "beta": 0.3}
PAID = DRAWN | {"rewards": {"format": 0.25, "rouge_l": 0.5}}
PAYING = DRAWN | {"reward_weights": [0.25, 0.5], "num_generations": 2, "num_train_epochs": 1}  # see grpo.order
TWICE = PAID | {"generations": 2, "iterations": 2, "aggregation": "each"}


@pytest.mark.parametrize(
    ("stage", "settings", "theirs"),
    [
        ("pretrain", {}, {}),
        ("sft", {}, {}),
        ("dpo", {"beta": 0.3, "loss": "ipo", "max_length": 99}, {"beta": 0.3, "loss_type": ["ipo"], "max_length": 99}),
        ("reward", {"max_length": 99}, {"max_length": 99}),
        ("onlinedpo", PAID, PAYING | {"scale_rewards": "none"}),
        ("grpo", TWICE, PAYING | {"num_iterations": 2, "multi_objective_aggregation": "normalize_then_sum"}),
    ],
)
def test_what_a_recipe_says_is_what_trl_gets(tiny_models, stage, settings, theirs):
    own = job(tiny_models, stage, **EVERYWHERE | settings)
    given = grpo._settings(own) if stage in ("onlinedpo", "grpo") else own.arguments()
    given |= own.recipe.trainer()[1].keywords if stage in ("dpo", "reward") else {}
    expected = TRLS | theirs
    assert {name: given[name] for name in expected} == expected


def test_an_adapter_of_a_recipe_is_pefts():
    theirs = adapters.configuration(Adapter(rank=4, alpha=8.0, dropout=0.1, targets=["q_proj"], quantize=None))
    assert theirs and (theirs.r, theirs.lora_alpha, theirs.lora_dropout, theirs.target_modules) == (
        4,
        8.0,
        0.1,
        {"q_proj"},
    )


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_stage_sets_is_refused(tiny_models, stage):
    """By a key of its recipe, or since the pipeline decides it; and what is not is passed on."""
    own = job(tiny_models, stage, trl={"adam_beta2": 0.95})
    given = own.arguments() | own.evaluation(held_out=True)
    assert given["adam_beta2"] == 0.95
    if stage in ("sft", "pretrain"):
        given |= (
            packing.SEPARATE | pretrain.WRAPPED | dict.fromkeys(("max_length", "eval_packing", "completion_only_loss"))
        )
    elif stage in ("dpo", "reward"):
        given |= own.recipe.trainer()[1].keywords
    else:
        given |= grpo._settings(own) | vllm_sampler.CORRECTION
    assert given.keys() - {"adam_beta2"} <= {*type(own.recipe).model_fields, *trl_settings.DECIDED}


def test_what_is_drawn_or_learned_by_them_is_trls(capsys):
    recipe = STAGES["grpo"].model_validate(grpo_steps.RECIPE | {"trl": {"min_p": 0.1}})
    config = LlamaConfig()
    config._attn_implementation = "sdpa"
    sharing = choose(recipe, config, 4, 250.0, False)
    assert not sharing.rollouts and sharing.why_not.startswith("`trl`")


@pytest.mark.parametrize(("bonus", "quantile", "whole"), [(False, 1.0, False), (True, 1.0, True), (False, 0.2, True)])
def test_all_completions_pass_where_the_loss_reads_entropy(bonus, quantile, whole):
    trainer = object.__new__(WatchedTrainer)
    trainer.beta, trainer.aux_loss_enabled, trainer.is_deepspeed_enabled = 0.0, False, False
    trainer._entropy_bonus_enabled, trainer.top_entropy_quantile = bonus, quantile
    trainer.accelerator = type("One", (), {"num_processes": 1, "sync_gradients": False})
    assert trainer._teaching(torch.tensor([0.0, 1.0])).tolist() == [whole, True]
