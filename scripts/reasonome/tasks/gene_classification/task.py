"""Classes of genes, from lists and from facts, and where the parts are."""

from functools import cached_property

from reasonome.task_parts import Baselines, Building, Leaks
from reasonome.tasks.gene_classification.settings import GeneBenchmark, GeneChecks, GeneFiles
from reasonome.tasks.prediction.task import PredictionTask


class GeneClassification(PredictionTask):
    """A gene's class, by its symbol, and by the official name where the style has {name}."""

    name = "gene_classification"
    columns = ("symbol",)
    shown = ("name",)
    of_numbers = False
    Settings = GeneBenchmark

    files = cached_property(GeneFiles)
    checks = cached_property(GeneChecks)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.gene_classification.questions import GeneBuilding

        return GeneBuilding(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.gene_classification.baselines import GeneBaselines

        return GeneBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.gene_classification.leaks import GeneLeaks

        return GeneLeaks(self)
