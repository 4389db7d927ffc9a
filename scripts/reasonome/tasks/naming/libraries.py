"""Gene set libraries for over-representation analysis: the branches of GO in a background, and sources of gene sets."""

from collections.abc import Sequence

from reasonome.config.project import Project
from reasonome.enrichment.over_representation import (
    GeneSetLibrary,
    LibrarySet,
    OverRepresentation,
    default_universe,
    read_library,
)
from reasonome.facts.genes import GeneTable
from reasonome.tasks.naming.background import Background, BackgroundTerm
from reasonome.tasks.naming.settings import BRANCHES


def ontology_libraries(background: Background) -> list[GeneSetLibrary]:
    """The background's candidate terms, a library for each branch of GO, other ontology and source of sets.

    Each term has the genes of the terms below it too.
    """
    sets: dict[str, dict[str, LibrarySet]] = {}
    for term in background.candidates:
        if genes := background.genes(term.id):
            sets.setdefault(library_of(term), {})[term.id] = LibrarySet(term.name, genes)
    return [GeneSetLibrary(name, sets[name]) for name in sorted(sets)]


def library_of(term: BackgroundTerm) -> str:
    """The name of the library that a background's term is of."""
    return BRANCHES.get(term.namespace) or term.namespace or term.source


def background_tests(background: Background, genes: GeneTable) -> OverRepresentation:
    """The over-representation analysis of a background's terms among all coding genes. InputError as it raises."""
    libraries = ontology_libraries(background)
    return OverRepresentation(libraries, default_universe(genes, libraries))


def named_libraries(
    project: Project, names: Sequence[str], background: Background, genes: GeneTable
) -> list[GeneSetLibrary]:
    """The libraries of these names: sources of the project, or of the background. Raises InputError as the reader."""
    known = {library.name: library for library in ontology_libraries(background)}
    for name in filter(project.sources.__contains__, names):
        known[name] = read_library(project.source_file(name, "gmt"), genes, name, project.sources[name].format)
    return [known[name] for name in names if name in known]
