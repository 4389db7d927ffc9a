"""What is known beside a model's ranking, or without a model: the genes, their phenotypes, and the diseases of both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from reasonome.facts.sources.hpo import disease_page
from reasonome.prioritisation.questions import Question
from reasonome.prioritisation.record import AgainstIt, KnownDisease
from reasonome.tasks.ranking.loci import LocusMaker
from reasonome.tasks.ranking.phenotypes import Against, DiseaseFit, PhenotypeOverlap, counted_terms, fits, gene_fit
from reasonome.tasks.ranking.questions import RankedGene

_SYMBOLS = ("current", "previous", "alias")  # ways to resolve a text that an answer may use: no numbers of databases
_DISEASES = 5  # of a gene, at most


@dataclass(frozen=True)
class Known:
    """The genes of the authority, and HPO's phenotypes of genes and names of diseases where they are there."""

    maker: LocusMaker
    overlap: PhenotypeOverlap | None
    disease_names: Mapping[str, str] = field(default_factory=dict)

    def symbol(self, written: str) -> str | None:
        """The current symbol of a human gene that an answer names; None for any other text."""
        resolution = self.maker.genes.resolve(written)
        return resolution.symbol if resolution.how.startswith(_SYMBOLS) else None

    def gene(self, symbol: str, question: Question) -> RankedGene:
        """A gene as the question has it; else as questions would."""
        return question.by_symbol.get(symbol) or self.maker.ranked(symbol)

    def fits(self, question: Question) -> dict[str, tuple[float, float]]:
        """(phenotype overlap, fit) of each gene that may be the answer to a case; of any gene, those that overlap."""
        if self.overlap is None or question.record.kind == "locus":
            return {}
        if question.candidates:
            scores = fits(question.example, question.candidates, self.overlap)
            return dict(zip((gene.symbol for gene in question.candidates), scores, strict=True))
        places = np.flatnonzero(self.overlap.all_scores(question.example))
        genes = [RankedGene(symbol=self.overlap.genes[place]) for place in places]
        scores = zip(places, fits(question.example, genes, self.overlap), strict=True)
        found: dict[str, tuple[float, float]] = {}
        for place, score in sorted(scores, key=lambda one: -one[1][0]):
            if symbol := self._symbols_of_hpo[place]:
                found.setdefault(symbol, score)
        return found

    def diseases(self, gene: RankedGene, question: Question) -> list[KnownDisease]:
        """The diseases of a gene that share a phenotype with a case, the best first, and what is against each."""
        if self.overlap is None or question.record.kind == "locus":
            return []
        present, absent = counted_terms(question.example, self.overlap)
        found = gene_fit(gene, present, absent, self.overlap, 0).diseases
        return [self._disease(one) for one in found if one.overlap > 0][:_DISEASES]

    def _disease(self, one: DiseaseFit) -> KnownDisease:
        return KnownDisease(
            id=one.disease,
            name=self.disease_names.get(one.disease, ""),
            link=disease_page(one.disease),
            fit=round(one.fit, 4),
            against=[self._against(absent) for absent in one.against],
        )

    def _against(self, one: Against) -> AgainstIt:
        terms = self.overlap.ontology.terms
        labels = {"label": terms[one.term].name, "known_label": terms[one.known].name}
        return AgainstIt(id=one.term, known_id=one.known, stated=one.stated, **labels)

    @cached_property
    def _symbols_of_hpo(self) -> list[str | None]:
        return [self.maker.genes.resolve(symbol).symbol for symbol in self.overlap.genes]
