"""Gene set libraries for over-representation analysis: the branches of GO in a background, and sources of gene sets."""

from collections.abc import Iterable, Sequence

from reasonome.enrichment.over_representation import GeneSetLibrary, LibrarySet, OverRepresentation, default_universe
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
    names: Sequence[str], background: Background, own: Iterable[GeneSetLibrary]
) -> list[GeneSetLibrary]:
    """The libraries of these names: those of sources, which are given, or of the background."""
    known = {library.name: library for library in [*ontology_libraries(background), *own]}
    return [known[name] for name in names if name in known]
