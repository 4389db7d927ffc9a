"""DPO and reward models on the tiny backbone: what they write, that they load, and add up gradients."""

import json

import pytest
import tiny_training
import torch
from refusals import refused
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from reasonome.stages import reward as reward_stage
from reasonome.stages.reward import accuracies

pytestmark = pytest.mark.usefixtures("signal_handlers")


@pytest.mark.slow
def test_the_head_that_a_reward_model_trained_beside_an_adapter_is_written(tiny_models):
    job = tiny_training.preference_job(tiny_models, "reward", adapter={"rank": 4, "alpha": 16.0})
    tiny_training.train(job)
    written = load_file(job.folder / "model" / "model.safetensors")["score.weight"]
    trained = load_file(job.folder / "adapter" / "adapter_model.safetensors")
    [head] = [weight for key, weight in trained.items() if "score" in key]
    rounded = 0 if written.dtype == head.dtype else 2**-7  # at random, by less than a step of bf16
    torch.testing.assert_close(written.to(head.dtype), head, rtol=rounded, atol=0)


@pytest.mark.slow
def test_a_reward_model_is_measured_as_it_is_saved(tiny_models, monkeypatch):
    measured = []
    monkeypatch.setattr(
        reward_stage, "accuracies", lambda pairs, margins: measured.append(margins) or accuracies(pairs, margins)
    )
    tiny_training.train(tiny_training.preference_job(tiny_models, "reward", max_steps=20, learning_rate=5e-3))
    folder = tiny_models / "reward.try-s0"
    judged = json.loads((folder / "pair_accuracies.json").read_text())
    assert set(judged) == {"all", "right with reasoning over wrong without", "right without over wrong without"}
    assert judged["all"]["n"] == 4 and judged["all"]["reasoned"] == 0.75
    assert judged["right with reasoning over wrong without"]["accuracy"] == 1.0  # form is learned at once
    model = AutoModelForSequenceClassification.from_pretrained(folder / "model", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    values = {}
    for side in ("chosen", "rejected"):
        for number, pair in enumerate(_pairs(tiny_models, "held_out_pairs.jsonl")):
            messages = [*pair["messages"], {"role": "assistant", "content": pair[side]}]
            ids = tokenizer.apply_chat_template(messages, return_tensors="pt", return_dict=True)
            values[number, side] = model(**ids).logits.item()
    margins = [values[number, "chosen"] - values[number, "rejected"] for number in range(4)]
    # To a millionth: of the weights in training, which are not yet rounded, they differ in the third digit.
    assert measured == [pytest.approx(margins, abs=1e-5)]
    assert judged["all"]["accuracy"] == sum(margin > 0 for margin in margins) / 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dpo", "reward"])
def test_micro_batches_give_one_gradient(tiny_models, name):
    """1 × 4 and 4 × 1 pairs: the first step's gradient is the same in every weight."""
    settings = {"batch_size": 4, "max_steps": 1, "save_steps": 1, "precision": "fp32", "max_grad_norm": 1e9}
    folders = []
    for micro in (4, 1):
        job = tiny_training.preference_job(
            tiny_models, name, f"{name}.micro{micro}-s0", **settings, micro_batch_size=micro
        )
        tiny_training.train(job)
        folders.append(job.folder)
    tiny_training.assert_one_gradient(folders)


@pytest.mark.slow
def test_pairs_that_are_too_long_are_left_out_and_counted(tiny_models):
    job = tiny_training.preference_job(tiny_models, "dpo", max_length=56)
    tiny_training.train(job)
    manifest = json.loads((tiny_models / "dpo.try-s0" / "manifest.json").read_text())
    assert 0 < manifest["too_long"] < 16
    assert manifest["pairs"] == 12 - sum(
        1 for row in _pairs(tiny_models, "pairs.jsonl") if _tokens(tiny_models, row) > 56
    )
    with refused(field="max_length"):
        tiny_training.train(tiny_training.preference_job(tiny_models, "dpo", "dpo.none-s0", max_length=32))


def _pairs(tiny_models, name):
    return [json.loads(line) for line in (tiny_models.parent.parent / name).read_text().splitlines()]


def _tokens(tiny_models, pair):
    tokenizer = AutoTokenizer.from_pretrained(tiny_models / "base" / "model")
    return max(
        len(
            tokenizer.apply_chat_template([*pair["messages"], {"role": "assistant", "content": pair[side]}])[
                "input_ids"
            ]
        )
        for side in ("chosen", "rejected")
    )


def test_accuracies_by_hand():
    pairs = [
        {"id": "a", "kind": "form", "chosen": "x", "rejected": "y", "reasoned": (True, False)},
        {"id": "a", "kind": "answer", "chosen": "x", "rejected": "y", "reasoned": (True, True)},
        {"id": "b", "kind": "form", "chosen": "x", "rejected": "y", "reasoned": (False, True)},
        {"id": "b", "kind": "answer", "chosen": "x", "rejected": "y", "reasoned": (False, False)},
    ]
    found = accuracies(pairs, [1.5, -0.5, 0.25, 0.0])
    assert found["form"]["accuracy"] == 1.0 and found["form"]["reasoned"] == 0.5
    assert found["answer"]["accuracy"] == 0.25 and found["answer"]["reasoned"] == 0.5
    assert found["all"]["accuracy"] == 0.625 and found["all"]["n"] == 4
    # Of question a .5, of b .75: an error of .125, and Student's t of one degree of freedom is 12.706.
    bounds = found["all"]["low"], found["all"]["high"]
    assert bounds == pytest.approx((0.625 - 12.706 * 0.125, 0.625 + 12.706 * 0.125), abs=1e-3)
    assert accuracies([], []) == {}
