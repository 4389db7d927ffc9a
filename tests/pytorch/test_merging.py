"""Rounding at random: what is between two numbers of bf16 is kept on average, so that small updates arrive."""

from pathlib import Path

import pytest
import torch
from peft import get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from reasonome.answering import merging, model_files
from reasonome.config import Adapter
from reasonome.training import adapters

MANY = 40_000
STEP = 2.0**-7  # of bf16 at 1
FILE = "adapter_model.safetensors"


def rounded(value: float, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    return merging.rounded(torch.full((MANY,), value), dtype, torch.Generator().manual_seed(0)).float()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_quarter_of_a_step_moves_one_weight_in_four(sign):
    values, counts = rounded(sign * (1 + STEP / 4)).abs().unique(return_counts=True)
    assert values.tolist() == [1, 1 + STEP]
    assert counts[1] / MANY == pytest.approx(0.25, abs=0.01)  # four standard errors are .009


def test_what_needs_no_rounding_stays():
    for exact in (0.0, -0.0, 1.5, -3.0e-5 + 0 * STEP, 2.0**-130):
        value = float(torch.tensor(exact).bfloat16())
        assert (rounded(value) == value).all()
    assert (rounded(1 + STEP / 4, torch.float32) == 1 + STEP / 4).all()


def model() -> PreTrainedModel:
    """The same random model each time, in bf16."""
    torch.manual_seed(0)
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    return LlamaForCausalLM(LlamaConfig(vocab_size=64, tie_word_embeddings=True, **shape)).to(torch.bfloat16)


def small_adapter(folder: Path) -> Path:
    """An adapter that changes most weights by less than a tenth of a step of bf16."""
    beside = get_peft_model(model().float(), adapters.configuration(Adapter(rank=8, alpha=16)))
    for name, weights in beside.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=1e-5)
    beside.save_pretrained(folder)
    return folder


def arrived(whole: dict, sums: dict) -> float:
    """The share of the update that is in `whole`, along the update; `sums` are the weights that nothing rounded."""
    before, along, all_of_it = model().state_dict(), 0.0, 0.0
    for name, weight in before.items():
        change = sums[name] - weight.float()
        along += float(((whole[name].float() - weight.float()) * change).sum())
        all_of_it += float(change.square().sum())
    return along / all_of_it


def test_a_small_update_arrives_where_rounding_to_the_nearest_loses_it(tmp_path):
    adapter = small_adapter(tmp_path)
    sums = merging.merged(model(), adapter, torch.float32).state_dict()
    assert arrived(sums, sums) == 1
    assert arrived({name: weight.bfloat16() for name, weight in sums.items()}, sums) < 0.2
    whole = merging.merged(model(), adapter, torch.bfloat16)
    assert whole.dtype == torch.bfloat16 and {weight.dtype for weight in whole.parameters()} == {torch.bfloat16}
    assert arrived(whole.state_dict(), sums) == pytest.approx(1, abs=0.1)
    untouched = [name for name in sums if "_proj" not in name]
    assert untouched and all(whole.state_dict()[name].equal(model().state_dict()[name]) for name in untouched)


def test_equal_adapters_give_equal_bytes_and_others_draw_otherwise(tmp_path):
    """Of two adapters with the same product, numbers twice as large and half as large, the bytes differ."""
    adapter = small_adapter(tmp_path)
    first, again = (merging.merged(model(), adapter, torch.bfloat16).state_dict() for _ in range(2))
    assert all(first[name].equal(again[name]) for name in first)
    factor = {"A": 2.0, "B": 0.5}
    scaled = {name: factor[name.split("lora_")[1][0]] * w for name, w in load_file(adapter / FILE).items()}
    save_file(scaled, adapter / FILE, metadata={"format": "pt"})
    other = merging.merged(model(), adapter, torch.bfloat16).state_dict()
    assert not all(first[name].equal(other[name]) for name in first)


@pytest.mark.slow
def test_fp16_weights_are_not_rounded_where_an_adapter_is_merged_into_them(tmp_path, tiny_backbone):
    base = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float16)
    base.save_pretrained(tmp_path / "base")
    AutoTokenizer.from_pretrained(tiny_backbone).save_pretrained(tmp_path / "base")
    beside = get_peft_model(base.float(), adapters.configuration(Adapter(rank=2, alpha=4, targets=["q_proj"])))
    for name, weights in beside.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=1e-5)
    beside.save_pretrained(tmp_path / "adapter")
    kept = model_files.with_adapter(tmp_path / "base", "a digest", tmp_path / "adapter", tmp_path / "kept")
    before, after = (load_file(folder / "model.safetensors") for folder in (tmp_path / "base", kept / "model"))
    same = [name for name in before if after[name].float().equal(before[name].float())]
    assert {name for name in before if name not in same} == {name for name in before if "q_proj" in name}
