"""Tokens, FLOPs and rates of a training job, worked out by hand."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import tiny_training
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, TrainerCallback
from transformers.trainer_callback import CallbackHandler, TrainerControl
from transformers.utils import is_flash_attn_2_available

from reasonome.tasks import TASKS
from reasonome.training import kernels, throughput
from reasonome.training.sft import sft

# The tiny backbone: 2 layers, hidden 64, 4 heads of 16, 2 key-value heads, intermediate 128.
LAYER = 64 * 64 * 2 + 64 * 32 * 2 + 64 * 128 * 3


@pytest.fixture(scope="module")
def model(tiny_backbone):
    return AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float32)


def test_costs_of_all_weights(model):
    head = model.get_output_embeddings().weight.numel()
    assert throughput.costs(model) == (6 * 2 * LAYER, 6 * head, 12 * 2 * 4 * 16)


def test_frozen_weights_cost_no_gradient_of_their_own(tiny_backbone):
    plain = AutoModelForCausalLM.from_pretrained(tiny_backbone)
    head = plain.get_output_embeddings().weight.numel()
    model = get_peft_model(plain, LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj"]))
    assert throughput.costs(model)[:2] == (4 * 2 * LAYER + 6 * 2 * (64 * 4 + 4 * 64), 4 * head)


@pytest.mark.parametrize(
    ("batch", "counted"),
    [
        # Texts of 4 and 2 tokens: 1 + 2 + 3 + 4 and 1 + 2 pairs; a label on the first token is never predicted.
        (
            {
                "input_ids": torch.zeros(2, 4),
                "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]),
                "labels": torch.tensor([[-100, -100, 5, 5], [5, 5, -100, -100]]),
            },
            [6, 3, 13],
        ),
        ({"input_ids": torch.zeros(1, 4), "attention_mask": torch.tensor([[0, 0, 1, 1]])}, [2, 2, 3]),
        # Texts of 3 and 2 tokens that share a row, and 2 of filling.
        ({"input_ids": torch.zeros(1, 7), "position_ids": torch.tensor([[0, 1, 2, 0, 1, 0, 0]])}, [5, 5, 6 + 3]),
        ({"input_ids": torch.zeros(2, 3)}, [6, 6, 12]),
    ],
    ids=["padded", "padded on the left", "packed", "one text a row"],
)
def test_padding_does_not_count_and_texts_attend_within_themselves(batch, counted):
    assert throughput.counts(batch).tolist() == counted


def arguments(**settings):
    return SimpleNamespace(device=torch.device("cpu"), bf16=False, world_size=1, **settings)


def test_only_passes_with_a_gradient_count_and_earlier_tokens_are_added(model, monkeypatch):
    ticks = iter([10.0, 12.0])
    meter, state = throughput.Meter(), SimpleNamespace(num_input_tokens_seen=1000)
    monkeypatch.setattr(throughput, "now", lambda: next(ticks))
    monkeypatch.setattr(throughput, "matmul_tflops", lambda device, precision: 2.0)
    ids = torch.ones(1, 8, dtype=torch.long)
    meter.on_train_begin(arguments(), state, None, model=model)
    meter.on_step_begin(arguments(), state, None)
    model.train()
    model(input_ids=ids, attention_mask=ids)
    with torch.no_grad():
        model(input_ids=ids, attention_mask=ids)
    model.eval()
    model(input_ids=ids, attention_mask=ids)
    meter.on_optimizer_step(arguments(), state, None)
    meter.on_train_end(arguments(), state, None)
    model(input_ids=ids, attention_mask=ids)

    assert state.num_input_tokens_seen == 1008
    flops = 6 * 8 * (2 * LAYER + model.get_output_embeddings().weight.numel()) + 12 * 2 * 64 * (8 * 9 // 2)
    facts = meter.facts()
    assert facts["tokens_per_second"] == 4.0 and facts["step_seconds"] == facts["median_step_seconds"] == 2.0
    assert facts["model_tflops"] == pytest.approx(flops / 2 / 1e12, rel=1e-3)
    assert facts["mfu"] == pytest.approx(flops / 2 / 2e12, rel=1e-3)
    assert facts["matmul_peak_tflops"] == 2.0


def test_a_first_step_that_compiles_kernels_is_not_the_median(model, monkeypatch):
    ticks = iter([0.0, 60.0, 60.0, 62.0, 62.0, 65.0])
    meter, state = throughput.Meter(), SimpleNamespace(num_input_tokens_seen=0)
    monkeypatch.setattr(throughput, "now", lambda: next(ticks))
    monkeypatch.setattr(throughput, "matmul_tflops", lambda device, precision: 2.0)
    meter.on_train_begin(arguments(), state, None, model=model)
    for _ in range(3):
        meter.on_step_begin(arguments(), state, None)
        meter.on_optimizer_step(arguments(), state, None)
    meter.on_train_end(arguments(), state, None)
    assert meter.facts().items() >= {"step_seconds": 65.0, "median_step_seconds": 3.0}.items()


def test_answers_to_held_out_prompts_between_steps_are_no_part_of_a_step(model, monkeypatch):
    clock = [0.0]

    class Answers(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            clock[0] += 50.0

    meter, state = throughput.Meter(), SimpleNamespace(num_input_tokens_seen=0)
    monkeypatch.setattr(throughput, "now", lambda: clock[0])
    monkeypatch.setattr(throughput, "matmul_tflops", lambda device, precision: 2.0)
    events = CallbackHandler([Answers(), meter], model, None, None, None)
    told = (arguments(), state, TrainerControl())
    events.on_train_begin(*told)
    for seconds in (3.0, 5.0):
        events.on_step_begin(*told)
        clock[0] += seconds
        events.on_optimizer_step(*told)
        events.on_step_end(*told)
    assert meter.steps == [3.0, 5.0]  # and no 53 and 55
    events.on_train_end(*told)


def test_an_attempt_without_a_step_has_no_rates(model, monkeypatch):
    meter, state = throughput.Meter(), SimpleNamespace(num_input_tokens_seen=1000)
    monkeypatch.setattr(throughput, "matmul_tflops", lambda device, precision: 2.0)
    meter.on_train_begin(arguments(), state, None, model=model)
    meter.on_train_end(arguments(), state, None)
    assert meter.facts().items() >= {"step_seconds": 0.0, "matmul_peak_tflops": 2.0}.items()
    assert not meter.facts().keys() & {"median_step_seconds", "tokens_per_second", "model_tflops", "mfu"}


@pytest.mark.slow
def test_run_json_tells_the_speed(tiny_backbone, tmp_path):
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), max_steps=2)
    sft(job, {"demo-go": TASKS["gene_set_naming"]})
    run = json.loads((job.folder / "run.json").read_text())
    assert run["tokens_per_second"] * run["step_seconds"] == pytest.approx(run["backward_tokens"], rel=0.02)
    assert 0 < run["mfu"] < 1 and run["peak_memory_gb"] > 0
    assert run["mfu"] == pytest.approx(run["model_tflops"] / run["matmul_peak_tflops"], rel=1e-2)
    assert run["kernels"] == {
        "attention": "sdpa",
        "liger": False,
        "labelled_head": True,
        "compiled_layers": False,
    }
    assert run["micro_batch_size"] == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "installed", "chosen"),
    [
        ({"precision": "bf16"}, ("flash_attn", "liger_kernel"), kernels.Kernels("flash_attention_2", True)),
        ({}, ("liger_kernel",), kernels.Kernels("", True)),
        ({"precision": "fp32"}, ("flash_attn",), kernels.Kernels()),
        ({"kernels": "plain"}, ("flash_attn", "liger_kernel"), kernels.Kernels()),
    ],
)
def test_kernels_are_those_that_are_installed(settings, installed, chosen, monkeypatch, tiny_backbone, tmp_path):
    recipe = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), **settings).recipe
    monkeypatch.setattr(kernels, "is_flash_attn_2_available", lambda: "flash_attn" in installed)
    monkeypatch.setattr(kernels, "is_liger_kernel_available", lambda: "liger_kernel" in installed)
    on_a_cpu = kernels.Kernels(labelled_head=settings.get("kernels") != "plain")
    assert kernels.choose(recipe) == on_a_cpu, "there is no GPU"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert kernels.choose(recipe) == chosen
    # Liger's head is of language models.
    monkeypatch.setattr(type(recipe), "answers", False)
    assert kernels.choose(recipe) == replace(chosen, liger=False)


def test_another_flash_attention_of_the_same_name_is_not_taken_for_it(monkeypatch, tiny_models):
    """FlashAttention-4 installs flash_attn/cute; transformers would look for the second version, which is not there."""
    installed = tiny_models / "site" / "flash_attn" / "cute"
    installed.mkdir(parents=True)
    (installed / "__init__.py").touch()
    monkeypatch.syspath_prepend(installed.parents[1])
    is_flash_attn_2_available.cache_clear()
    recipe = tiny_training.sft_job(tiny_models).recipe.model_copy(update={"precision": "bf16"})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert kernels.choose(recipe).attention == ""
    is_flash_attn_2_available.cache_clear()
