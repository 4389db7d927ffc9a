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

from reasonome.config import trl_settings
from reasonome.stages import STAGES
from reasonome.training import grpo, packing, pretrain, vllm_sampler
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
