"""The base of tasks whose answers a function verifies, and where its parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task import Task
from reasonome.task_parts import Baselines, Building, Leaks, Prompting, Reporting, Scoring, Teaching
from reasonome.tasks.question_answer.dialogue import Question, VerifiedDialogue
from reasonome.tasks.question_answer.settings import VerifiedFiles

__all__ = ["Question", "VerifiedTask"]


class VerifiedTask(VerifiedDialogue, Task):
    """A subclass has a name, the columns that prompts show, and `verify`."""

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.question_answer.metric_set import METRICS

        return METRICS

    files = cached_property(VerifiedFiles)

    @cached_property
    def prompting(self) -> Prompting:
        from reasonome.tasks.question_answer.building import VerifiedPrompting

        return VerifiedPrompting(self)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.question_answer.building import VerifiedBuilding

        return VerifiedBuilding(self)

    @cached_property
    def teaching(self) -> Teaching:
        from reasonome.tasks.question_answer.teaching import VerifiedTeaching

        return VerifiedTeaching(self)

    @cached_property
    def scoring(self) -> Scoring:
        from reasonome.tasks.question_answer.scoring import VerifiedScoring

        return VerifiedScoring(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.question_answer.scoring import VerifiedBaselines

        return VerifiedBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.question_answer.leaks import VerifiedLeaks

        return VerifiedLeaks(self)

    @cached_property
    def report(self) -> Reporting:
        from reasonome.tasks.question_answer.report import VerifiedReporting

        return VerifiedReporting(self)
