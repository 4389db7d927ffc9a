"""The base of tasks whose answer is a class or a number, with a stated confidence; and where their parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task_parts import Reporting, Tables
from reasonome.tasks.prediction.dialogue import PredictionDialogue
from reasonome.tasks.question_answer.task import VerifiedTask


class PredictionTask(PredictionDialogue, VerifiedTask):
    """The base of tasks that predict."""

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.prediction.metric_set import METRICS

        return METRICS

    @cached_property
    def report(self) -> Reporting:
        from reasonome.tasks.prediction.report import PredictionReporting

        return PredictionReporting(self)

    @cached_property
    def tables(self) -> Tables:
        from reasonome.tasks.prediction.table import PredictionTables

        return PredictionTables(self)
