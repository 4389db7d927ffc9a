"""The task object of gene classes."""

from reasonome.tasks.gene_classification.settings import GeneBenchmark
from reasonome.tasks.prediction.task import PredictionTask


class GeneClassification(PredictionTask):
    """A prompt shows the symbol, and the official name only where the style has {name}."""

    name = "gene_classification"
    columns = ("symbol",)
    shown = ("name",)
    of_numbers = False
    Settings = GeneBenchmark
