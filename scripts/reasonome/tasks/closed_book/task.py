"""The closed book, and where its parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task import Task
from reasonome.task_parts import Baselines, Building, Checks, Leaks, Reporting, Scoring, Teaching
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.closed_book.files import ClosedBookFiles


class ClosedBook(ClosedBookDialogue, Task):
    """A small world of pathways that a model reads; some of them it is taught to name, the others it is asked."""

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.closed_book.metric_set import METRICS

        return METRICS

    files = cached_property(ClosedBookFiles)

    @cached_property
    def checks(self) -> Checks:
        from reasonome.tasks.closed_book.checks import ClosedBookChecks

        return ClosedBookChecks(self)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.closed_book.building import ClosedBookBuilding

        return ClosedBookBuilding(self)

    @cached_property
    def teaching(self) -> Teaching:
        from reasonome.tasks.closed_book.teaching import ClosedBookTeaching

        return ClosedBookTeaching(self)

    @cached_property
    def scoring(self) -> Scoring:
        from reasonome.tasks.closed_book.scoring import ClosedBookScoring

        return ClosedBookScoring(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.closed_book.baselines import ClosedBookBaselines

        return ClosedBookBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.closed_book.leaks import ClosedBookLeaks

        return ClosedBookLeaks(self)

    @cached_property
    def report(self) -> Reporting:
        from reasonome.tasks.closed_book.report import ClosedBookReporting

        return ClosedBookReporting(self)
