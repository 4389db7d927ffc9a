"""Properties of molecules, and where the parts are."""

from functools import cached_property

from reasonome.task import Building, Leaks, Scoring
from reasonome.tasks.molecule_property.dialogue import MoleculePropertyDialogue
from reasonome.tasks.prediction.task import PredictionTask


class MoleculeProperty(MoleculePropertyDialogue, PredictionTask):
    """A class or a number, by a molecule's SMILES."""

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.molecule_property.building import MoleculeBuilding

        return MoleculeBuilding(self)

    @cached_property
    def scoring(self) -> Scoring:
        from reasonome.tasks.molecule_property.scoring import MoleculeScoring

        return MoleculeScoring(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.verified.leaks import VerifiedLeaks

        return VerifiedLeaks(self)  # named here, as molecules leak into molecules alone
