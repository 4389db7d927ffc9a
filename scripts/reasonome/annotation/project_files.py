"""The files of a project that annotation reads: their paths, for commands and rules, and checks of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from reasonome.config import GMT_FORMATS, Annotation
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import Results
from reasonome.core.errors import InputError, lookup
from reasonome.core.manifest import file_sha256, read_manifest
from reasonome.tasks.naming import files
from reasonome.tasks.naming.settings import NamingBenchmark

ORTHOLOGUES = Path("resources/annotate/mouse_orthologues.tsv.gz")


@dataclass(frozen=True)
class Sources:
    """The files of a project that annotation reads, except the sets and the model.

    `authority` are the files of the source of gene symbols by key, `facts` tables of facts, `background` the table of
    ontology terms, `encoders` folders, `libraries` GMT files by name.
    """

    authority: Mapping[str, Path]
    authority_format: str
    facts: Sequence[Path]
    background: Path
    encoders: Sequence[Path]
    libraries: Mapping[str, Path]


def naming_benchmarks(project: Project) -> dict[str, NamingBenchmark]:
    """The benchmarks of gene-set naming by name."""
    return {name: spec for name, spec in project.benchmarks.items() if isinstance(spec, NamingBenchmark)}


def answer_sources(project: Project, settings: Annotation) -> Sources:
    """The files that check answers; they need not exist yet. Raises InputError for unknown benchmarks and sources."""
    results = Results(project.settings.results)
    benchmark = lookup(naming_benchmarks(project), settings.benchmark, "benchmark of gene-set naming")
    authority = project.authority(benchmark.corpus)
    libraries = {}
    for name in settings.libraries:
        spec = lookup(project.sources, name, "source")
        if spec.format not in GMT_FORMATS:
            what = f"source '{name}' has no gene sets in GMT, but the format {spec.format}"
            raise InputError(what, field="libraries", fix=f"name sources of format {', '.join(GMT_FORMATS)}")
        libraries[name] = results.source_file(name, "gmt", spec.files["gmt"])
    return Sources(
        authority={
            key: results.source_file(authority, key, spec) for key, spec in project.sources[authority].files.items()
        },
        authority_format=project.sources[authority].format,
        facts=files.judging_facts(project, settings.benchmark),
        background=results.background(settings.benchmark),
        encoders=[results.encoder(name) for name in benchmark.encoders],
        libraries=libraries,
    )


def targets(sources: Sources) -> list[Path]:
    """All files of `sources` as Snakemake targets; an encoder's target is its manifest."""
    return [
        *sources.authority.values(),
        *sources.facts,
        sources.background,
        *(folder / "manifest.json" for folder in sources.encoders),
        *sources.libraries.values(),
    ]


def check_there(sources: Sources) -> None:
    """Raise InputError for files that Snakemake has not made yet, with the command that makes them."""
    missing = [path for path in targets(sources) if not path.is_file()]
    if missing:
        what = "facts, terms or encoders by which answers are checked were not made yet"
        fix = f"snakemake --cores 2 {' '.join(map(str, missing))}"
        raise InputError(what, file=missing[0], fix=fix)


def model_engine(project: Project, model: Path) -> str:
    """The engine of the backbone in whose folder the model lies; "transformers" for other folders."""
    backbone = project.backbones.get(model.parent.name)
    return backbone.engine if backbone else "transformers"


def model_folder(project: Project, model: str) -> Path:
    """The folder of a model, from its path or its name below results/models: `BACKBONE/CHAIN`. Raises InputError."""
    root = Results(project.settings.results).root / "models"
    location = Path(os.path.abspath(model))  # resolves `.` and `..`, but keeps the names of links
    for folder in (location.parent if location.name == "model" else location, root / model):
        if (folder / "manifest.json").is_file() and (folder / "model").is_dir():
            return folder
    finished = sorted(path.parent.relative_to(root).as_posix() for path in root.glob("*/*/manifest.json"))
    listed = ", ".join(finished[:8]) if finished else "none yet; `make demo` trains some"
    raise InputError(f"'{model}' is no finished model", field="--model", fix=f"finished models: {listed}")


def check_model(model: Path, results: Results) -> None:
    """Compare the files of a model with the digests in its manifest.

    Raises InputError for the first missing, changed or added file, with the way to make it again: by Snakemake, if the
    model is one of `results`. Added files that nothing loads are allowed: hidden ones, as Snakemake writes, and those
    in other folders.
    """
    written = read_manifest(model / "manifest.json").get("model", {})
    if not any(name.endswith(".safetensors") for name in written):
        what = "this manifest has no digest of a model's weights"
        raise _damaged(what, model / "manifest.json", model, results)
    files = {name: model / "model" / name for name in written}
    for path in files.values():
        if not path.is_file():
            raise _damaged("this file of the model is missing", path, model, results)
    for path in sorted(set((model / "model").iterdir()) - set(files.values())):
        if path.is_file() and not path.name.startswith("."):
            what = "this file is not in the model's manifest, and may be loaded with the model"
            raise InputError(what, file=path, fix="move it out of this folder")
    for name, digest in tqdm(written.items(), desc="checking the model's files", delay=5):
        if file_sha256(files[name]) != digest:
            what = "the weights are not those" if name.endswith(".safetensors") else "this file is not that"
            raise _damaged(f"{what} of the manifest: damaged, or changed since", files[name], model, results)


def _damaged(what: str, path: Path, model: Path, results: Results) -> InputError:
    expected = results.model(model.parent.name, model.name)
    if model.resolve() != expected.resolve():
        fix = f"copy {model} again from where it came: it lies outside {results.root}, so that Snakemake cannot make it"
    else:
        again = "fetch it" if model.name == chains.BASE else "train it"
        fix = f"remove {expected} and {again} again: snakemake --cores 2 {expected / 'manifest.json'}"
    return InputError(what, file=path, fix=fix)
