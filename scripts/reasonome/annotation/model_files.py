"""Whether a model is whole: its files are those that its manifest speaks of, and no others."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from reasonome.config.project import chains
from reasonome.config.project.experiments import Results
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256, read_manifest
from reasonome.report.model_steps import models_of

_TEMPLATES = "additional_chat_templates"  # the one folder in a model's from which transformers loads by itself


def check_model(model: Path, results: Results) -> None:
    """Compare the files of a model with the digests in its manifest, and read its parents' manifests.

    InputError names the first that is missing, damaged or another, or was added, and says how it is made again:
    by Snakemake, if the model is one of `results`. Added files that nothing loads do no harm: hidden ones, as Snakemake
    writes, and those in other folders.
    """
    written = _digests(model, results)
    files = {name: model / "model" / name for name in written}
    for path in files.values():
        if not path.is_file():
            raise _damaged("this file of the model is missing", path, model, results)
    for path in _added(model / "model", written):
        raise InputError(
            "this file is none of the model's, and may be loaded with it", file=path, fix="move it out of this folder"
        )
    total = sum(path.stat().st_size for path in files.values())
    with tqdm(total=total, desc="checking the model's files", unit="B", unit_scale=True, delay=5) as bar:
        for name, digest in written.items():
            if file_sha256(files[name], bar.update) != digest:
                what = "the weights are not those" if name.endswith(".safetensors") else "this file is not that"
                raise _damaged(f"{what} of the manifest: damaged, or changed since", files[name], model, results)
    for chain in models_of(model.name):
        _check_step(model.with_name(chain), results)


def _added(folder: Path, written: Collection[str]) -> list[Path]:
    """Files that may be loaded because they are there, and that the manifest does not speak of."""
    there = [path for path in (*folder.iterdir(), *folder.glob(f"{_TEMPLATES}/*")) if path.is_file()]
    shown = [path for path in there if not path.name.startswith(".")]
    return sorted(path for path in shown if path.relative_to(folder).as_posix() not in written)


def _digests(model: Path, results: Results) -> Mapping[str, str]:
    written = _manifest(model, results).get("model")
    digests = written if isinstance(written, dict) else {}
    if not any(name.endswith(".safetensors") for name in digests):
        what = "this is no manifest of a model: it has no digest of weights"
        raise _damaged(what, model / "manifest.json", model, results)
    return digests


def _check_step(model: Path, results: Results) -> None:
    manifest = _manifest(model, results)
    if model.name == chains.BASE:
        return
    if not (isinstance(manifest.get("step"), str) and isinstance(manifest.get("recipe"), dict)):
        what = "this is no manifest of a step of training: it has no step and recipe"
        raise _damaged(what, model / "manifest.json", model, results)


def _manifest(model: Path, results: Results) -> dict[str, Any]:
    path = model / "manifest.json"
    if not path.is_file():
        raise _damaged("this manifest is missing, and the model or one made from it needs it", path, model, results)
    try:
        found = read_manifest(path)
    except (ValueError, RecursionError):
        raise _damaged("this manifest is damaged: it is not JSON in UTF-8", path, model, results) from None
    if not isinstance(found, dict):
        raise _damaged("this manifest is damaged: it is no JSON object", path, model, results)
    return found


def _damaged(what: str, path: Path, model: Path, results: Results) -> InputError:
    made = results.model(model.parent.name, model.name)
    if model.resolve() != made.resolve():
        fix = f"copy {model} again from where it came: it lies outside {results.root}, so that Snakemake cannot make it"
    else:
        again = "fetch it" if model.name == chains.BASE else "train it"
        fix = f"remove {made} and {again} again: snakemake --cores 2 {made / 'manifest.json'}"
    return InputError(what, file=path, fix=fix)
