"""Whether a model is whole: its files are those that its manifest speaks of, and no others."""

from pathlib import Path

from tqdm import tqdm

from reasonome.config.project import chains
from reasonome.config.project.experiments import Results
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256, read_manifest

_TEMPLATES = "additional_chat_templates"  # the one folder in a model's from which transformers loads by itself


def check_model(model: Path, results: Results) -> None:
    """Compare the files of a model with the digests in its manifest.

    InputError names the first that is missing, damaged or another, or was added, and says how it is made again:
    by Snakemake, if the model is one of `results`. Added files that nothing loads do no harm: hidden ones, as Snakemake
    writes, and those in other folders.
    """
    written = read_manifest(model / "manifest.json").get("model", {})
    if not any(name.endswith(".safetensors") for name in written):
        what = "this is no manifest of a model: it has no digest of weights"
        raise _damaged(what, model / "manifest.json", model, results)
    files = {name: model / "model" / name for name in written}
    for path in files.values():
        if not path.is_file():
            raise _damaged("this file of the model is missing", path, model, results)
    there = {*(model / "model").iterdir(), *(model / "model").glob(f"{_TEMPLATES}/*")}
    for path in sorted(there - set(files.values())):
        if path.is_file() and not path.name.startswith("."):
            what = "this file is none of the model's, and may be loaded with it"
            raise InputError(what, file=path, fix="move it out of this folder")
    total = sum(path.stat().st_size for path in files.values())
    with tqdm(total=total, desc="checking the model's files", unit="B", unit_scale=True, delay=5) as bar:
        for name, digest in written.items():
            if file_sha256(files[name], bar.update) != digest:
                what = "the weights are not those" if name.endswith(".safetensors") else "this file is not that"
                raise _damaged(f"{what} of the manifest: damaged, or changed since", files[name], model, results)


def _damaged(what: str, path: Path, model: Path, results: Results) -> InputError:
    made = results.model(model.parent.name, model.name)
    if model.resolve() != made.resolve():
        fix = f"copy {model} again from where it came: it lies outside {results.root}, so that Snakemake cannot make it"
    else:
        again = "fetch it" if model.name == chains.BASE else "train it"
        fix = f"remove {made} and {again} again: snakemake --cores 2 {made / 'manifest.json'}"
    return InputError(what, file=path, fix=fix)
