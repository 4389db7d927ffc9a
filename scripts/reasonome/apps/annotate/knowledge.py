"""What answers are checked against: facts, terms of the background, gene set libraries, sentence encoders."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reasonome.apps.annotate.project_files import Sources
from reasonome.config.project import Project
from reasonome.enrichment.over_representation import GeneSetLibrary, read_library
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import NOT, read_facts
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.claims import Knowledge
from reasonome.tasks.naming.libraries import ontology_libraries
from reasonome.tasks.naming.metrics import TermScorer


@dataclass(frozen=True)
class Known:
    """What answers are checked against; `terms` scores names, by words alone where no encoder's weights are here.

    `claims` also knows the facts that sources deny, which are not in `facts`.
    """

    facts: pd.DataFrame
    claims: Knowledge
    terms: TermScorer
    libraries: Sequence[GeneSetLibrary]

    def genes_of(self, term: EnrichedTerm) -> AbstractSet[str]:
        """The human symbols of all genes of a term."""
        background = self.terms.background
        return background.genes(term.id) if term.id in background.by_id else self._sets[term.library, term.id]

    @cached_property
    def _sets(self) -> dict[tuple[str, str], frozenset[str]]:
        return {(library.name, i): one.symbols for library in self.libraries for i, one in library.sets.items()}


def read_known(
    project: Project, sources: Sources, background: Background, libraries: Sequence[GeneSetLibrary]
) -> Known:
    """Read everything else, once for all sets. Raises InputError as the readers do."""
    claims = pd.concat([read_facts(path) for path in sources.facts]).drop_duplicates()
    there = [folder for folder in sources.encoders if (folder / "manifest.json").is_file()]
    facts = claims[~claims["relation"].str.startswith(NOT)]
    scorer = TermScorer(background, load_encoders(project.encoder_folders(folder.name for folder in there)))
    return Known(facts, Knowledge(claims, background), scorer, libraries)


def read_libraries(sources: Sources, background: Background, genes: GeneTable) -> list[GeneSetLibrary]:
    """The libraries to test against: those of the background's terms that are wanted, then those of the settings."""
    own = [read_library(library.path, genes, name, library.form) for name, library in sources.libraries.items()]
    branches = sources.branches
    return [one for one in ontology_libraries(background) if branches is None or one.name in branches] + own
