"""Settings of GRPO's loss: TRL gets them, and a masked completion teaches nothing however many there are."""

import json
import math
import re

import grpo_steps
import pytest
import tiny_training
import yaml
from checkout import ROOT
from transformers import LlamaConfig
from trl.trainer.grpo_config import GRPOConfig

from reasonome.core import atomic
from reasonome.stages import STAGES
from reasonome.tasks import load_project
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


# docs/grpo.md: the recipes of algorithms, and what their papers, and TRL of CISPO, have.
EXAMPLES = re.search(r"(?m)^    (variants:\n(?:      .*\n)+)", (ROOT / "docs/grpo.md").read_text(encoding="utf-8"))
PAPERS = {
    "dapo": {"loss_type": "dapo", "epsilon": 0.2, "epsilon_high": 0.28, "importance_sampling_level": "token"},
    "gspo": {"loss_type": "grpo", "epsilon": 3e-4, "epsilon_high": 4e-4, "importance_sampling_level": "sequence"},
    "drgrpo": {"loss_type": "dr_grpo", "scale_rewards": "none", "epsilon": 0.2, "epsilon_high": None},
    "cispo": {"loss_type": "cispo", "epsilon_high": 5.0, "importance_sampling_level": "token"},
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


def test_recipes_of_algorithms_are_valid_as_they_are_written(tmp_path):
    atomic.write_text(tmp_path / "config/recipes/grpo.yaml", re.sub("(?m)^    ", "", EXAMPLES[1]))
    assert load_project(tmp_path / "config").recipes["grpo"].keys() >= PAPERS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPERS)
def test_recipes_of_algorithms_train_with_what_the_papers_have(tiny_models, monkeypatch, name):
    given, make = [], WatchedTrainer.__init__
    monkeypatch.setattr(
        WatchedTrainer, "__init__", lambda trainer, **made: given.append(made["args"]) or make(trainer, **made)
    )
    settings = yaml.safe_load(EXAMPLES[1])["variants"][name] | {"max_steps": 2, "save_steps": 2, "validation": 2}
    folder = grpo_steps.prepare(tiny_models, f"grpo.{name}-s0", **settings)
    grpo_steps.run(folder)
    [args] = given
    assert {key: getattr(args, key) for key in PAPERS[name]} == PAPERS[name] and args.beta == 0
    steps = grpo_steps.logged(folder)
    assert len(steps) == 2 and steps[0]["grad_norm"] > 0 and math.isfinite(steps[1]["loss"])
    assert ("cispo_clip_ratio" if name == "cispo" else "clip_ratio/region_mean") in steps[1]
    if name == "dapo":
        # Twelve tokens at most, and random weights hardly ever end before; so do lazy answers, which are longer.
        validation = json.loads((folder / "validation.json").read_text())
        assert steps[0]["rewards/overlong/mean"] < -0.8 and validation["constants"]["overlong"] == -1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "cispo"}, "below 1 all tokens weigh that"),
        ({"loss": "cispo", "epsilon_high": 5.0, "epsilon": 0.1}, "loss cispo does not clip by epsilon"),
        ({"loss": "sapo", "epsilon_high": 0.28}, "loss sapo does not clip by epsilon_high"),
        ({"loss": "luspo"}, "loss luspo is of sequences"),
        ({"epsilon": 3e-4}, "epsilon clips nothing with iterations 1"),
    ],
)
def test_what_would_change_nothing_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        recipe(**settings)


def test_masked_completions_pass_by_themselves():
    config = LlamaConfig()
    config._attn_implementation = "sdpa"
    sharing = choose(recipe(mask_truncated_completions=True), config, 4, 250.0, False)
    assert not sharing.rollouts and sharing.together == 1
    assert sharing.why_not == "mask_truncated_completions leaves completions without a token"


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
