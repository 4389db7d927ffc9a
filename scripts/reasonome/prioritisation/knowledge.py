"""What is known beside a model's ranking: the genes, and which phenotypes they have."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reasonome.prioritisation.questions import Question
from reasonome.tasks.ranking.loci import LocusMaker
from reasonome.tasks.ranking.phenotype_overlap import PhenotypeOverlap
from reasonome.tasks.ranking.questions import RankedGene

_SYMBOLS = ("current", "previous", "alias")  # ways to resolve a text that an answer may use: no numbers of databases


@dataclass(frozen=True)
class Known:
    """The genes of the authority, and HPO's phenotypes of genes where they are there."""

    maker: LocusMaker
    overlap: PhenotypeOverlap | None

    def symbol(self, written: str) -> str | None:
        """The current symbol of a human gene that an answer names; None for any other text."""
        resolution = self.maker.genes.resolve(written)
        return resolution.symbol if resolution.how.startswith(_SYMBOLS) else None

    def gene(self, symbol: str, question: Question) -> RankedGene:
        """A gene as the question has it; else as questions would."""
        return question.by_symbol.get(symbol) or self.maker.ranked(symbol)

    def overlaps(self, question: Question) -> dict[str, float]:
        """The phenotype overlap of each gene that may be the answer to a case; of any gene, those above 0."""
        if self.overlap is None or question.record.kind == "locus":
            return {}
        if question.candidates:
            scores = self.overlap.scores(question.example, question.candidates)
            return {gene.symbol: score for gene, score in zip(question.candidates, scores, strict=True)}
        scores = self.overlap.all_scores(question.example)
        found: dict[str, float] = {}
        for place in np.argsort(-scores, kind="stable")[: np.count_nonzero(scores)]:
            if symbol := self._symbols_of_hpo[place]:
                found.setdefault(symbol, float(scores[place]))
        return found

    @cached_property
    def _symbols_of_hpo(self) -> list[str | None]:
        return [self.maker.genes.resolve(symbol).symbol for symbol in self.overlap.genes]
