"""Whether a model is whole: the files that are loaded are those that its manifest speaks of."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from reasonome import chains
from reasonome.errors import InputError
from reasonome.manifest import read_manifest

_PIECE = 1 << 24  # bytes that are read at a time
_LOADED = (".safetensors", ".json")  # endings of files that are loaded because they are there


def check_model(model: Path) -> None:
    """Compare the files of a model with the digests in its manifest, and read its parents' manifests.

    InputError names the first that is missing, damaged or another, or was added.
    """
    written = _digests(model)
    there = {path.relative_to(model / "model").as_posix(): path for path in (model / "model").rglob("*")}
    files = {name: model / "model" / name for name in written}
    for path in files.values():
        if not path.is_file():
            raise _of_model("this file of the model is missing", path, model)
    for name in sorted(there.keys() - written.keys()):
        if name.endswith(_LOADED):
            raise _of_model("this file is none of the model's, and would be loaded with it", there[name], model)
    total = sum(path.stat().st_size for path in files.values())
    with tqdm(total=total, desc="checking the model's files", unit="B", unit_scale=True, delay=5) as bar:
        for name, digest in written.items():
            if _sha256(files[name], bar) != digest:
                what = "the weights are not those" if name.endswith(".safetensors") else "this file is not that"
                raise _of_model(f"{what} of the manifest: damaged, or changed since", files[name], model)
    _check_parents(model)


def _digests(model: Path) -> Mapping[str, str]:
    path = model / "manifest.json"
    written = _manifest(path, model).get("model")
    digests = written if isinstance(written, dict) else {}
    if not any(name.endswith(".safetensors") for name in digests):
        raise _of_model("this is no manifest of a model: it has no digest of weights", path, model)
    return digests


def _check_parents(model: Path) -> None:
    name = model.name
    while name != chains.BASE:
        _check_step(model.with_name(name) / "manifest.json", model)
        name = chains.parent(name)
    _manifest(model.with_name(name) / "manifest.json", model)


def _check_step(path: Path, model: Path) -> None:
    manifest = _manifest(path, model)
    if not (isinstance(manifest.get("step"), str) and isinstance(manifest.get("recipe"), dict)):
        raise _of_model("this is no manifest of a step of training: it has no step and recipe", path, model)


def _manifest(path: Path, model: Path) -> dict[str, Any]:
    try:
        found = read_manifest(path)
    except (ValueError, RecursionError):
        raise _of_model("this manifest is damaged: it is not JSON in UTF-8", path, model) from None
    if not isinstance(found, dict):
        raise _of_model("this manifest is damaged: it is no JSON object", path, model)
    return found


def _sha256(path: Path, bar: tqdm) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while piece := handle.read(_PIECE):
            digest.update(piece)
            bar.update(len(piece))
    return digest.hexdigest()


def _of_model(what: str, path: Path, model: Path) -> InputError:
    fix = f"remove {model} and train it again: snakemake --cores 2 {model / 'manifest.json'}"
    return InputError(what, file=path, fix=fix)
