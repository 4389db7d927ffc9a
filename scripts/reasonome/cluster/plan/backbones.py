"""How large a backbone is: counted in its weights where they were fetched, else by its name, else unknown."""

import json
import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from reasonome.cluster.plan.estimates import Estimate, counted, unknown
from reasonome.config import Backbone, HubWeights
from reasonome.core.errors import InputError


@dataclass(frozen=True)
class Shape:
    """What of a model's config.json decides the memory of what passes through it.

    `cached` are the numbers that a layer keeps of a token while an answer is drawn: its keys and values.
    """

    layers: int
    hidden: int
    vocabulary: int
    cached: int


def parameters(name: str, backbone: Backbone, folder: Path) -> Estimate:
    """Parameters of a backbone whose weights would lie in `folder`; by name it is `assumed`."""
    if shards := sorted(folder.glob("*.safetensors")):
        return counted(sum(_elements(shard) for shard in shards), "parameters counted in its weights")
    names = [name, *([backbone.weights.repository] if isinstance(backbone.weights, HubWeights) else [])]
    for text in names:
        if found := re.search(r"(?<![\d.])(\d+(?:\.\d+)?)(b|m)(?![a-z0-9])", text.lower()):
            size = float(found[1]) * (1e9 if found[2] == "b" else 1e6)
            return Estimate(size, "assumed", f"{found[0].upper()} parameters by its name")
    return unknown(f"size of {name}: not fetched, and its name does not say it")


def shape(folder: Path) -> Shape | None:
    """The shape of a model, if it was fetched and its config.json says it in the usual words."""
    path = folder / "config.json"
    if not path.is_file():
        return None
    config = json.loads(path.read_text(encoding="utf-8"))
    layers, hidden, vocabulary, heads = values = [
        config.get(key) for key in ("num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads")
    ]
    if not all(isinstance(value, int) for value in values):
        return None
    each = config.get("head_dim") or hidden // heads
    return Shape(layers, hidden, vocabulary, 2 * (config.get("num_key_value_heads") or heads) * each)


def _elements(shard: Path) -> int:
    """Numbers in a safetensors file, from its header: 8 bytes with its length, then JSON."""
    with open(shard, "rb") as handle:
        start = handle.read(8)
        try:
            header = json.loads(handle.read(struct.unpack("<Q", start)[0]))
        except (struct.error, ValueError, OverflowError, MemoryError):
            raise InputError("these are no safetensors", file=shard, fix="fetch the weights again") from None
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
