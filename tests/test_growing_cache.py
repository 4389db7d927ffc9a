"""The cache that grows by many tokens at once: a model says with it what it says with that of transformers."""

import pytest
import torch
from transformers import DynamicCache, GenerationConfig, LlamaConfig, LlamaForCausalLM, MistralConfig

from reasonome.answering import growing_cache

PADDED = torch.tensor([[0, 0, 5, 6], [7, 8, 9, 10]])


@pytest.mark.parametrize("room", [1, 5, 64])
def test_a_model_generates_the_same(room, monkeypatch):
    monkeypatch.setattr(growing_cache, "ROOM", room)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        eos_token_id=None,
        initializer_range=0.5,
    )
    model = LlamaForCausalLM(config).eval()
    decoding = GenerationConfig(max_new_tokens=20, output_logits=True, return_dict_in_generate=True, pad_token_id=0)
    asked = {"input_ids": PADDED, "attention_mask": (PADDED > 0).long(), "generation_config": decoding}
    cache = growing_cache.growing_cache(config)
    theirs = model.generate(**asked, past_key_values=DynamicCache(config=config))
    ours = model.generate(**asked, past_key_values=cache)
    assert ours.sequences.equal(theirs.sequences) and len(set(ours.sequences[:, 4:].flatten().tolist())) > 5
    for one, other in zip(ours.logits, theirs.logits, strict=True):
        torch.testing.assert_close(one, other)
    # The last token was drawn and not read: 4 + 19.
    assert cache.get_seq_length() == 23
    for layer, other in zip(cache.layers, theirs.past_key_values.layers, strict=True):
        torch.testing.assert_close(layer.keys, other.keys)
        torch.testing.assert_close(layer.values, other.values)


def test_layers_with_a_window_stay_as_they_are():
    config = MistralConfig(num_hidden_layers=2, sliding_window=8)
    windows = [type(layer) for layer in DynamicCache(config=config).layers]
    assert [type(layer) for layer in growing_cache.growing_cache(config).layers] == windows
    config = MistralConfig(num_hidden_layers=2, sliding_window=None)
    assert {type(layer) for layer in growing_cache.growing_cache(config).layers} == {growing_cache._GrowingLayer}
