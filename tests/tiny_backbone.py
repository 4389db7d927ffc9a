"""Language models of two small random layers and the default backbone's tokenizer, for what weights do not decide."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, PreTrainedConfig, Qwen3NextConfig


def make(folder: Path, tokenizer_of: Path) -> Path:
    """Write a model of attention layers into `folder`, the same bytes each time."""
    return _write(
        folder,
        tokenizer_of,
        LlamaConfig(
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
        ),
    )


def make_hybrid(folder: Path, tokenizer_of: Path) -> Path:
    """Write a model whose first layer is of linear attention, and keeps more than keys and values, into `folder`."""
    return _write(
        folder,
        tokenizer_of,
        Qwen3NextConfig(
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            layer_types=["linear_attention", "full_attention"],
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            linear_num_key_heads=2,
            linear_num_value_heads=2,
            linear_key_head_dim=8,
            linear_value_head_dim=8,
            mlp_only_layers=[0, 1],
        ),
    )


def _write(folder: Path, tokenizer_of: Path, config: PreTrainedConfig) -> Path:
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    config.vocab_size = len(tokenizer)
    for token in ("bos_token_id", "eos_token_id", "pad_token_id"):
        setattr(config, token, getattr(tokenizer, token))
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
