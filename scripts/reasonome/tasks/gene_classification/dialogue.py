"""The task object of gene classes."""

from reasonome.tasks.gene_classification.settings import GeneBenchmark
from reasonome.tasks.prediction.dialogue import PredictionDialogue


class GeneClassificationDialogue(PredictionDialogue):
    """A prompt shows the symbol, and the official name only where the style has {name}."""

    name = "gene_classification"
    columns = ("symbol",)
    shown = ("name",)
    of_numbers = False
    Settings = GeneBenchmark
