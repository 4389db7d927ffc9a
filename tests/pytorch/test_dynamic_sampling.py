"""Prompts whose completions all earned the same, which others of the training split replace."""

import json
from collections import defaultdict, deque
from types import SimpleNamespace

import grpo_steps
import pytest
import tiny_training
import torch
from datasets import Dataset

from reasonome.core.errors import InputError
from reasonome.rewards import Reward
from reasonome.stages import STAGES
from reasonome.training import batches, grpo, shared_questions
from reasonome.training.job import check_batch
from reasonome.training.rollouts import WatchedTrainer

pytestmark = pytest.mark.usefixtures("signal_handlers")


def step(prompts: list[list[int]], completions: list[list[int]], advantages: list[float]) -> batches.Drawn:
    """Completions in groups of two, as TRL returns them; a token's log-probability is a tenth of it below 0."""
    width, length = (max(map(len, rows)) for rows in (prompts, completions))
    ids = torch.tensor([row + [0] * (length - len(row)) for row in completions])
    return {
        "prompt_ids": torch.tensor([[0] * (width - len(row)) + row for row in prompts]),
        "prompt_mask": torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts]),
        "completion_ids": ids,
        "completion_mask": (ids > 0).int(),
        "sampling_per_token_logps": ids / -10,
        "advantages": torch.tensor(advantages),
        "num_items_in_batch": (ids > 0).sum(),
    }


def test_groups_take_the_places_of_others_whatever_their_lengths():
    first = step([[1, 1], [1, 1], [2], [2], [3], [3]], [[11], [12], [13], [14], [15], [16]], [0, 0, 1, -1, 0, 0])
    other = step([[4], [4], [5, 5, 5], [5, 5, 5]], [[17], [18], [19, 20], [21]], [0, 0, -1, 1])
    made = batches.replaced(first, torch.tensor([True, False, True]), other, torch.tensor([False, True]))
    prompts = [[5, 5, 5], [5, 5, 5], [2], [2], [3], [3]]
    expected = step(prompts, [[19, 20], [21], [13], [14], [15], [16]], [-1, 1, 1, -1, 0, 0])
    assert made.keys() == expected.keys() and made["num_items_in_batch"] == 7
    for name, value in expected.items():
        torch.testing.assert_close(made[name], value)


@pytest.mark.parametrize(
    ("redraws", "prompts", "rounds"),
    [
        (1, 40, [2]),  # of the four of a step 0 and 2 teach nothing, as all even ones
        (99, 5, [1]),  # one other is left, which teaches nothing either
        (99, 6, [2]),
        (99, 4, []),
    ],
)
def test_other_prompts_are_asked_while_some_teach_nothing_and_others_are_left(redraws, prompts, rounds):
    trainer, asked = object.__new__(WatchedTrainer), []
    trainer._redraws, trainer.num_generations = redraws, 2
    trainer.args, trainer.state = SimpleNamespace(seed=0), SimpleNamespace(global_step=3)
    trainer.train_dataset = Dataset.from_dict({"index": [*range(prompts)] * 2})  # two passes
    trainer._metrics, trainer._logs = {"train": defaultdict(list)}, {"prompt": deque(maxlen=1), "rewards": {}}

    def scored(inputs):
        numbers = [row["index"] for row in inputs]
        asked.append(numbers[::2])
        for part, mean in (("prompts", 3.0), ("completions", 5.0)):
            trainer._metrics["train"][f"{part}/mean_length"].append(mean)
        trainer._logs["prompt"].append(len(asked))
        teach = [number % 2 * (-1.0) ** place for place, number in enumerate(numbers)]
        return step([[number + 1] for number in numbers], [[7]] * len(numbers), teach)

    trainer._scored = scored
    inputs = [{"index": number} for number in range(4) for _ in range(2)]
    drawn = trainer._redrawn(inputs, scored(inputs))
    again = [number for numbers in asked[1:] for number in numbers]
    assert list(map(len, asked[1:])) == rounds and len({0, 1, 2, 3, *again}) == 4 + len(again)
    teaching, replaced = [number for number in again if number % 2], [0, 2]
    replaced[: len(teaching)] = teaching
    assert (drawn["prompt_ids"][::2, 0] - 1).tolist() == [replaced[0], 1, replaced[1], 3]
    # The curves are of the first draw.
    assert trainer._metrics["train"] == {
        "prompts/mean_length": [3.0],
        "completions/mean_length": [5.0],
        "redrawn/prompts": [6 * len(again)],
        "redrawn/completions": [10 * len(again)],
    }
    assert trainer._logs == {"prompt": deque([1]), "rewards": {}}


def test_tokens_of_further_draws_are_counted():
    log = [
        {"step": 1, "completions/mean_length": 10.0, "redrawn/completions": 7.0},
        {"step": 3, "completions/mean_length": 20.0, "redrawn/completions": 1.0},
    ]
    assert grpo.rollout_tokens(log, "completions", batch_size=4) == (40 + 7) + 2 * (80 + 1)


class Half(grpo_steps.Vowels):
    """Pays every completion of every second question the same."""

    def rewards(self, grading=None):
        def pay(texts, examples, similarity):
            odd = [int(example.id[-1]) % 2 for example in examples]
            return [grpo_steps.share(text) if teaches else 0.25 for text, teaches in zip(texts, odd, strict=True)]

        return {"rouge_l": Reward(pay, 0.0, 1.0, semantic=True)}


SETTINGS = {"prompts": 8, "epochs": 1, "save_steps": 2, "micro_batch_size": 4, "checkpoints": "keep"}


@pytest.mark.slow
@pytest.mark.parametrize("own", [{}, {"shared_questions": "never", "iterations": 2}])
def test_no_prompt_is_trained_on_that_teaches_nothing(tiny_models, monkeypatch, own):
    """Four draws of two prompts; some of the eight teach nothing. A resumed run draws as an undisturbed one."""
    monkeypatch.setattr(grpo_steps, "Vowels", Half)
    monkeypatch.setattr(shared_questions, "WORTH", 0)
    given, generate = defaultdict(list), WatchedTrainer._generate_and_score_completions

    def noted(trainer, inputs):
        drawn = generate(trainer, inputs)
        given[trainer.args.output_dir].append(drawn)
        return drawn

    monkeypatch.setattr(WatchedTrainer, "_generate_and_score_completions", noted)
    whole, plain = (
        grpo_steps.prepare(tiny_models, f"grpo.{name}-s0", **SETTINGS, **own, dynamic_sampling=redraws)
        for name, redraws in (("whole", 20), ("plain", 0))
    )
    teaching = {}
    for folder in (whole, plain):
        grpo_steps.run(folder)
        [batch] = [given[name] for name in given if name.startswith(str(folder))]
        teaching[folder] = [bool(of.any()) for drawn in batch for of in drawn["advantages"].view(-1, 4)]
    assert len(teaching[whole]) == len(teaching[plain]) == 8
    assert all(teaching[whole]) and not all(teaching[plain])
    steps, tokens = grpo_steps.logged(whole), json.loads((whole / "run.json").read_text())
    redrawing = [step for step in steps if step.get("frac_reward_zero_std")]
    assert redrawing and all(step["redrawn/prompts"] > 0 for step in redrawing)
    assert tokens["generated_tokens"] > json.loads((plain / "run.json").read_text())["generated_tokens"]
    assert not any(name.startswith("redrawn") for step in grpo_steps.logged(plain) for name in step)
    files = whole / "model/model.safetensors", whole / "history.jsonl"
    expected = [file.read_bytes() for file in files]
    tiny_training.tear(whole, steps[-1]["step"] - 2)
    grpo_steps.run(whole)
    assert [file.read_bytes() for file in files] == expected


def recipe(**settings):
    return STAGES["grpo"].model_validate(grpo_steps.RECIPE | {"dynamic_sampling": 3} | settings)


@pytest.mark.parametrize(("key", "value"), [("scale_rewards", "batch"), ("aggregation", "each")])
def test_what_is_scaled_by_the_draw_is_refused(key, value):
    with pytest.raises(ValueError, match=f"several draws together, and {key} scales those of one draw"):
        recipe(**{key: value})


def test_several_processes_are_refused(tmp_path):
    check_batch(recipe(), 1, tmp_path / "recipe.json")
    with pytest.raises(InputError, match="dynamic_sampling draws in one process, and these are 2"):
        check_batch(recipe(), 2, tmp_path / "recipe.json")
