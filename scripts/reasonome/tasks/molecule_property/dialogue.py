"""The task object of molecule properties: SMILES → a class or a number."""

from reasonome.facts.text import one_line
from reasonome.prompts.prompts import Prompt
from reasonome.tasks.molecule_property.molecules import randomised
from reasonome.tasks.molecule_property.settings import MoleculeBenchmark
from reasonome.tasks.prediction.dialogue import PredictionDialogue, PredictionQuestion
from reasonome.tasks.prediction.settings import PredictionStyle


class MoleculePropertyDialogue(PredictionDialogue):
    """A prompt shows the SMILES, and perhaps descriptors; further orders are the same molecule written otherwise."""

    name = "molecule_property"
    columns = ("smiles",)
    shown = ("descriptors",)
    Settings = MoleculeBenchmark

    def prompt(self, example: PredictionQuestion, style: PredictionStyle, order: int = 0) -> Prompt:
        """The style's texts; an order above 0 writes the molecule from another atom on."""
        if order:
            smiles = randomised(one_line(example.columns["smiles"]), order)
            example = example.model_copy(update={"columns": {**example.columns, "smiles": smiles}})
        return super().prompt(example, style)
