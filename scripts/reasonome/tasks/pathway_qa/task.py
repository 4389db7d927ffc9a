"""Questions on enrichment tables: which gene sets moved, where, in how many studies; and where the parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task_parts import Baselines, Building, Leaks, Reporting
from reasonome.tasks.pathway_qa.dialogue import PathwayDialogue
from reasonome.tasks.pathway_qa.settings import PathwayFiles
from reasonome.tasks.question_answer.task import VerifiedTask


class PathwayQA(PathwayDialogue, VerifiedTask):
    """Answers are right if the short answer and the statements are."""

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.pathway_qa.metric_set import METRICS

        return METRICS

    files = cached_property(PathwayFiles)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.pathway_qa.building import PathwayBuilding

        return PathwayBuilding(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.pathway_qa.baselines import PathwayBaselines

        return PathwayBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.pathway_qa.leaks import PathwayLeaks

        return PathwayLeaks(self)

    @cached_property
    def report(self) -> Reporting:
        from reasonome.tasks.pathway_qa.report import PathwayReporting

        return PathwayReporting(self)
