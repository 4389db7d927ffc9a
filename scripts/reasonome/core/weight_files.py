"""Which files of a folder hold a model's weights as transformers loads them."""

import json
from fnmatch import fnmatch
from pathlib import Path

INDEX = "model.safetensors.index.json"
# The same weights again in Mistral's own format, and its settings: transformers loads none of it, and vLLM would take
# it in place of the other files.
OTHER_FORMATS = ("consolidated*", "params.json")


def weight_files(folder: Path) -> list[Path]:
    """The safetensors of a model folder, in order: those that its index names, or all where it has none."""
    index = folder / INDEX
    if index.is_file():
        named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [folder / name for name in sorted(set(named))]
    return sorted(path for path in folder.glob("*.safetensors") if not in_other_format(path))


def in_other_format(path: Path) -> bool:
    """Whether a file of a model repository is of another format than transformers'."""
    return any(fnmatch(path.name, pattern) for pattern in OTHER_FORMATS)
