"""A cache of keys and values that grows by many tokens at once, for generation on a CPU.

The cache of transformers copies all keys and values of a layer for each new token, which is a tenth of the time of a
batch of 32 prompts.
"""

import torch
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer

ROOM = 64  # tokens that fit before the next copy


def growing_cache(config: PreTrainedConfig) -> DynamicCache:
    """An empty cache for models of this configuration; layers with a window or a state stay those of transformers."""
    cache = DynamicCache(config=config)
    cache.layers = [_GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


class _GrowingLayer(DynamicLayer):
    """A layer whose keys and values are the first tokens of longer tensors."""

    _storage: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args, **kwargs):
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held = self.get_seq_length()
        length = held + key_states.shape[-2]
        if self._storage is None or self._storage[0].shape[-2] < length:
            self._storage = (self._grown(self.keys, key_states, length), self._grown(self.values, value_states, length))
        keys, values = self._storage
        keys[..., held:length, :] = key_states
        values[..., held:length, :] = value_states
        self.keys, self.values = keys[..., :length, :], values[..., :length, :]
        return self.keys, self.values

    def _grown(self, held: torch.Tensor, new: torch.Tensor, length: int) -> torch.Tensor:
        grown = new.new_empty((*new.shape[:-2], length + ROOM, new.shape[-1]))
        if held.numel():
            grown[..., : held.shape[-2], :] = held
        return grown
