"""Benchmarks of molecule properties: questions from tables, split by scaffold."""

from reasonome.config.project import Project
from reasonome.tasks.molecule_property import questions
from reasonome.tasks.prediction.dialogue import PredictionQuestion
from reasonome.tasks.verified.building import VerifiedBuilding
from reasonome.tasks.verified.questions import LeftOut


class MoleculeBuilding(VerifiedBuilding):
    """Benchmarks of questions as `questions.read` makes them."""

    def read(self, project: Project, name: str) -> tuple[list[PredictionQuestion], list[LeftOut]]:
        """The questions of a benchmark, and what was left out of them. InputError."""
        return questions.read(self.task, project, name)
