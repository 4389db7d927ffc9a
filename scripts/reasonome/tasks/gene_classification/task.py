"""Classes of genes, and where the parts are."""

from functools import cached_property

from reasonome.task import Building, Checks, Files, Leaks, Scoring
from reasonome.tasks.gene_classification.dialogue import GeneClassificationDialogue
from reasonome.tasks.prediction.task import PredictionTask


class GeneClassification(GeneClassificationDialogue, PredictionTask):
    """A gene's class, by its symbol or name."""

    @cached_property
    def files(self) -> Files:
        from reasonome.tasks.gene_classification.files import GeneFiles

        return GeneFiles(self)

    @cached_property
    def checks(self) -> Checks:
        from reasonome.tasks.gene_classification.checks import GeneChecks

        return GeneChecks(self)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.gene_classification.building import GeneBuilding

        return GeneBuilding(self)

    @cached_property
    def scoring(self) -> Scoring:
        from reasonome.tasks.gene_classification.scoring import GeneScoring

        return GeneScoring(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.gene_classification.leaks import GeneLeaks

        return GeneLeaks(self)
