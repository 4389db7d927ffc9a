"""The scores of a model in an experiment beside its baselines, for model cards and pages of annotations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from reasonome.config.project import chains
from reasonome.core.errors import InputError
from reasonome.report import number_text
from reasonome.report.plan import Evaluation, Plan
from reasonome.report.tables import SETTING, best_baselines, information_rank, without_strata
from reasonome.report.verdict import Verdict, verdict
from reasonome.scoring.comparisons import MEAN


class AgainstGroup(NamedTuple):
    """The tests against the baselines of a group, the nearest first, and whether all are beaten (None: not tested)."""

    tests: list[dict]
    beaten: bool | None


@dataclass(frozen=True)
class ModelScores:
    """The scores of the model of one evaluation of a plan; `metrics` and `comparisons` are the experiment's tables."""

    plan: Plan
    evaluation: Evaluation
    metrics: pd.DataFrame
    comparisons: pd.DataFrame

    @cached_property
    def own(self) -> pd.DataFrame:
        """The model's means by metric; InputError where the table has none."""
        rows, asked = self._rows(kind="model", subset=MEAN, **self._model), self.evaluation
        if not {self.plan.metric_set.primary, self.plan.metric_set.stand_in} & set(rows["metric"]):
            what = f"metrics.tsv has no score of {asked.backbone}/{asked.chain} on {asked.benchmark}.{asked.style}"
            raise InputError(what, field="metric", fix="write metrics.tsv of this plan again: scripts/summarise.py")
        return rows.set_index("metric")

    @property
    def metric(self) -> str:
        """The primary metric, or its stand-in where it was not measured."""
        metric_set = self.plan.metric_set
        measured = pd.notna(self.own["value"].get(metric_set.primary))
        return metric_set.primary if measured else metric_set.stand_in

    @property
    def shown(self) -> list[str]:
        """The metrics by which models are compared that have a value for this one."""
        known = self.own["value"].dropna().index
        return [name for name in self.plan.metric_set.compared if name in known]

    @property
    def seeds(self) -> int:
        """How many seeds the model's arm has."""
        arm = (self.evaluation.backbone, self.evaluation.arm)
        return len({e.seed for e in self.plan.evaluations if (e.backbone, e.arm) == arm})

    @property
    def by_subset(self) -> pd.DataFrame:
        """The model's rows of each subset, by `metric`."""
        rows = self._rows(kind="model", metric=self.metric, **self._model)
        return rows[rows["subset"] != MEAN]

    @property
    def shuffled(self) -> pd.DataFrame:
        """The means of the model's own answers, handed to other questions, by metric."""
        return self._rows(kind="shuffled", subset=MEAN, **self._model).set_index("metric")

    @property
    def untrained(self) -> pd.DataFrame:
        """The means of the untrained backbone on the same questions, by metric; of the first such arm, if any."""
        rows = self._rows(kind="model", subset=MEAN, chain=chains.BASE)
        return rows.drop_duplicates("metric").set_index("metric")

    def best_baselines(self, metrics: Sequence[str]) -> dict[str, dict[str, pd.Series]]:
        """Information → metric → the mean of the best baseline that uses it, from the least information to the most."""
        baselines = self._baselines(MEAN)
        best = {group: {} for group in sorted(baselines["information"].unique(), key=information_rank)}
        for metric in metrics:
            for _, row in best_baselines(_where(baselines, metric=metric)).iterrows():
                best[row["information"]][metric] = row
        return best

    @cached_property
    def verdict(self) -> Verdict:
        """What was shown of the model's arm in this setting, and what was not."""
        return verdict(self.plan, _where(self.comparisons, a=self.evaluation.arm, **self._setting))

    def baseline(self, name: str, subset: str = MEAN) -> pd.Series:
        """The score of a baseline on a subset, or the mean over them, by `metric`."""
        return _where(self._baselines(subset), arm=name, metric=self.metric).iloc[0]

    def _baselines(self, subset: str) -> pd.DataFrame:
        setting = {"benchmark": self.evaluation.benchmark, "style": self.evaluation.style}
        return _where(without_strata(self.metrics), kind="baseline", subset=subset, **setting)

    def tests(self, kind: str, subset: str = MEAN) -> list[dict]:
        """The tests of this arm on a subset, or on the benchmark's mean, by `metric`."""
        wanted = {"kind": kind, "subset": subset, "metric": self.metric, "a": self.evaluation.arm}
        return _where(self.comparisons, **wanted, **self._setting).to_dict("records")

    def against(self, group: str) -> AgainstGroup:
        """The tests against the baselines of a group of BASELINE_GROUPS, which is beaten only if each of them is."""
        tests = [test for test in self.tests("baseline") if test["information"] == group]
        verdicts = {test["verdict"] for test in tests}
        beaten = None if verdicts <= {""} else verdicts == {"a better"}
        return AgainstGroup(sorted(tests, key=lambda test: test["difference"]), beaten)

    @property
    def _model(self) -> dict[str, str]:
        return {"chain": self.evaluation.chain, "arm": self.evaluation.arm}

    @property
    def _setting(self) -> dict[str, str]:
        return {name: getattr(self.evaluation, name) for name in ("backbone", *SETTING)}

    def _rows(self, **labels: str) -> pd.DataFrame:
        """The rows of the same backbone and setting, without those of single strata."""
        return _where(without_strata(self.metrics), **labels, **self._setting)


def _where(table: pd.DataFrame, **labels: str) -> pd.DataFrame:
    """The rows with these labels."""
    return table[(table[list(labels)] == pd.Series(labels)).all(axis=1)]


def with_interval(row: pd.Series, metric: str) -> str:
    """A score with its 95 % interval, if it has one."""
    value = number_text.score(row["value"], metric)
    if pd.isna(row["low"]):
        return value
    return f"{value} ({number_text.score(row['low'], metric)} to {number_text.score(row['high'], metric)})"
