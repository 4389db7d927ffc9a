"""A stand-in for torch's varlen attention, which has no kernel for CPUs: as many calls of sdpa as parts."""

import torch
from torch.nn.functional import scaled_dot_product_attention


def part_by_part(query, key, value, queries, keys, *longest, scale, window_size, enable_gqa):
    """What torch's varlen attention computes, which has no kernel for CPUs: the last query sees the last key."""
    assert query.dtype == key.dtype == value.dtype, "the kernel takes one type"
    assert window_size == (-1, 0) and enable_gqa and longest == (queries.diff().max(), keys.diff().max())
    parts = []
    for i in range(len(queries) - 1):
        of_queries, of_keys = slice(*queries[i : i + 2].tolist()), slice(*keys[i : i + 2].tolist())
        states = [
            each[part].transpose(0, 1)[None] for each, part in ((query, of_queries), (key, of_keys), (value, of_keys))
        ]
        mine, seen = (len(each[0, 0]) for each in states[:2])
        mask = torch.ones(mine, seen, dtype=torch.bool).tril(seen - mine)
        attended = scaled_dot_product_attention(*states, attn_mask=mask, scale=scale, enable_gqa=True)
        parts.append(attended[0].transpose(0, 1))
    return torch.cat(parts)
