"""LoRA: what is trained, what is written, and that the merged model is the model with its adapter."""

import json
import shutil
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import tiny_training
import torch
from peft import PeftModel, get_peft_model
from refusals import refused
from safetensors.torch import load_file
from tiny_project import change
from transformers import AutoModelForCausalLM
from trl import SFTTrainer

from reasonome.answering.precision import DTYPES
from reasonome.cluster import adapter_targets
from reasonome.config import Adapter
from reasonome.config.project import Results
from reasonome.tasks import TASKS, load_project
from reasonome.training import adapters, kernels
from reasonome.training.sft import sft

LORA = {"rank": 4, "alpha": 16.0}


@pytest.mark.parametrize(
    ("adapter", "precision", "dtype"),
    [(None, "bf16", torch.float32), (LORA, "bf16", torch.bfloat16), (LORA, "fp32", torch.float32)],
)
def test_weights_that_train_are_fp32_and_frozen_ones_of_the_recipes_precision(adapter, precision, dtype):
    recipe = SimpleNamespace(adapter=adapter and Adapter(**adapter), precision=precision)
    assert adapters.loading(recipe) == {"dtype": dtype}


def test_4bit_without_a_gpu_says_so(tiny_backbone, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), adapter=LORA | {"quantize": "4bit"})
    with refused():
        job.load_model()


def test_unknown_targets_are_named_with_those_there_are(tiny_backbone, tmp_path):
    models = tiny_training.make(tmp_path, tiny_backbone)
    with refused(field="targets") as told:
        tiny_training.sft_job(models, adapter=LORA | {"targets": ["q_proj", "query"]})
    assert "no linear layer 'query'" in told.value.what and "k_proj, o_proj, q_proj" in told.value.what


@pytest.mark.parametrize("fetched", [False, True])
def test_unknown_targets_are_told_before_a_job_runs_where_weights_are_at_hand(fetched, config, tiny_backbone, tmp_path):
    change(config / "recipes/sft.yaml", "targets: [q_proj, k_proj,", "targets: [q_proj, query,")
    project = load_project(config)
    project.results = Results(tmp_path)
    if fetched:
        shutil.copytree(tiny_backbone, project.results.model("smollm2-135m", "base") / "model")
    adapter_targets.check(project, "smollm2-135m", "sft.closedbook-s0")
    field = "variants.closedrecital.adapter.targets"
    with refused("recipes/sft.yaml", field=field, fix="all-linear") if fetched else nullcontext():
        adapter_targets.check(project, "smollm2-135m", "sft.closedrecital-s0")


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model.float().eval()(torch.arange(5, 45)[None], use_cache=False).logits


@pytest.mark.full
@pytest.mark.slow
def test_the_written_model_is_the_parent_with_the_adapter(tiny_backbone, tmp_path):
    models = tiny_training.make(tmp_path, tiny_backbone)
    job = tiny_training.sft_job(models, adapter=LORA, learning_rate=0.02, gradient_checkpointing=True)
    sft(job, {"demo-go": TASKS["gene_set_naming"]})

    assert sorted(path.name for path in (job.folder / "adapter").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    written = load_file(job.folder / "model" / "model.safetensors")
    computed_in = json.loads((job.folder / "run.json").read_text())["precision"]
    assert {weight.dtype for weight in written.values()} == {DTYPES[computed_in]}
    assert not any("lora" in name for name in written)

    parent = AutoModelForCausalLM.from_pretrained(models / "base" / "model", dtype=torch.float32)
    untrained = logits(parent)
    beside = logits(PeftModel.from_pretrained(parent, job.folder / "adapter"))
    exact = job.recipe.model_copy(update={"precision": "fp32"})
    merged = logits(adapters.merged(models / "base" / "model", job.folder / "adapter", exact))
    plain = logits(AutoModelForCausalLM.from_pretrained(job.folder / "model"))
    moved = (beside - untrained).abs().max()
    assert moved > 1e-2
    # In fp32 up to rounding; in the bf16 of the written model to three digits.
    torch.testing.assert_close(merged, beside, atol=1e-5, rtol=1e-5)
    assert (plain - beside).abs().max() < 0.1 * moved


def with_adapter(folder, dtype, size):
    """A model beside an adapter whose numbers of B, which are 0 at first, have this standard deviation."""
    torch.manual_seed(0)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder, dtype=dtype), adapters.configuration(Adapter(**LORA))
    )
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=size)
    return model


@pytest.fixture(params=["cpu", "cuda"])
def product(request, monkeypatch):
    """One product as on a CPU, and as on a GPU, whose operations a CPU has too."""
    chosen = adapters._product_on(request.param)
    monkeypatch.setattr(adapters, "_product_on", lambda device: chosen)


@pytest.mark.parametrize("recomputed", [False, True])
def test_adapters_in_one_product_give_the_gradients_of_those_added_to_the_activations(
    tiny_backbone, product, recomputed
):
    model = with_adapter(tiny_backbone, torch.float32, 0.1).train()
    texts = torch.arange(24).reshape(6, 4)

    def outcome(ids):
        model.zero_grad()
        logits = model(input_ids=ids).logits
        logits.square().mean().backward()
        return logits.detach(), {n: w.grad.clone() for n, w in model.named_parameters() if w.requires_grad}

    plain_logits, plain = outcome(texts)
    adapters.add_in_one_product(model)
    if recomputed:
        kernels.recompute(model.get_base_model())
        model.get_base_model().enable_input_require_grads()
    logits, gradients = outcome(texts)
    assert any(type(module) is adapters._OneProduct for module in model.modules())
    assert torch.allclose(logits, plain_logits, atol=1e-5)
    assert len(gradients) == len(plain) > 0
    for name, gradient in gradients.items():
        assert gradient.abs().max() > 0 and torch.allclose(gradient, plain[name], rtol=1e-3, atol=1e-6), name
    with model.eval().disable_adapter():
        bare = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float32)
        assert torch.allclose(model(input_ids=texts).logits, bare(input_ids=texts).logits, atol=1e-5)


@pytest.mark.parametrize("size", [1e-5, 3e-4])
def test_a_small_adapter_is_seen_in_bf16(tiny_backbone, product, size):
    """Of the change of a layer's output, along that of fp32, nearly all arrives in one product, and less beside it."""
    model = with_adapter(tiny_backbone, torch.bfloat16, size)
    layer = next(module for module in model.modules() if type(module) is adapters.LoraLinear)
    x = torch.randn(2048, layer.in_features).bfloat16()

    def change():
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            return layer(x).double() - layer.get_base_layer()(x).double()

    exact = x.double() @ layer.get_delta_weight("default").double().T

    def arrives():
        return ((change() * exact).sum() / exact.square().sum()).item()

    beside = arrives()
    adapters.add_in_one_product(model)
    missing = abs(1 - arrives())
    assert missing < 0.05 and missing < 0.1 * abs(1 - beside)


@pytest.mark.parametrize(("sharded", "dropout", "one"), [("zero2", 0, True), ("zero3", 0, False), ("none", 0.1, False)])
def test_adapters_are_in_one_product_on_gpus_too(tiny_backbone, tmp_path, monkeypatch, sharded, dropout, one):
    """Not with dropout, nor where a layer's weights are gathered when that layer itself is called."""
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), adapter=LORA | {"dropout": dropout})
    model = with_adapter(tiny_backbone, torch.bfloat16, 0.1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("REASONOME_SHARDING", sharded)
    job._ready_adapter(model)
    kinds = {type(module) for module in model.modules() if isinstance(module, adapters.LoraLinear)}
    assert kinds == {adapters._OneProduct if one else adapters.LoraLinear}


def test_an_adapter_beside_4bit_weights_is_trained_in_fp32(tiny_backbone, tmp_path, monkeypatch):
    """TRL makes it bf16 where the model says that it is quantised, as this one says that is not."""
    trained = []

    def load(folder, recipe, **settings):
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        model.is_loaded_in_4bit = True
        return model

    def training(trainer, **settings):
        trained.extend(weight.dtype for weight in trainer.model.parameters() if weight.requires_grad)
        raise InterruptedError

    monkeypatch.setattr(adapters, "load", load)
    monkeypatch.setattr(SFTTrainer, "train", training)
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), adapter=LORA)
    with pytest.raises(InterruptedError):
        sft(job, {"demo-go": TASKS["gene_set_naming"]})
    assert trained and set(trained) == {torch.float32}
