"""What answers are checked against and put beside: facts, terms, gene set libraries, and a sentence encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reasonome.annotation.over_representation import GeneSetLibrary, LibrarySet, read_library
from reasonome.annotation.project_files import Sources
from reasonome.background import Background, read_background
from reasonome.encoders import load_encoders, mean_similarity
from reasonome.facts import read_facts
from reasonome.genes import GeneTable
from reasonome.metrics.claims import Knowledge
from reasonome.metrics.naming import Similarity, normalise
from reasonome.project import Project
from reasonome.sources.source import NOT

ONTOLOGY = "GO"  # the library of a background's ontology terms


@dataclass(frozen=True)
class Known:
    """Facts as a table and as what checks claims, terms, libraries of gene sets, and how alike two names are.

    What sources deny checks claims too, and is none of `facts`.
    """

    facts: pd.DataFrame
    claims: Knowledge
    background: Background
    libraries: Sequence[GeneSetLibrary]
    similarity: Similarity | None

    def is_term(self, name: str) -> bool:
        """Whether a term of the background, by name or synonym, or a set of the libraries is called so."""
        wanted = normalise(name)
        return self.background.by_name(wanted) is not None or wanted in self._set_names

    @cached_property
    def _set_names(self) -> frozenset[str]:
        return frozenset(normalise(one.name) for library in self.libraries for one in library.sets.values())


def read_known(project: Project, sources: Sources, genes: GeneTable) -> Known:
    """Read everything once for all sets. InputError as of the readers."""
    found = pd.concat([read_facts(path) for path in sources.facts]).drop_duplicates()
    background = read_background(sources.background)
    libraries = [ontology_library(background)]
    libraries += [read_library(path, genes, name) for name, path in sources.libraries.items()]
    encoders = load_encoders(project, sources.encoders)
    similarity = mean_similarity(list(encoders.values())) if encoders else None
    facts = found[~found["relation"].str.startswith(NOT)]
    return Known(facts, Knowledge(found, background), background, libraries, similarity)


def ontology_library(background: Background) -> GeneSetLibrary:
    """The terms of a background that answers can be linked to, each with the genes of the terms below it."""
    sets = {term.id: LibrarySet(term.name, background.genes(term.id)) for term in background.candidates}
    return GeneSetLibrary(ONTOLOGY, {key: one for key, one in sets.items() if one.symbols})
