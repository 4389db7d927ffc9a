"""The files of a project that annotation reads: their paths, for commands and rules, and what is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from reasonome.apps.annotate import enrichr
from reasonome.config.annotations import CURRENT, SHIPPED, Annotation, is_file_name
from reasonome.config.project import Project
from reasonome.config.sources import GMT_FORMATS
from reasonome.config.strict import Name
from reasonome.core.errors import InputError, lookup
from reasonome.core.package import DATA
from reasonome.enrichment.over_representation import GeneSetLibrary, read_library
from reasonome.facts.fetching.pins import check_licence, native
from reasonome.facts.genes import GeneTable
from reasonome.tasks.naming import files
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.libraries import ontology_libraries
from reasonome.tasks.naming.settings import BRANCHES, NamingBenchmark

_BRANCHES = frozenset(BRANCHES.values())
ORTHOLOGUES = DATA / "resources/annotate/mouse_orthologues.tsv.gz"


class Completed(Annotation):
    """Settings with the benchmark that is used."""

    benchmark: Name


class Library(NamedTuple):
    """A GMT of gene sets, its format, one of GMT_FORMATS, and its source; "" for a file of the user's.

    `release` is of a library of Enrichr.
    """

    path: Path
    form: str
    source: str = ""
    release: str = ""


@dataclass(frozen=True)
class Sources:
    """The files of a project that annotation reads, except the sets and the model.

    `authority` is the source of gene symbols, `background` is the table of ontology terms, and `libraries` are by name.
    `branches` are the branches of the ontology that are tested too, None for all.
    """

    authority: str
    authority_files: Sequence[Path]
    background: Path
    libraries: Mapping[str, Library]
    branches: frozenset[str] | None = None


def naming_benchmarks(project: Project) -> dict[str, NamingBenchmark]:
    """The benchmarks of gene-set naming by name."""
    return {name: spec for name, spec in project.benchmarks.items() if isinstance(spec, NamingBenchmark)}


def current_sources(project: Project) -> list[str]:
    """The sources of today's knowledge; none where the project has no benchmark of it."""
    benchmark = naming_benchmarks(project).get(CURRENT.benchmark)
    if benchmark is None:
        return []
    return list(dict.fromkeys([*project.corpora[benchmark.corpus].sources, *CURRENT.libraries]))


def is_fetched(project: Project) -> bool:
    """Whether today's knowledge is here: all files of its sources, pinned."""
    sources = current_sources(project)
    if not sources or not set(sources) <= set(project.sources) & set(project.locked):
        return False
    return all(
        key in project.locked[source].files and path.is_file()
        for source in sources
        for key, path in project.source_files(source).items()
    )


def completed(project: Project, settings: Annotation) -> Completed:
    """The settings with the benchmark, where none is given, and the libraries that are tested beside GO's terms."""
    known = {knowledge.benchmark: knowledge for knowledge in (SHIPPED, CURRENT)}
    default = CURRENT if is_fetched(project) else SHIPPED
    benchmark = settings.benchmark or default.benchmark
    usual = known.get(benchmark, default).libraries if settings.only_libraries is None else ()
    libraries = list(dict.fromkeys([*usual, *settings.libraries]))
    return Completed(**settings.model_dump() | {"benchmark": benchmark, "libraries": libraries})


def tested_sources(project: Project, settings: Annotation) -> Sources:
    """The files that terms are tested with; those of the project need not exist yet.

    Raises InputError for unknown benchmarks and sources, and for a library that is a missing file.
    """
    given = completed(project, settings)
    benchmark = lookup(naming_benchmarks(project), given.benchmark, "benchmark of gene-set naming")
    authority = project.authority(benchmark.corpus)
    return Sources(
        authority=authority,
        authority_files=list(project.source_files(authority).values()),
        background=project.results.background(given.benchmark),
        libraries=_libraries(project, given),
        branches=None if given.only_libraries is None else _BRANCHES & set(given.only_libraries),
    )


def native_files(project: Project, settings: Annotation) -> list[Path]:
    """The native files of all sources that terms and libraries are made of."""
    given = completed(project, settings)
    corpus = project.corpora[files.background_corpus(project, given.benchmark)]
    of_sources = [path for source in corpus.sources for path in project.source_files(source).values()]
    return [*of_sources, *(library.path for library in _libraries(project, given).values())]


def _libraries(project: Project, settings: Completed) -> dict[str, Library]:
    """The libraries of completed settings by their name on pages; InputError for two of one name.

    Sources are called as their collection; a second one of a collection as the source.
    """
    libraries: dict[str, Library] = {}
    field = "libraries" if settings.only_libraries is None else "only_libraries"
    for text in getattr(settings, field):
        if text in _BRANCHES:
            continue
        name, library = _library(project, text, field)
        if name in libraries and library.source:
            name = library.source
        if name in libraries or name in _BRANCHES:
            other = libraries[name].path if name in libraries else "GO's branch"
            what = f"two libraries are called '{name}': {other} and {library.path}"
            raise InputError(what, field=field, fix="rename one of the files")
        libraries[name] = library
    return libraries


def _library(project: Project, name: str, field: str) -> tuple[str, Library]:
    """The name of a library on pages, and the library: a source of sources.yaml, or a file of GMT."""
    if is_file_name(name):
        path = Path(name)
        if not path.is_file():
            raise InputError("there is no such file", file=path, field=field, fix="give a GMT file, or a source")
        return path.name.removesuffix(".gz").removesuffix(".gmt"), Library(path, "gmt")
    if name not in project.sources and (path := enrichr.pinned(project, name)):
        return name, Library(path, "gmt", release=enrichr.release(path))
    spec = lookup(project.sources, name, "source")
    if spec.format not in GMT_FORMATS:
        what = f"source '{name}' has no gene sets in GMT, but the format {spec.format}"
        raise InputError(what, field=field, fix=f"name sources of format {', '.join(GMT_FORMATS)}, or a GMT file")
    check_licence(native(project, name), alone=True)
    return spec.lists or name, Library(project.source_file(name, "gmt"), spec.format, name)


def targets(sources: Sources) -> list[Path]:
    """All files of `sources` as Snakemake targets."""
    return [
        *sources.authority_files,
        sources.background,
        *(library.path for library in sources.libraries.values()),
    ]


def read_libraries(sources: Sources, background: Background, genes: GeneTable) -> list[GeneSetLibrary]:
    """The libraries to test against: those of the background's terms that are wanted, then those of the settings."""
    own = [read_library(library.path, genes, name, library.form) for name, library in sources.libraries.items()]
    branches = sources.branches
    return [one for one in ontology_libraries(background) if branches is None or one.name in branches] + own
