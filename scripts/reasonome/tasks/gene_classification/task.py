"""Classes of genes, from lists and from facts, and of pairs of genes; and where the parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task_parts import Baselines, Building, Leaks
from reasonome.tasks.gene_classification.settings import GeneBenchmark, GeneChecks, GeneFiles, PairBenchmark
from reasonome.tasks.prediction.dialogue import PredictionQuestion
from reasonome.tasks.prediction.task import PredictionTask


class GeneClassification(PredictionTask):
    """A gene's class or number, by its symbol, and by the official name where the style has {name}."""

    name = "gene_classification"
    columns = ("symbol",)
    shown = ("name",)
    of_numbers = False
    Settings = GeneBenchmark

    files = cached_property(GeneFiles)
    checks = cached_property(GeneChecks)

    def symbols(self, example: PredictionQuestion) -> list[str]:
        """That of the gene."""
        return [example.columns["symbol"]]

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


class GenePairs(PredictionTask):
    """A class of a perturbed gene and a measured one, by their symbols, and by names where the style has them."""

    name = "gene_pairs"
    columns = ("perturbed", "measured")
    shown = ("perturbed_name", "measured_name")
    of_numbers = False
    Settings = PairBenchmark

    files = cached_property(GeneFiles)
    checks = cached_property(GeneChecks)
    building = GeneClassification.building

    def further_labels(self, example: PredictionQuestion, benchmark: PairBenchmark) -> dict[str, str]:
        """The gene over which AUROC is averaged, if the benchmark says so."""
        return {"macro": example.columns[benchmark.macro_by]} if benchmark.macro_by else {}

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.prediction.metric_set import OF_PAIRS

        return OF_PAIRS

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.gene_classification.baselines import PairBaselines

        return PairBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.gene_classification.leaks import FamilyLeaks

        return FamilyLeaks(self)
