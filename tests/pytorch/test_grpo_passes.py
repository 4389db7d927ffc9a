"""GRPO with two passes over its completions, and what it logs and draws at once."""

import json
import signal
from collections import defaultdict

import grpo_steps
import pytest
import torch

from reasonome.stages import STAGES
from reasonome.training import rollouts
from reasonome.training.checkpoints import StopOnSignal
from reasonome.training.rollouts import WatchedTrainer
from reasonome.training.shared_questions import Sharing

pytestmark = pytest.mark.usefixtures("signal_handlers")


@pytest.mark.slow
def test_two_passes_draw_once(tiny_models):
    whole = grpo_steps.prepare(tiny_models, "grpo.twice-s0", iterations=2, save_steps=2, epochs=2)
    grpo_steps.run(whole)
    once = grpo_steps.prepare(tiny_models, "grpo.once-s0", epochs=2, save_steps=2)
    grpo_steps.run(once)
    # 4 prompts × 4 completions in steps of 8: two batches an epoch, each for two steps.
    assert [entry["step"] for entry in grpo_steps.logged(whole)] == list(range(1, 9)) and len(
        grpo_steps.logged(once)
    ) == 4
    assert ["sampler_drift" in entry for entry in grpo_steps.logged(whole)] == [True, False] * 4
    assert all(entry["sampler_drift"] < 1e-5 for entry in grpo_steps.logged(whole) if "sampler_drift" in entry)
    tokens = {
        folder.name: json.loads((folder / "run.json").read_text())["generated_tokens"] for folder in (whole, once)
    }
    assert tokens["grpo.twice-s0"] == pytest.approx(tokens["grpo.once-s0"], rel=0.2)
    # The first pass of the first batch is the same step; the second goes on from there.
    assert grpo_steps.logged(whole)[0]["grad_norm"] == grpo_steps.logged(once)[0]["grad_norm"]


def test_so_many_are_drawn_at_once_as_memory_holds(monkeypatch):
    monkeypatch.setattr(rollouts, "DRAWN_TOKENS", 40)
    # With 8 new tokens: 3 × (5 + 8) = 39, then 1 × 28, and one of 100 in any case.
    assert rollouts.at_once([1, 2, 5, 20, 92], 8) == [slice(0, 3), slice(3, 4), slice(4, 5)]
    trainer = object.__new__(WatchedTrainer)
    trainer.use_vllm, trainer.sharing, trainer.max_completion_length = False, Sharing(), 8
    drawn = []

    def draw(prompts, *others):
        drawn.append([len(tokens) for tokens in prompts])
        return [(tokens[:2], [-0.5] * len(tokens[:2])) for tokens in prompts]

    trainer._draw = draw
    prompts = [[7] * 20, [5], [6] * 5, [8, 9]]
    completions, logprobs = trainer._generate_single_turn(prompts, None, {}, 4)
    assert drawn == [[1, 2, 5], [20]]
    assert completions == [[7, 7], [5], [6, 6], [8, 9]] and list(map(len, logprobs)) == [2, 1, 2, 2]
    drawn.clear()
    trainer._generate_single_turn(prompts[1:], None, {}, 4)
    assert drawn == [[1, 5, 2]], "in their own order"


def test_curves_are_means_over_the_tokens_of_a_step():
    trainer = object.__new__(WatchedTrainer)
    trainer._tokens, trainer._summed = [torch.tensor(3.0), torch.tensor(1.0)], lambda sums: 2 * sums  # of two processes
    trainer._metrics = {"train": defaultdict(list, entropy=[9.0, 1.0, 2.0], kl=[0.5, 0.1])}
    trainer._weigh_metrics()
    # The first value is the mean of a step before.
    assert trainer._metrics["train"] == {"entropy": [9.0, pytest.approx(5 / 4)], "kl": [pytest.approx(1.6 / 4)]}
    assert trainer._tokens == []


def test_a_signal_waits_for_the_last_pass():
    stop = StopOnSignal(passes=2)
    stop._receive(signal.SIGTERM, None)

    class State:
        global_step = 3

    class Control:
        should_save = should_training_stop = False

    control = Control()
    stop.on_step_end(None, State, control)
    assert not control.should_save
    State.global_step = 4
    stop.on_step_end(None, State, control)
    assert control.should_save and control.should_training_stop


def test_checkpoints_lie_between_batches():
    with pytest.raises(ValueError, match="no multiple of iterations 2: a checkpoint holds no completions"):
        STAGES["grpo"].model_validate(grpo_steps.RECIPE | {"iterations": 2, "save_steps": 3})
