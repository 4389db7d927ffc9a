"""Shapes of models with random weights, as arguments of LlamaConfig."""

TINY = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
TINY |= {"num_key_value_heads": 2, "vocab_size": 4096, "tie_word_embeddings": True}
# As the config.json of the backbones of these names has them.
SHAPES = {
    "smollm2-135m": {
        **{"hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "num_attention_heads": 9},
        **{"num_key_value_heads": 3, "vocab_size": 49152, "tie_word_embeddings": True},
    },
    "llama-3.2-1b": {
        **{"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32},
        **{"num_key_value_heads": 8, "vocab_size": 128256, "tie_word_embeddings": True, "head_dim": 64},
    },
    "llama-3.2-3b": {
        **{"hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28, "num_attention_heads": 24},
        **{"num_key_value_heads": 8, "vocab_size": 128256, "tie_word_embeddings": True, "head_dim": 128},
    },
    "llama-3.1-8b": {
        **{"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32},
        **{"num_key_value_heads": 8, "vocab_size": 128256, "tie_word_embeddings": False},
    },
}
