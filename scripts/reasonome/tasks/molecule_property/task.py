"""Properties of small molecules, classes and numbers, from their SMILES; and where the parts are."""

from functools import cached_property

from reasonome.facts.text import one_line
from reasonome.prompts.prompts import Prompt
from reasonome.task_parts import Baselines, Building
from reasonome.tasks.molecule_property.molecules import randomised
from reasonome.tasks.molecule_property.settings import MoleculeBenchmark, MoleculeFiles
from reasonome.tasks.prediction.dialogue import PredictionQuestion
from reasonome.tasks.prediction.settings import PredictionStyle
from reasonome.tasks.prediction.task import PredictionTask


class MoleculeProperty(PredictionTask):
    """A prompt shows the SMILES, and perhaps descriptors; further orders are the same molecule written otherwise."""

    name = "molecule_property"
    columns = ("smiles",)
    shown = ("descriptors",)
    Settings = MoleculeBenchmark
    files = cached_property(MoleculeFiles)

    def prompt(self, example: PredictionQuestion, style: PredictionStyle, order: int = 0) -> Prompt:
        """The style's texts; an order above 0 writes the molecule from another atom on."""
        if order:
            smiles = randomised(one_line(example.columns["smiles"]), order)
            example = example.model_copy(update={"columns": {**example.columns, "smiles": smiles}})
        return super().prompt(example, style)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.molecule_property.questions import MoleculeBuilding

        return MoleculeBuilding(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.molecule_property.baselines import MoleculeBaselines

        return MoleculeBaselines(self)
