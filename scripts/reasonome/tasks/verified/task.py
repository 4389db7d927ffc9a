"""The base of tasks whose answers a function verifies, a subclass defines the questions; and where their parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task import Baselines, Building, Files, Leaks, Prompting, Reporting, Scoring, Task, Teaching
from reasonome.tasks.verified.dialogue import Question, VerifiedDialogue

__all__ = ["Question", "VerifiedTask"]


class VerifiedTask(VerifiedDialogue, Task):
    """A subclass has a name, the columns that prompts show, and `verify`."""

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.verified.metric_set import METRICS

        return METRICS

    @cached_property
    def files(self) -> Files:
        from reasonome.tasks.verified.settings import VerifiedFiles

        return VerifiedFiles(self)

    @cached_property
    def prompting(self) -> Prompting:
        from reasonome.tasks.verified.building import VerifiedPrompting

        return VerifiedPrompting(self)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.verified.building import VerifiedBuilding

        return VerifiedBuilding(self)

    @cached_property
    def teaching(self) -> Teaching:
        from reasonome.tasks.verified.teaching import VerifiedTeaching

        return VerifiedTeaching(self)

    @cached_property
    def scoring(self) -> Scoring:
        from reasonome.tasks.verified.scoring import VerifiedScoring

        return VerifiedScoring(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.verified.scoring import VerifiedBaselines

        return VerifiedBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.verified.leaks import VerifiedLeaks

        return VerifiedLeaks(self)

    @cached_property
    def report(self) -> Reporting:
        from reasonome.tasks.verified.report import VerifiedReporting

        return VerifiedReporting(self)
