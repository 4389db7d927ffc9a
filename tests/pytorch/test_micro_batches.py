"""Micro-batches of completions, by length and without needless padding: what they cost, and that a step stays."""

import math

import grpo_steps
import pytest
import tiny_training
import torch
from trl import GRPOTrainer

from reasonome.core import atomic
from reasonome.training import batches
from reasonome.training.rollouts import WatchedTrainer

pytestmark = pytest.mark.usefixtures("signal_handlers")


def test_rows_are_sorted_by_what_leaves_least_padding():
    # By prompts: 2 × (9 + 8) and 2 × (90 + 8). By sums or completions a short prompt would stand beside a long one.
    assert batches.by_length([90, 9, 90, 9], [1, 2, 8, 8], 2) == [1, 3, 0, 2]
    # By sums: 2 × (4 + 10) and 2 × (4 + 90).
    assert batches.by_length([4, 1, 1, 4], [10, 90, 9, 88], 2) == [2, 0, 1, 3]


def batch(prompts: list[int], completions: list[int]) -> batches.Drawn:
    """Rows of so many tokens, of a step whose longest ones have 4 and 3."""
    prompt, completion = torch.tensor(prompts)[:, None], torch.tensor(completions)[:, None]
    tokens = torch.arange(len(prompts))[:, None].expand(-1, 3) + 0.5
    return {
        "prompt_ids": torch.arange(4) + 10 * prompt,
        "prompt_mask": (torch.arange(4) >= 4 - prompt).long(),
        "completion_ids": torch.arange(3) + 10 * completion,
        "completion_mask": (torch.arange(3) < completion).long(),
        "sampling_per_token_logps": tokens,
        "importance_sampling_ratio": tokens[:, :1],
        "advantages": torch.arange(len(prompts)),
        "num_items_in_batch": torch.tensor(7),
    }


def test_what_is_padding_in_all_rows_goes():
    short = batches.trimmed(batch([2, 1], [1, 2]))
    assert short["prompt_ids"].tolist() == [[22, 23], [12, 13]] and short["prompt_mask"].tolist() == [[1, 1], [0, 1]]
    assert short["completion_ids"].tolist() == [[10, 11], [20, 21]]
    assert short["completion_mask"].tolist() == [[1, 0], [1, 1]]
    assert short["sampling_per_token_logps"].tolist() == [[0.5, 0.5], [1.5, 1.5]]
    assert short["importance_sampling_ratio"].tolist() == [[0.5], [1.5]], "one for a row"
    assert short["advantages"].tolist() == [0, 1] and short["num_items_in_batch"] == 7
    nothing = batches.trimmed(batch([1, 1], [0, 0]))
    assert nothing["completion_ids"].shape == (2, 1), "a model is asked for one token at least"


WAYS = {"grpo": {"loss": "grpo", "beta": 0.02}, "onlinedpo": {"beta": 0.5}}


@pytest.mark.slow
@pytest.mark.parametrize("stage", WAYS)
def test_a_step_has_the_loss_and_gradient_of_one_in_padded_micro_batches(tiny_models, tmp_path, monkeypatch, stage):
    """Eight completions of several lengths to prompts of several lengths, drawn once, in micro-batches of two."""
    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", WatchedTrainer._generate_single_turn)
    settings = WAYS[stage] | {"max_steps": 1, "max_grad_norm": 1e9, "validation": 0, "shared_questions": "never"}
    folders, tokens, losses = [], [], []
    for trim in (False, True):
        (grpo_steps.read_back if trim else grpo_steps.write_down)(tmp_path / "drawn.json")
        folders.append(grpo_steps.prepare(tiny_models, f"{stage}.{'trimmed' if trim else 'padded'}-s0", **settings))
        with monkeypatch.context() as patch:
            passed = passed_through(patch)
            if not trim:
                patch.setattr(batches, "trimmed", lambda drawn: drawn)
                patch.setattr(WatchedTrainer, "_logprobs_by_length", padded)
            grpo_steps.run(folders[-1])
        tokens.append(passed)
        [step] = grpo_steps.logged(folders[-1])
        losses.append([step[name] for name in ("loss", "grad_norm", "entropy", "sampler_drift")])
    tiny_training.assert_one_gradient(folders)
    assert losses[1] == pytest.approx(losses[0], rel=1e-4, abs=1e-6)
    # Prompts differ by up to five genes, completions have 3 to 11 tokens.
    assert sum(tokens[1]) < 0.9 * sum(tokens[0]) and len(tokens[1]) == len(tokens[0])


@pytest.mark.slow
def test_vllms_completions_are_weighed_by_the_pass_of_the_loss(tiny_models, tmp_path, monkeypatch):
    """As TRL weighs them, which passes them once more before: with log-probabilities that are not the trainer's."""
    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", WatchedTrainer._generate_single_turn)
    drawn = tmp_path / "drawn.json"
    settings = {"max_steps": 1, "max_grad_norm": 1e9, "validation": 0, "shared_questions": "never", "max_drift": 9}
    folders, passes, logged = [], [], []
    for way in ("drawn", "before", "inloss"):
        grpo_steps.write_down(drawn) if way == "drawn" else grpo_steps.read_back(drawn)
        folder = grpo_steps.prepare(tiny_models, f"grpo.{way}-s0", **settings)
        with monkeypatch.context() as patch:
            passed = passed_through(patch)
            if way != "drawn":
                by_vllm(patch)
            if way == "before":
                patch.setattr(WatchedTrainer, "_corrects_in_loss", False)
            grpo_steps.run(folder)
        if way == "drawn":
            atomic.write_json(
                drawn, {step: (rows, disturbed(of)) for step, (rows, of) in atomic.read_json(drawn).items()}
            )
            continue
        folders.append(folder)
        passes.append(len(passed))
        [step] = grpo_steps.logged(folder)
        logged.append([step[f"sampling/importance_sampling_ratio/{name}"] for name in ("min", "mean", "max")])
    tiny_training.assert_one_gradient(folders)
    assert passes == [4 + 4, 4]
    assert logged[1] == pytest.approx(logged[0], rel=1e-4)
    # exp(.4) is truncated.
    assert logged[1][0] == pytest.approx(math.exp(-0.4), rel=1e-3) and logged[1][2] == pytest.approx(1.2)


def by_vllm(patch) -> None:
    """From now on trainers take what they train on for drawn by vLLM."""
    make = WatchedTrainer.__init__

    def made(trainer, *args, **settings):
        make(trainer, *args, **settings)
        trainer.use_vllm, trainer.vllm_importance_sampling_mode = True, "token_truncate"
        trainer.vllm_importance_sampling_clip_max = 1.2

    patch.setattr(WatchedTrainer, "__init__", made)


def disturbed(logprobs: list[list[float]]) -> list[list[float | None]]:
    """Log-probabilities of a sampler that finds every second token likelier by .4, and others less likely."""
    return [[value + 0.4 * (-1) ** place for place, value in enumerate(row)] for row in logprobs]


def passed_through(patch) -> list[int]:
    """The tokens, with padding, of every pass that scores completions from now on, as they are made."""
    passed, scored = [], GRPOTrainer._get_per_token_logps_and_entropies

    def counting(trainer, model, ids, attended, width, size=None, *others, **settings):
        passed.extend(part.numel() for part in ids.split(size or len(ids)))
        return scored(trainer, model, ids, attended, width, size, *others, **settings)

    patch.setattr(GRPOTrainer, "_get_per_token_logps_and_entropies", counting)
    return passed


def padded(trainer, *given) -> torch.Tensor:
    """What a pass without gradients gives, in micro-batches as wide as the step."""
    return GRPOTrainer._get_per_token_logps_and_entropies(trainer, *given)[0]
