"""Real tokens that a training passes forward and backward, worked out by hand."""

import json
from types import SimpleNamespace

import pytest
import tiny_training
import torch
from transformers import AutoModelForCausalLM

from reasonome.tasks import TASKS
from reasonome.training.sft import sft
from reasonome.training.token_count import TokenCount, real_tokens


@pytest.mark.parametrize(
    ("batch", "counted"),
    [
        # Texts of 4 and 2 tokens.
        ({"input_ids": torch.zeros(2, 4), "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])}, 6),
        ({"input_ids": torch.zeros(1, 4), "attention_mask": torch.tensor([[0, 0, 1, 1]])}, 2),
        # Texts of 3 and 2 tokens that share a row, and 2 of filling.
        ({"input_ids": torch.zeros(1, 7), "position_ids": torch.tensor([[0, 1, 2, 0, 1, 0, 0]])}, 5),
        ({"input_ids": torch.zeros(2, 3)}, 6),
        # A question shared by its answers, whose mask is a stand-in.
        ({"input_ids": torch.zeros(1, 9), "attention_mask": torch.ones(1, 1, 1, 1), "places": []}, 9),
    ],
    ids=["padded", "padded on the left", "packed", "one text a row", "shared"],
)
def test_padding_does_not_count(batch, counted):
    assert real_tokens(batch) == counted


def test_only_passes_with_a_gradient_count_and_earlier_tokens_are_added(tiny_backbone):
    model = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float32)
    count, state = TokenCount(), SimpleNamespace(num_input_tokens_seen=1000)
    told = (SimpleNamespace(device=torch.device("cpu")), state, None)
    ids = torch.ones(1, 8, dtype=torch.long)
    count.on_train_begin(*told, model=model)
    model.train()
    model(input_ids=ids, attention_mask=ids)
    with torch.no_grad():
        model(input_ids=ids, attention_mask=ids)
    model.eval()
    model(input_ids=ids, attention_mask=ids)
    count.on_optimizer_step(*told)
    assert state.num_input_tokens_seen == 1008
    model.train()
    model(input_ids=ids, attention_mask=ids)
    count.on_optimizer_step(*told)
    count.on_train_end(*told)
    model(input_ids=ids, attention_mask=ids)
    count.on_optimizer_step(*told)
    assert state.num_input_tokens_seen == 1016


@pytest.mark.slow
def test_run_json_tells_tokens_seconds_and_what_was_used(tiny_backbone, tmp_path):
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), max_steps=2)
    sft(job, {"demo-go": TASKS["gene_set_naming"]})
    run = json.loads((job.folder / "run.json").read_text())
    assert run["steps"] == 2 and run["backward_tokens"] > 0 and run["peak_memory_gb"] > 0
    assert 0 < run["train_seconds"] <= run["seconds"] + 0.1  # which is rounded
    assert run["kernels"] == {
        "attention": "sdpa",
        "liger": False,
        "labelled_head": True,
        "compiled_layers": False,
    }
    assert run["micro_batch_size"] == 2
    assert "micro_batch_size" not in json.loads((job.folder / "manifest.json").read_text())
