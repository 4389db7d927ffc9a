"""Questions on genes from differential-expression tables of a factorial design: one table for each effect.

An effect is a factor, such as radiation, or the interaction of two, such as radiation:unloading.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import ClassVar

from reasonome.tasks.pathway_qa.dialogue import DOWN, UP, PathwayQuestion
from reasonome.tasks.pathway_qa.enrichment_tables import Contrast
from reasonome.tasks.pathway_qa.questions import Writer

BETWEEN = ":"  # of two factors, in the name of their interaction
_ALL_EFFECTS = ("interaction", "multihop")  # kinds that depend on all effects of a tissue


class FactorialWriter(Writer):
    """Writes questions on genes; the studies of its tables are effects, and their sets are genes."""

    templates: ClassVar = {
        "interaction": (
            "In the {tissue} of {condition}, does the effect of {first} on {gene} depend on {second} "
            "(adjusted p of the interaction below {significant})?",
        ),
        "multihop": (
            "In the {tissue} of {condition}, which way does {gene} go under the one of {first} and {second} that "
            "changes more genes (adjusted p below {significant})?",
        ),
        "correction": (
            "A colleague writes that {study} moves {gene} {claimed} in the {tissue} of {condition}. Is that right?",
        ),
    }

    def of_kind(self, kind: str) -> Iterator[PathwayQuestion]:
        """All questions of a kind that the tables answer, in order."""
        writers = {"interaction": self._interactions, "multihop": self._multihops, "correction": self._corrections}
        return writers[kind]()

    def _interactions(self) -> Iterator[PathwayQuestion]:
        """Whether two factors interact, of the genes that one of the tissue's effects moves."""
        for contrasts in self.tables.tissues.values():
            for contrast in contrasts:
                first, between, second = contrast.study.partition(BETWEEN)
                factors = {"first": first, "second": second}
                for gene in contrast.sets if between else ():
                    if any(self.tables.moved(effect, gene) for effect in contrasts):
                        answer = "yes" if self.tables.moved(contrast, gene) else "no"
                        yield self._question("interaction", answer, gene, contrast, gene=gene, texts=factors)

    def _multihops(self) -> Iterator[PathwayQuestion]:
        """The direction of a gene under the factor that moves more genes; none where two move as many."""
        for tissue, contrasts in self.tables.tissues.items():
            factors = [contrast for contrast in contrasts if BETWEEN not in contrast.study and contrast.signed]
            for pair in combinations(factors, 2):
                fewer, more = sorted(pair, key=self._genes_moved)
                if self._genes_moved(fewer) < self._genes_moved(more):
                    first, second = (contrast.study for contrast in pair)
                    for gene in more.sets:
                        if direction := self._direction(more, gene):
                            factors = {"first": first, "second": second}
                            yield self._question("multihop", direction, gene, tissue, gene=gene, texts=factors)

    def _corrections(self) -> Iterator[PathwayQuestion]:
        """An assertion on the direction of a gene that moved, which is right half of the time."""
        for contrast in self.tables.contrasts:
            for gene in contrast.sets if BETWEEN not in contrast.study else ():
                if direction := self._direction(contrast, gene):
                    claimed = self._random("correction", contrast, gene).choice((UP, DOWN))
                    answer, said = "yes" if claimed == direction else "no", [direction]
                    yield self._question("correction", answer, gene, contrast, gene=gene, said=said, claimed=claimed)

    def _direction(self, contrast: Contrast, gene: str) -> str:
        """up or down of a gene that moved, else ""."""
        if not (contrast.signed and self.tables.moved(contrast, gene)):
            return ""
        return UP if contrast.sets[gene].score > 0 else DOWN

    def _genes_moved(self, contrast: Contrast) -> int:
        return sum(bool(self.tables.moved(contrast, gene)) for gene in contrast.sets)

    def _studies(self, asks: str, tissues: list[str], study: str) -> tuple[str, ...]:
        """The effects that a question names or whose rows it shows: of an interaction also those of its factors."""
        shown = super()._studies(asks, tissues, "" if asks in _ALL_EFFECTS else study)
        return tuple(dict.fromkeys([*filter(None, [study, *study.split(BETWEEN)]), *shown]))

    def _rows(self, asks: str, identifier: str, tissues: list[str], study: str) -> str:
        """The rows of a gene; of `multihop` also how many genes each factor moves."""
        rows = super()._rows(asks, identifier, tissues, "" if asks in _ALL_EFFECTS else study)
        counts = [
            f"genes moved; {contrast.tissue}; {contrast.study}; {self._genes_moved(contrast)}"
            for contrast in self.tables.contrasts
            if contrast.tissue in tissues and BETWEEN not in contrast.study
        ]
        return "\n".join([rows, *counts]) if asks == "multihop" else rows
