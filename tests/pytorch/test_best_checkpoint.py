"""The model of the best measurement under way, and training that ends once none is better."""

import json
import math
import shutil
from types import SimpleNamespace

import grpo_steps
import pytest
import tiny_training
import torch
from safetensors.torch import load_file

from reasonome.stages import STAGES
from reasonome.training.choosing import Choose, best, is_enough
from reasonome.training.job import TrainingJob
from reasonome.training.validation import ValidationCurve

pytestmark = pytest.mark.usefixtures("signal_handlers")


def grpo(**settings):
    chosen = {"validate_every": 1, "keep": "best"}
    return STAGES["grpo"].model_validate(grpo_steps.RECIPE | chosen | settings)


def earned(*rewards: float) -> list[dict]:
    """A history in which answers to held-out prompts earned this before, and after each step."""
    return [{"step": step, "eval_reward": reward} for step, reward in enumerate(rewards)]


@pytest.mark.parametrize(
    ("rewards", "step", "enough"),
    [
        ((9.0, 1.0), 1, False),  # what the parent earns is not compared
        ((0.0, 1.0, 2.0, 1.0), 2, False),
        ((0.0, 2.0, 2.0, 1.0), 1, True),  # of equals the first
        ((0.0, math.nan, 2.0, math.nan, math.nan), 2, True),
    ],
)
def test_the_best_step_and_how_long_none_is_better(rewards, step, enough):
    recipe = grpo(patience=2)
    assert (best(earned(*rewards), recipe), is_enough(earned(*rewards), recipe)) == (step, enough)
    assert not is_enough(earned(*rewards), grpo())
    assert best([], recipe) is None


def test_a_loss_is_better_where_it_is_lower():
    settings = tiny_training.FEW_STEPS | {"stage": "pretrain", "corpus": "demo", "sequence_length": 64}
    history = [{"step": step, "eval_loss": loss} for step, loss in ((0, 1.0), (2, 4.0), (4, 3.0), (6, 5.0))]
    assert best(history, STAGES["pretrain"].model_validate(settings)) == 4


@pytest.mark.parametrize("keep", ["best", "last"])
def test_training_is_told_the_best_step_and_where_to_end(keep):
    choose, found = Choose(grpo(keep=keep, patience=1)), []
    rewards = (0.0, 2.0, 1.0)
    for step in range(3):
        state = SimpleNamespace(global_step=step, log_history=earned(*rewards[: step + 1]), best_global_step=None)
        control = SimpleNamespace(should_training_stop=False, should_save=False)
        choose.on_step_end(None, state, control)
        assert control.should_save == control.should_training_stop
        found.append((state.best_global_step, control.should_training_stop))
    noted = 1 if keep == "best" else None
    assert found == [(None, False), (noted, False), (noted, True)]


def weights(path) -> dict:
    return load_file(path / "model.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["pretrain", "dpo", "reward"])
def test_the_model_of_the_lowest_loss_is_kept_and_made_again(tiny_models, stage):
    """A learning rate that destroys the model: an early measurement is the best, and the second after ends training."""
    settings = {"learning_rate": 0.1, "max_steps": 9, "save_steps": 1, "precision": "fp32", "keep": "best"}

    def trained() -> TrainingJob:
        if stage == "pretrain":
            job = tiny_training.pretrain_job(tiny_models, **settings, patience=2)
        else:
            job = tiny_training.preference_job(tiny_models, stage, **settings, patience=2)
        tiny_training.train(job)
        return job

    job = trained()
    history = (job.folder / "history.jsonl").read_text()
    measured = [entry for entry in map(json.loads, history.splitlines()) if "eval_loss" in entry and entry["step"]]
    losses = {entry["step"]: entry["eval_loss"] for entry in measured}
    kept = min(losses, key=losses.__getitem__)
    assert len(losses) == kept + 2 < 9
    made = weights(job.folder / "model")
    saved, last = (weights(job.trainer_folder / f"checkpoint-{step}") for step in (kept, kept + 2))
    assert all(torch.equal(made[name], saved[name]) for name in made)
    assert any(not torch.equal(made[name], last[name]) for name in made)
    # Its outputs are gone before they are recorded: from the checkpoints they are made again, without a step.
    shutil.rmtree(job.folder / "model")
    again = weights(trained().folder / "model")
    assert all(torch.equal(made[name], again[name]) for name in made)
    assert (job.folder / "history.jsonl").read_text() == history


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "adapter"), [("grpo", None), ("grpo", {"rank": 4}), ("onlinedpo", None)])
def test_the_best_policy_is_kept(tiny_models, monkeypatch, stage, adapter):
    """What is measured is given: the second step of four is the best one."""
    rewards = dict(zip(range(5), (5.0, 1.0, 3.0, 2.0, 2.5), strict=True))

    def log(curve, answers):
        state = curve._trainer.state
        state.log_history.append({"step": state.global_step, "eval_reward": rewards[state.global_step]})

    monkeypatch.setattr(ValidationCurve, "log", log)
    settings = {"validate_every": 1, "keep": "best", "checkpoints": "keep", "adapter": adapter}
    settings |= {"batch_size": {"grpo": 8, "onlinedpo": 4}[stage]}  # two steps of the four prompts
    folder = grpo_steps.prepare(tiny_models, f"{stage}.try-s0", **settings)
    grpo_steps.run(folder)
    name = "adapter_model.safetensors" if adapter else "model.safetensors"
    model = load_file(folder / ("adapter" if adapter else "model") / name)
    [trainer] = folder.glob("trainer/*")
    assert {path.name for path in trainer.glob("checkpoint-*")} == {"checkpoint-2", "checkpoint-4"}
    kept, last = (load_file(trainer / f"checkpoint-{step}" / name) for step in (2, 4))
    assert all(torch.equal(model[key], kept[key]) for key in kept)
    assert any(not torch.equal(model[key], last[key]) for key in kept)
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in history if "eval_reward" in entry] == [0, 1, 2, 3, 4]
