"""What answers are checked against: facts, terms, gene set libraries, and sentence encoders."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reasonome.annotation.names import TermNames
from reasonome.annotation.project_files import Sources
from reasonome.config.project import Project
from reasonome.enrichment.over_representation import GeneSetLibrary, read_library
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.corpus import read_facts
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import NOT
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.scoring.encoders import load_encoders, mean_similarity
from reasonome.tasks.base import Similarity
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.claims import Knowledge
from reasonome.tasks.naming.libraries import ontology_libraries


@dataclass(frozen=True)
class Known:
    """What answers are checked against; `similarity` is the mean of the encoders, None without any.

    `claims` also knows the facts that sources deny, which are not in `facts`.
    """

    facts: pd.DataFrame
    claims: Knowledge
    background: Background
    libraries: Sequence[GeneSetLibrary]
    similarity: Similarity | None

    @property
    def library_names(self) -> str:
        """The libraries' names, joined by commas."""
        return ", ".join(library.name for library in self.libraries)

    @cached_property
    def names(self) -> TermNames:
        """The names of the background's terms and their synonyms, of the libraries' sets, and of the facts' objects."""
        terms = self.background.by_id.values()
        sets = [gene_set for library in self.libraries for gene_set in library.sets.values()]
        facts = self.facts[~self.facts["relation"].isin(NAMING | FREE_TEXT)]
        objects = facts[["object_id", "object_name"]].drop_duplicates().itertuples(index=False, name=None)
        many = self.claims.are_most
        named = [(name, many(term.n_genes)) for term in terms for name in (term.name, *term.synonyms)]
        named += [(gene_set.name, many(len(gene_set.symbols))) for gene_set in sets]
        named += [(name, self.claims.holds_for_most(object_id)) for object_id, name in objects]
        return TermNames((name for name, _ in named), (name for name, general in named if not general))

    def main_name(self, name: str) -> str:
        """The main name of the background's term with this name or synonym; else the name unchanged."""
        term = self.background.by_name(normalise(name))
        return name if term is None else term.name

    def holds_for_most(self, term: EnrichedTerm) -> bool:
        """Whether a library's set has so many genes that membership supports nothing."""
        sets = next(library.sets for library in self.libraries if library.name == term.library)
        return self.claims.are_most(len(sets[term.id].symbols))


def read_known(
    project: Project, sources: Sources, background: Background, libraries: Sequence[GeneSetLibrary]
) -> Known:
    """Read everything else, once for all sets. Raises InputError as the readers do."""
    claims = pd.concat([read_facts(path) for path in sources.facts]).drop_duplicates()
    encoders = load_encoders(project.encoders, sources.encoders)
    similarity = mean_similarity(list(encoders.values())) if encoders else None
    facts = claims[~claims["relation"].str.startswith(NOT)]
    return Known(facts, Knowledge(claims, background), background, libraries, similarity)


def read_libraries(sources: Sources, background: Background, genes: GeneTable) -> list[GeneSetLibrary]:
    """The libraries to test against: those of the background's terms that are wanted, then those of the settings."""
    own = [read_library(library.path, genes, name, library.form) for name, library in sources.libraries.items()]
    branches = sources.branches
    return [one for one in ontology_libraries(background) if branches is None or one.name in branches] + own
