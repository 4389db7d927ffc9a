"""A random language model of a linear-attention layer and an attention layer, which keeps more than keys and values."""

from pathlib import Path

import torch
from transformers import AutoTokenizer, Qwen3NextConfig, Qwen3NextForCausalLM


def make(folder: Path, tokenizer_of: Path) -> Path:
    """Write the model into `folder`, with the tokenizer of another one."""
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    config = Qwen3NextConfig(
        vocab_size=len(tokenizer),
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
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    Qwen3NextForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
