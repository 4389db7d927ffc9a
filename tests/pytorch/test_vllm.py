"""The vLLM engine against a stand-in for vLLM, which notes what it is asked; the real one is not needed."""

import json
import sys
from pathlib import Path

import pytest
import stand_in_vllm
from refusals import refused
from stand_in_vllm import shaped

from reasonome.answering import vllm_engine
from reasonome.config import Decoding


@pytest.fixture
def vllm(monkeypatch, tmp_path):
    """A stand-in in vLLM's place, and a model folder of nine attention heads."""
    stand_in_vllm.install(monkeypatch)
    return shaped(tmp_path, num_attention_heads=9, num_key_value_heads=3, intermediate_size=18)


def answers(folder: Path, prompts: list[str], decoding: Decoding, **more):
    model, tokenizer = vllm_engine.load(folder, "bf16")
    found = list(vllm_engine.generate(model, tokenizer, prompts, decoding, **more))
    return model, found


def test_completions_have_the_log_probability_of_the_name(vllm):
    model, [(number, batch)] = answers(vllm, ["ab", "abc"], Decoding(max_new_tokens=7), span=lambda text: (9, 19))
    assert number == 0 and [position for position, _ in batch] == [1, 0]  # longest first
    completion = batch[1][1]
    assert completion.text == "Process: DNA repair" and completion.finish_reason == "stop"
    assert (completion.prompt_tokens, completion.completion_tokens, completion.logprob) == (2, 5, -10)
    assert (completion.name_logprob, completion.name_tokens) == (-5, 2)
    assert (batch[0][1].text, batch[0][1].prompt_tokens) == ("Process: DNA repair", 3)
    ((prompts, (sampling, _)),) = model.calls
    assert prompts == [{"prompt_token_ids": [0, 1, 2]}, {"prompt_token_ids": [0, 1]}]
    assert sampling["temperature"] == 0 and sampling["seed"] is None
    assert sampling["max_tokens"] == 7 and sampling["stop_token_ids"] == [9] and sampling["logprobs"] == 0
    assert model.settings["enable_prefix_caching"] and model.settings["logprobs_mode"] == "raw_logprobs"


def test_each_request_is_seeded_by_its_position(vllm, monkeypatch):
    monkeypatch.setattr(vllm_engine, "_AT_ONCE", 2)
    decoding = Decoding(max_new_tokens=7, temperature=0.8, top_p=0.9, samples=2, seed=100, batch_size=1)
    prompts = ["abc", "a", "ab", "abcd"]
    model, found = answers(vllm, prompts, decoding)
    assert [[position for position, _ in batch] for _, batch in found] == [[3, 0], [2, 1]]
    seeds = [one["seed"] for _, sampling in model.calls for one in sampling]
    assert seeds == [265443576103, 265443576100, 265443576102, 265443576101]  # 100 x 2654435761 and the position
    assert {(one["temperature"], one["top_p"]) for _, sampling in model.calls for one in sampling} == {(0.8, 0.9)}
    model, found = answers(vllm, prompts, decoding, skip={0})
    assert [number for number, _ in found] == [1]
    assert [one["seed"] for _, sampling in model.calls for one in sampling] == [265443576102, 265443576101]


def test_samples_of_two_seeds_are_drawn_apart(vllm):
    drawn = []
    for seed in (0, 1):
        decoding = Decoding(max_new_tokens=7, temperature=1, samples=8, seed=seed)
        model, _ = answers(vllm, ["a"] * 8, decoding)
        drawn.append({one["seed"] for _, sampling in model.calls for one in sampling})
    assert drawn[0] == set(range(8)) and drawn[0].isdisjoint(drawn[1])


def test_no_prompts_get_no_answers(vllm, monkeypatch):
    # transformers' tokenizers fail on an empty list.
    monkeypatch.setattr(stand_in_vllm.Tokenizer, "__call__", lambda *_, **__: [][0])
    model, found = answers(vllm, [], Decoding(max_new_tokens=7))
    assert found == [] and model.calls == []


def test_a_models_own_ends_stop_it_and_no_name_has_no_log_probability(vllm):
    (vllm / "generation_config.json").write_text(json.dumps({"eos_token_id": [4, 9]}))
    model, [(_, [(_, completion)])] = answers(vllm, ["a"], Decoding(max_new_tokens=7), span=lambda text: None)
    assert model.calls[0][1][0]["stop_token_ids"] == [4, 9]
    assert (completion.name_logprob, completion.name_tokens) == (None, 0)


@pytest.mark.parametrize(
    ("shape", "gpus", "shards"),
    [
        ((9, 3, 18), 0, 1),
        ((9, 3, 18), 2, 1),
        ((9, 3, 18), 8, 3),
        ((9, 3, 18), 9, 9),  # each of the three key-value heads on three GPUs
        ((32, 8, 8192), 8, 8),
        ((12, 2, 8960), 3, 2),  # three GPUs cannot have the same number of two key-value heads
        ((12, 12, 8960), 3, 2),  # 8960 columns are not three equal parts
    ],
)
def test_heads_and_columns_are_shared_evenly_among_the_visible_gpus(vllm, monkeypatch, shape, gpus, shards):
    heads, shared, width = shape
    shaped(vllm, num_attention_heads=heads, num_key_value_heads=shared, intermediate_size=width)
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    model, _ = vllm_engine.load(vllm, "bf16")
    assert model.settings["tensor_parallel_size"] == shards


def test_the_context_is_what_fits_and_settings_given_win(vllm):
    model, _ = vllm_engine.load(vllm, "bf16")
    assert (model.settings["max_model_len"], model.settings["dtype"]) == (-1, "bfloat16")
    model, _ = vllm_engine.load(vllm, "fp32", enforce_eager=True)
    assert (model.settings["max_model_len"], model.settings["dtype"]) == (-1, "float32")
    assert model.settings["enforce_eager"]


def test_without_vllm_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "vllm", None)
    with refused(field="engine"):
        vllm_engine.load(tmp_path, "bf16")
