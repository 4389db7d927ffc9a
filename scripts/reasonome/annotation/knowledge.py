"""What answers are checked against: facts, terms, gene set libraries, and sentence encoders."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reasonome.annotation.project_files import Sources
from reasonome.annotation.vocabulary import KnownTerm, Vocabulary
from reasonome.config.project import Project
from reasonome.enrichment.over_representation import GeneSetLibrary, read_library
from reasonome.facts.corpus import read_facts
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import NOT
from reasonome.facts.wording import FREE_TEXT, NAMING
from reasonome.scoring.encoders import load_encoders, mean_similarity
from reasonome.task import Similarity
from reasonome.tasks.naming.background import Background, library_of, ontology_libraries
from reasonome.tasks.naming.claims import Knowledge


@dataclass(frozen=True)
class Known:
    """What answers are checked against; `similarity` is the mean of the encoders whose weights are here, None without.

    `claims` also knows the facts that sources deny, which are not in `facts`.
    """

    facts: pd.DataFrame
    claims: Knowledge
    background: Background
    libraries: Sequence[GeneSetLibrary]
    similarity: Similarity | None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The background's terms that have genes, the libraries' sets, and what facts say of genes."""
        terms = [
            KnownTerm(library_of(term), term.id, term.name, term.synonyms)
            for term in self.background.by_id.values()
            if term.n_genes
        ]
        known = {term.id for term in terms}
        for library in self.libraries:
            terms += [KnownTerm(library.name, i, one.name) for i, one in library.sets.items() if i not in known]
        known |= {term.id for term in terms}
        facts = self.facts[~self.facts["relation"].isin(NAMING | FREE_TEXT)]
        objects = facts[["object_id", "object_name"]].drop_duplicates("object_id").itertuples(index=False, name=None)
        return Vocabulary([*terms, *(KnownTerm("", i, name) for i, name in objects if i not in known)])

    def genes_with(self, term: KnownTerm, symbols: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """Those of the symbols that have the term, and how many genes are known to."""
        if term.id in self.background.by_id:
            genes = self.background.genes(term.id)
        elif term.key in self._sets:
            genes = self._sets[term.key]
        else:
            found = tuple(symbol for symbol in symbols if term.id in self.claims.objects(symbol))
            return found, self.claims.n_genes(term.id)
        return tuple(symbol for symbol in symbols if symbol in genes), len(genes)

    @cached_property
    def _sets(self) -> dict[tuple[str, str], frozenset[str]]:
        return {(library.name, i): one.symbols for library in self.libraries for i, one in library.sets.items()}


def read_known(
    project: Project, sources: Sources, background: Background, libraries: Sequence[GeneSetLibrary]
) -> Known:
    """Read everything else, once for all sets. Raises InputError as the readers do."""
    claims = pd.concat([read_facts(path) for path in sources.facts]).drop_duplicates()
    there = [folder for folder in sources.encoders if (folder / "manifest.json").is_file()]
    encoders = load_encoders(project.encoders, there)
    similarity = mean_similarity(list(encoders.values())) if encoders else None
    facts = claims[~claims["relation"].str.startswith(NOT)]
    return Known(facts, Knowledge(claims, background), background, libraries, similarity)


def read_libraries(sources: Sources, background: Background, genes: GeneTable) -> list[GeneSetLibrary]:
    """The libraries to test against: those of the background's terms that are wanted, then those of the settings."""
    own = [read_library(library.path, genes, name, library.form) for name, library in sources.libraries.items()]
    branches = sources.branches
    return [one for one in ontology_libraries(background) if branches is None or one.name in branches] + own
