"""Micro-batches of completions, by length and without needless padding: what they cost, and that a step stays."""

import grpo_steps
import pytest
import tiny_training
import torch
from trl import GRPOTrainer

from reasonome.training import micro_batches
from reasonome.training.rollouts import WatchedTrainer

pytestmark = pytest.mark.usefixtures("signal_handlers")


@pytest.mark.parametrize(
    ("prompts", "completions", "order"),
    [
        # By prompts: 2 × (9 + 8) and 2 × (90 + 8). By sums or completions a short prompt would stand beside a long one.
        ([90, 9, 90, 9], [1, 2, 8, 8], [1, 3, 0, 2]),
        # By sums: 2 × (4 + 10) and 2 × (4 + 90).
        ([4, 1, 1, 4], [10, 90, 9, 88], [2, 0, 1, 3]),
    ],
)
def test_rows_are_sorted_by_what_leaves_least_padding(prompts, completions, order):
    assert micro_batches.by_length(prompts, completions, 2) == order


def batch(prompts: list[int], completions: list[int]) -> micro_batches.Drawn:
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
    short = micro_batches.trimmed(batch([2, 1], [1, 2]))
    assert short["prompt_ids"].tolist() == [[22, 23], [12, 13]] and short["prompt_mask"].tolist() == [[1, 1], [0, 1]]
    assert short["completion_ids"].tolist() == [[10, 11], [20, 21]]
    assert short["completion_mask"].tolist() == [[1, 0], [1, 1]]
    assert short["sampling_per_token_logps"].tolist() == [[0.5, 0.5], [1.5, 1.5]]
    assert short["importance_sampling_ratio"].tolist() == [[0.5], [1.5]], "one for a row"
    assert short["advantages"].tolist() == [0, 1] and short["num_items_in_batch"] == 7
    nothing = micro_batches.trimmed(batch([1, 1], [0, 0]))
    assert nothing["completion_ids"].shape == (2, 1), "a model is asked for one token at least"


def test_the_rows_of_a_step_are_sorted_as_wholes():
    paired = [
        {name: value.unflatten(0, (-1, 2)) if value.ndim else value for name, value in drawn.items()}
        for drawn in (batch([4, 4, 1, 1], [3, 1, 1, 1]), batch([1, 1, 4, 4], [2, 2, 3, 3]))
    ]
    first, second = micro_batches.resorted(paired)
    assert first["prompt_mask"].sum(-1).tolist() == [[1, 1], [1, 1]]
    assert first["completion_mask"].sum(-1).tolist() == [[1, 1], [2, 2]] and first["advantages"].tolist() == [
        [2, 3],
        [0, 1],
    ]
    assert second["completion_mask"].sum(-1).tolist() == [[3, 1], [3, 3]] and second["num_items_in_batch"] == 7


WAYS = {
    "dapo": ("grpo", {"loss": "dapo"}),
    "grpo": ("grpo", {"loss": "grpo", "beta": 0.02}),
    "bnpo": ("grpo", {"loss": "bnpo"}),
    "pairs": ("onlinedpo", {"beta": 0.5}),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_step_has_the_loss_and_gradient_of_one_in_padded_micro_batches(tiny_models, tmp_path, monkeypatch, way):
    """Eight completions of several lengths to prompts of several lengths, drawn once, in micro-batches of two."""
    monkeypatch.setattr(WatchedTrainer, "_generate_single_turn", WatchedTrainer._generate_single_turn)
    stage, settings = WAYS[way]
    settings = settings | {"max_steps": 1, "max_grad_norm": 1e9, "validation": 0, "shared_questions": "never"}
    folders, tokens, losses = [], [], []
    for trim in (False, True):
        (grpo_steps.read_back if trim else grpo_steps.write_down)(tmp_path / "drawn.json")
        folders.append(grpo_steps.prepare(tiny_models, f"{stage}.{'trimmed' if trim else 'padded'}-s0", **settings))
        with monkeypatch.context() as patch:
            passed = passed_through(patch)
            if not trim:
                patch.setattr(WatchedTrainer, "_prepare_inputs", GRPOTrainer._prepare_inputs)
                patch.setattr(micro_batches, "trimmed", lambda drawn: drawn)
                patch.setattr(WatchedTrainer, "_computed_by_length", padded)
            grpo_steps.run(folders[-1])
        tokens.append(passed)
        [step] = grpo_steps.logged(folders[-1])
        losses.append([step[name] for name in ("loss", "grad_norm", "entropy", "sampler_drift")])
    tiny_training.assert_one_gradient(folders)
    assert losses[1] == pytest.approx(losses[0], rel=1e-4, abs=1e-6)
    # Prompts differ by up to five genes, completions have 3 to 11 tokens.
    assert sum(tokens[1]) < 0.9 * sum(tokens[0]) and len(tokens[1]) == len(tokens[0])


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
