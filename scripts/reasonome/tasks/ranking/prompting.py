"""Additions to prompts of rankings."""

from reasonome.config.project import Project
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.task import RankingTask

Splits = dict[str, list[RankingExample]]


def with_material(task: RankingTask, project: Project, name: str, style: str, splits: Splits) -> Splits:
    """The splits as they are: a question's rows hold all that its prompt shows."""
    return splits
