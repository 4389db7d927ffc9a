"""How large a backbone is: counted in its weights where they were fetched, else by its name, else unknown."""

import json
import math
import re
import struct
from pathlib import Path

from reasonome.cluster.plan.estimates import Estimate, counted, unknown
from reasonome.config import AdapterWeights, Backbone, HubWeights
from reasonome.core.errors import InputError
from reasonome.facts.fetching.weights import weight_files


def parameters(name: str, backbone: Backbone, folder: Path) -> Estimate:
    """Parameters of a backbone whose weights would lie in `folder`; by name it is `assumed`."""
    if shards := weight_files(folder):
        return counted(sum(_elements(shard) for shard in shards), "parameters counted in its weights")
    names = [name, *([backbone.weights.repository] if isinstance(backbone.weights, HubWeights) else [])]
    names += [backbone.weights.backbone] if isinstance(backbone.weights, AdapterWeights) else []
    for text in names:
        if written := re.search(r"(?<![\d.])(\d+(?:\.\d+)?)(b|m)(?![a-z0-9])", text.lower()):
            size = float(written[1]) * (1e9 if written[2] == "b" else 1e6)
            return Estimate(size, "assumed", f"{written[0].upper()} parameters by its name")
    return unknown(f"size of {name}: not fetched, and its name does not say it")


def _elements(shard: Path) -> int:
    """Numbers in a safetensors file, from its header: 8 bytes with its length, then JSON."""
    with open(shard, "rb") as handle:
        start = handle.read(8)
        try:
            header = json.loads(handle.read(struct.unpack("<Q", start)[0]))
        except (struct.error, ValueError, OverflowError, MemoryError):
            raise InputError("these are no safetensors", file=shard, fix="fetch the weights again") from None
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
