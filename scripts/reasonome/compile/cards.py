"""Settings of the rule that writes the card of a benchmark."""

from reasonome.compile.benchmarks import task_named
from reasonome.config.project import Project
from reasonome.report.card_sources import sources_of
from reasonome.report.settings import DatasetCardSettings


def dataset_card_settings(project: Project, benchmark: str) -> DatasetCardSettings:
    """What the card of a benchmark says that its rows do not."""
    return DatasetCardSettings(
        name=benchmark,
        task=task_named(project, benchmark),
        sealed=project.benchmarks[benchmark].sealed,
        sources=sources_of(project, benchmark),
    )
