"""Settings of GRPO's loss: TRL gets them, and a masked completion teaches nothing however many there are."""

import json
import math

import grpo_steps
import pytest
import tiny_training
from transformers import LlamaConfig
from trl.trainer.grpo_config import GRPOConfig

from reasonome.stages import STAGES
from reasonome.training.rollouts import WatchedTrainer
from reasonome.training.shared_questions import choose

pytestmark = pytest.mark.usefixtures("signal_handlers")

LOSS = {
    "iterations": 2,
    "save_steps": 2,
    "beta": 0.02,
    "epsilon_high": 0.28,
    "importance_sampling_level": "sequence",
    "mask_truncated_completions": True,
    "use_bias_correction_kl": False,
}


def recipe(**settings):
    return STAGES["grpo"].model_validate(grpo_steps.RECIPE | settings)


def test_the_loss_of_the_recipe_is_trls(tmp_path):
    theirs = GRPOConfig(output_dir=str(tmp_path), bf16=False, **recipe(**LOSS).trainer_settings)
    names = ("epsilon_high", "importance_sampling_level", "mask_truncated_completions", "use_bias_correction_kl")
    assert {name: getattr(theirs, name) for name in names} == {name: LOSS[name] for name in names}


def test_without_them_the_loss_is_trls_own(tmp_path):
    own, theirs = GRPOConfig(output_dir=str(tmp_path), bf16=False), recipe().trainer_settings
    assert {name: getattr(own, name) for name in theirs} == theirs


def test_masked_completions_pass_by_themselves(capsys):
    config = LlamaConfig()
    config._attn_implementation = "sdpa"
    sharing = choose(recipe(mask_truncated_completions=True), config, 4, 250.0)
    assert not sharing.rollouts and sharing.together == 1
    assert capsys.readouterr().out == (
        "questions are not shared: mask_truncated_completions leaves completions without a token\n"
    )


@pytest.mark.slow
def test_what_was_cut_off_teaches_nothing(tiny_models, tmp_path, monkeypatch):
    """Random weights hardly ever end a completion; here the last four of each eight are ended."""
    ends, generate = {"some": 4, "none": 0}, WatchedTrainer._generate_single_turn
    gradients = {}
    for name, ended in ends.items():

        def ending(trainer, *args, ended=ended, **kwargs):
            completions, logprobs = generate(trainer, *args, **kwargs)
            for row in completions[len(completions) - ended :]:
                row[-1] = trainer.eos_token_ids[0]
            return completions, logprobs

        monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", ending)
        settings = {"max_steps": 1, "validation": 0, "max_drift": 99, "mask_truncated_completions": True}
        folder = grpo_steps.prepare(tiny_models, f"grpo.{name}-s0", **settings, max_grad_norm=1e9, micro_batch_size=4)
        grpo_steps.run(folder)
        [step] = grpo_steps.logged(folder)
        assert ("sampler_drift" in step) == bool(ended)
        gradients[name] = max(float(of.abs().max()) for of in tiny_training.gradients(folder).values())
        assert not any(isinstance(value, float) and math.isnan(value) for value in step.values()), step
        assert json.loads((folder / "run.json").read_text())["steps"] == 1
    assert gradients["some"] > 0 == gradients["none"]
