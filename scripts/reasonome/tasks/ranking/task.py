"""Rankings of genes, at GWAS loci and in rare disease, and where their parts are."""

from functools import cached_property

from reasonome.metrics import MetricSet
from reasonome.task import Task
from reasonome.task_parts import Baselines, Building, Leaks, Reporting, Scoring, Tables, Teaching
from reasonome.tasks.ranking.dialogue import CausalGeneDialogue, RankingDialogue, RareDiseaseDialogue
from reasonome.tasks.ranking.settings import RankingChecks, RankingFiles


class RankingTask(RankingDialogue, Task):
    """The parts that all rankings have."""

    @cached_property
    def metrics(self) -> MetricSet:
        from reasonome.tasks.ranking.metric_set import METRICS

        return METRICS

    files = cached_property(RankingFiles)
    checks = cached_property(RankingChecks)

    @cached_property
    def building(self) -> Building:
        from reasonome.tasks.ranking.building import RankingBuilding

        return RankingBuilding(self)

    @cached_property
    def teaching(self) -> Teaching:
        from reasonome.tasks.ranking.teaching import RankingTeaching

        return RankingTeaching(self)

    @cached_property
    def scoring(self) -> Scoring:
        from reasonome.tasks.ranking.scoring import RankingScoring

        return RankingScoring(self)

    @cached_property
    def baselines(self) -> Baselines:
        from reasonome.tasks.ranking.baselines import RankingBaselines

        return RankingBaselines(self)

    @cached_property
    def leaks(self) -> Leaks:
        from reasonome.tasks.ranking.leaks import RankingLeaks

        return RankingLeaks(self)

    @cached_property
    def report(self) -> Reporting:
        from reasonome.tasks.ranking.report import RankingReporting

        return RankingReporting(self)

    @cached_property
    def tables(self) -> Tables:
        from reasonome.tasks.ranking.table import RankingTables

        return RankingTables(self)


class CausalGeneRanking(CausalGeneDialogue, RankingTask):
    """Candidate genes of a locus."""


class RareDiseaseRanking(RareDiseaseDialogue, RankingTask):
    """Candidate genes of a case."""
