"""Several adapters of a chain as one: the same model, one small file, and what cannot be joined."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lora_steps import add_step
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from reasonome.config import Adapter
from reasonome.core import atomic
from reasonome.training import adapters
from reasonome.training.joined_adapter import CONFIGURATION, WEIGHTS, rounding, write_joined

pytestmark = pytest.mark.slow

SFT, GRPO = "sft.names-s0", "sft.names-s0+grpo.soft-s0"


@pytest.fixture(params=["fp32", "bf16"])
def chain(request, tiny_models) -> SimpleNamespace:
    """A model of two steps with adapters of different ranks, scales and layers, in one precision."""
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[request.param]
    AutoModelForCausalLM.from_pretrained(tiny_models / "base/model", dtype=dtype).save_pretrained(
        tiny_models / "base/model"
    )
    first = add_step(tiny_models / "base", SFT, Adapter(rank=4, alpha=16), 0.05, dtype)
    second = Adapter(rank=2, alpha=3, targets=["q_proj", "down_proj"])
    return SimpleNamespace(precision=request.param, folder=add_step(first, GRPO, second, 0.3, dtype), first=first)


def logits(model, dtype=torch.float32) -> torch.Tensor:
    with torch.no_grad():
        return model.to(dtype).eval()(torch.arange(5, 45)[None], use_cache=False).logits.float()


def loaded(folder: Path):
    return AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)


def test_one_adapter_has_the_effect_of_all_steps(chain, tmp_path):
    lost = write_joined(chain.folder, tmp_path / "joined")
    base = logits(loaded(chain.folder.with_name("base")))
    merged = logits(loaded(chain.folder))
    joined = PeftModel.from_pretrained(loaded(chain.folder.with_name("base")), tmp_path / "joined")
    moved = (merged - base).abs().max()
    assert (merged - logits(loaded(chain.first))).abs().max() > 0.1 * moved  # both steps count
    # bf16 has eight bits: of the adapter's numbers, and in bf16 of the chain's weights too.
    apart = {"fp32": 0.01, "bf16": 0.05}[chain.precision]
    assert (logits(joined) - merged).abs().max() < apart * moved
    in_bf16 = logits(joined.merge_and_unload(), torch.bfloat16)
    assert (in_bf16 - logits(loaded(chain.folder), torch.bfloat16)).abs().max() < 0.1 * moved
    assert list(lost) == [SFT, "grpo.soft-s0"]
    assert (max(one.lost for one in lost.values()) < 1e-5) == (chain.precision == "fp32")


def test_ranks_add_up_and_the_scales_are_in_the_numbers(chain, tmp_path):
    write_joined(chain.folder, tmp_path)
    settings = json.loads((tmp_path / CONFIGURATION).read_text())
    assert (settings["r"], settings["lora_alpha"], settings["base_model_name_or_path"]) == (6, 6, "tiny")
    assert settings["target_modules"] == sorted(settings["target_modules"])
    joined = load_file(tmp_path / WEIGHTS)
    assert {value.dtype for value in joined.values()} == {torch.bfloat16}
    layer = "base_model.model.model.layers.0.self_attn.{}_proj.lora_{}.weight"
    first, second = (load_file(folder / "adapter" / WEIGHTS) for folder in (chain.first, chain.folder))
    a = joined[layer.format("q", "A")]
    assert torch.equal(a[:4], (4 * first[layer.format("q", "A")]).bfloat16())  # alpha 16 by rank 4
    assert torch.equal(a[4:], (1.5 * second[layer.format("q", "A")]).bfloat16())
    b = joined[layer.format("q", "B")]
    assert torch.equal(b, torch.cat([first[layer.format("q", "B")], second[layer.format("q", "B")]], 1).bfloat16())
    assert not joined[layer.format("k", "A")][4:].any()  # the second step left these layers alone
    before = (tmp_path / WEIGHTS).read_bytes(), (tmp_path / CONFIGURATION).read_bytes()
    write_joined(chain.folder, tmp_path)
    assert ((tmp_path / WEIGHTS).read_bytes(), (tmp_path / CONFIGURATION).read_bytes()) == before


def test_a_single_step_is_joined_to_itself(chain, tmp_path):
    write_joined(chain.first, tmp_path)
    joined = PeftModel.from_pretrained(loaded(chain.folder.with_name("base")), tmp_path)
    moved = (logits(loaded(chain.first)) - logits(loaded(chain.folder.with_name("base")))).abs().max()
    assert (logits(joined) - logits(loaded(chain.first))).abs().max() < 0.05 * moved


def test_two_adapters_of_rank_16_for_the_default_backbone_are_small(project):
    """By its configuration: 30 layers of 576 and 1,536 numbers, 3 key-value heads of 64."""
    layer = {"q": (576, 576), "k": (576, 192), "v": (576, 192), "o": (576, 576)}
    layer |= {"gate": (576, 1536), "up": (576, 1536), "down": (1536, 576)}
    numbers = 30 * sum(32 * (inputs + outputs) for inputs, outputs in layer.values())
    assert 19.5e6 < 2 * numbers < 20e6


def test_rounding_takes_little_of_a_small_update_and_to_the_nearest_would_take_most(tiny_models):
    """An update of a fiftieth of a step of bf16, beside weights that bf16 holds."""
    base = tiny_models / "base"
    loaded(base).to(torch.bfloat16).save_pretrained(base / "model")
    step = add_step(base, "sft.small-s0", Adapter(rank=4, alpha=4), 2e-5, torch.bfloat16)
    at_random = rounding(step)
    assert at_random.lost < 0.1 and at_random.error > 1  # the errors, larger than the update, cancel along it
    recipe = SimpleNamespace(adapter=Adapter(rank=4, alpha=4), answers=True, precision="fp32")
    to_the_nearest = adapters.merged(base / "model", step / "adapter", recipe).to(torch.bfloat16)
    to_the_nearest.save_pretrained(step / "model")
    nearest = rounding(step)
    assert nearest.lost > 0.7 and nearest.lost < nearest.error < at_random.error


def test_a_step_that_trained_all_weights_is_named(chain, tmp_path, refused):
    add_step(chain.first, GRPO, None, 0, torch.float32)
    with refused():
        write_joined(chain.folder, tmp_path / "joined")
    assert not (tmp_path / "joined").exists()


def test_a_step_beside_four_bits_is_named(chain, tmp_path, refused):
    recipe = {"adapter": {"rank": 4, "quantize": "4bit"}}
    atomic.write_json(chain.first / "manifest.json", {"step": SFT, "recipe": recipe})
    with refused():
        write_joined(chain.folder, tmp_path / "joined")


def test_an_adapter_that_is_not_the_merged_one_is_refused(chain, tmp_path, refused):
    other = add_step(chain.folder.with_name("base"), "sft.other-s0", Adapter(rank=4, alpha=16), 0.05, torch.float32)
    (other / "adapter" / WEIGHTS).rename(chain.first / "adapter" / WEIGHTS)
    with refused():
        write_joined(chain.folder, tmp_path / "joined")
    (chain.first / "adapter" / WEIGHTS).unlink()
    with refused():
        write_joined(chain.folder, tmp_path / "joined")
