"""Gene-set naming, what a set of genes shares; and where its parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task import Task
from reasonome.task_parts import (
    Backgrounds,
    Baselines,
    Building,
    Checks,
    Files,
    Leaks,
    Prompting,
    Reporting,
    Scoring,
    Tables,
    Teaching,
)
from reasonome.tasks.naming.dialogue import NamingDialogue


class GeneSetNaming(NamingDialogue, Task):
    """Given the genes of a set, name what they share."""

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.naming.metric_set import METRICS

        return METRICS

    @cached_property
    def files(self) -> Files:
        from reasonome.tasks.naming.files import NamingFiles

        return NamingFiles(self)

    @cached_property
    def checks(self) -> Checks:
        from reasonome.tasks.naming.checks import NamingChecks

        return NamingChecks(self)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.naming.building import NamingBuilding

        return NamingBuilding(self)

    @cached_property
    def prompting(self) -> Prompting:
        from reasonome.tasks.naming.prompting import NamingPrompting

        return NamingPrompting(self)

    @cached_property
    def background(self) -> Backgrounds:
        from reasonome.tasks.naming.background_table import NamingBackgrounds

        return NamingBackgrounds(self)

    @cached_property
    def teaching(self) -> Teaching:
        from reasonome.tasks.naming.teaching import NamingTeaching

        return NamingTeaching(self)

    @cached_property
    def scoring(self) -> Scoring:
        from reasonome.tasks.naming.scoring import NamingScoring

        return NamingScoring(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.naming.baselines import NamingBaselines

        return NamingBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.naming.leaks import NamingLeaks

        return NamingLeaks(self)

    @cached_property
    def report(self) -> Reporting:
        from reasonome.tasks.naming.report import NamingReporting

        return NamingReporting(self)

    @cached_property
    def tables(self) -> Tables:
        from reasonome.tasks.naming.table import NamingTables

        return NamingTables(self)
