"""What an annotation needs and nobody has made yet, and today's knowledge: made once, in a project by Snakemake."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock

from reasonome.answering.asked_model import AskedModel
from reasonome.apps.annotate.project_files import (
    current_sources,
    native_files,
    targets,
    tested_sources,
)
from reasonome.cluster import snakemake_lock
from reasonome.cluster.plan import configuration
from reasonome.compile.facts import facts_settings
from reasonome.config.annotations import CURRENT, Annotation
from reasonome.config.backbones import AdapterWeights
from reasonome.config.project import Project, chains
from reasonome.config.project.folder import checkout, without_checkout
from reasonome.config.project.references import is_ours
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError, lookup
from reasonome.core.manifest import canonical, file_sha256, text_sha256
from reasonome.core.package import DATA
from reasonome.core.terminal import say
from reasonome.facts import corpus
from reasonome.facts.fetching import pins
from reasonome.task_parts import BenchmarkJob
from reasonome.tasks import Given, load_project, open_project
from reasonome.tasks.naming import background_table
from reasonome.tasks.naming.files import background_corpus

PACKAGED = DATA / "config"  # the settings of over-representation alone


def annotation_project(config: Path, given: Given, model: str | None) -> Project:
    """The project of a config folder, or of the package where there is none here, none is named and none is needed."""
    if model is not None or config != Path("config") or is_ours(config):
        return load_project(config, given)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    # Terms are those of an equal code and equal sources.
    parts = [code_sha256(corpus.__file__, background_table.__file__), file_sha256(PACKAGED / "sources.lock.yaml")]
    return open_project(
        PACKAGED, {"results": str(cache / "reasonome" / text_sha256(canonical(parts))[:12]), **dict(given)}
    )


def made_with_model(
    project: Project, settings: Annotation, model: str | None, find: Callable[[str], AskedModel]
) -> AskedModel | None:
    """The model as `find` finds it, once what is missing is made; None for None.

    A model that is not there is an error before the minutes of making; an adapter and its backbone are made too.
    """
    found = find(model) if model and not _is_adapter(project, model) else None
    make_missing(project, settings, model)
    return found or (find(model) if model else None)


def _is_adapter(project: Project, model: str) -> bool:
    backbone = project.backbones.get(model)
    return backbone is not None and isinstance(backbone.weights, AdapterWeights)


def make_missing(project: Project, settings: Annotation, model: str | None) -> None:
    """Make the terms, and the weights of a `model` that is a backbone with an adapter.

    In a project nothing is made where native files of the sources are not here: they may be large, and whoever wants
    them fetches them. Snakemake's progress goes to the terminal. One process makes, others wait for it. InputError
    where a rule fails, for native files that the package lacks, and as of `tested_sources`.
    """
    needed = targets(tested_sources(project, settings))
    if not all(path.is_file() for path in native_files(project, settings)):
        if project.root == PACKAGED:
            raise without_checkout(Path("config"))
        return
    if model and _is_adapter(project, model):
        needed.append(project.results.model(model, chains.BASE) / "manifest.json")
    if not all(path.is_file() for path in needed):
        make(project, needed)


def make(project: Project, needed: Sequence[Path]) -> None:
    """Make those of the files that are not there, by Snakemake's rules; other processes wait. InputError as above."""
    project.results.root.mkdir(parents=True, exist_ok=True)
    with FileLock(project.results.root / ".making.lock"):
        if missing := [path for path in needed if not path.is_file()]:
            say(f"made now, once; later runs need no network: {', '.join(map(str, missing))}")
            if project.root == PACKAGED:
                _make_backgrounds(project, missing)
            else:
                _run_rules(project, missing)


def _make_backgrounds(project: Project, missing: Sequence[Path]) -> None:
    """Make backgrounds, each called as its benchmark: the package has all else that terms are tested with."""
    for path in missing:
        name = background_corpus(project, path.stem)
        corpus.write_facts(corpus.facts_of_corpus(facts_settings(project, name)), project.results.facts(name).parent)
        task, benchmark = project.task(path.stem), project.benchmarks[path.stem]
        files = task.files.background(project, path.stem).files
        task.background.build(BenchmarkJob(benchmark=benchmark, style=None, files=files), path)


def _run_rules(project: Project, missing: Sequence[Path]) -> None:
    folder = checkout(project.root)
    if told := snakemake_lock.release(folder.resolve() / "scripts"):
        say(told)
    words = ["--cores", str(len(os.sched_getaffinity(0))), *configuration(project)]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(folder / "Snakefile"), *words]
    status = subprocess.run([*command, "--quiet", "rules", "host", "--", *map(str, missing)]).returncode
    if status:
        what = f"Snakemake ended with status {status}; what went wrong stands above"
        fix = f"once it is put right, run this again, or snakemake --cores 2 {' '.join(map(str, missing))}"
        raise InputError(what, file=missing[0], fix=fix)


def update(project: Project) -> Iterator[str]:
    """Fetch the sources of today's knowledge anew, pin them, and make facts and terms of them.

    Yields a sentence on each file. What was made of an earlier file goes as soon as another is there. Raises InputError
    where the project has no benchmark of today's knowledge, for a file that cannot be fetched, after which its source
    stays as it was, and where a rule fails.
    """
    benchmark = lookup(project.benchmarks, CURRENT.benchmark, "benchmark")
    facts, background = project.results.facts(benchmark.corpus), project.results.background(CURRENT.benchmark)
    for source in current_sources(project):
        lookup(project.sources, source, "source")
        before = project.locked.get(source)
        files = pins.pin(project, source, anew=True).files
        known = before.files if before else {}
        if any(pins.differs(known.get(key), file) for key, file in files.items()):
            background.unlink(missing_ok=True)
            shutil.rmtree(facts.parent, ignore_errors=True)
        yield from pins.told(source, before, files)
    make(project, [facts, background])
