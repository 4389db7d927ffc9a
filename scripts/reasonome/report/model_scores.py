"""What a model scored in an experiment beside its baselines: the rows that its card and pages of its answers tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from reasonome.config.project import chains
from reasonome.core.errors import InputError
from reasonome.report import number_text
from reasonome.report.family import CEILING
from reasonome.report.plan import Evaluation, Plan
from reasonome.report.tables import best_baselines, information_rank, of_all_strata
from reasonome.scoring.comparisons import MEAN

# What baselines look at, in the words of somebody who never saw one.
LOOKS_AT = {
    "none": "nothing at all, not even the genes",
    "prompt": "the prompt (genes and their official names)",
    "prompt facts": "the facts in the prompt",
    "training data": "the training data",
    "a database": "a database",
    CEILING: "a database with the own term",
}


class AgainstGroup(NamedTuple):
    """The tests against the baselines of a group, the nearest first, and whether all are beaten (None: not tested)."""

    tests: list[dict]
    beaten: bool | None


@dataclass(frozen=True)
class ModelScores:
    """The scores of the model of one evaluation of a plan; `metrics` and `comparisons` are the experiment's tables."""

    plan: Plan
    asked: Evaluation
    metrics: pd.DataFrame
    comparisons: pd.DataFrame

    @cached_property
    def own(self) -> pd.DataFrame:
        """The model's means by metric; InputError where the table has none."""
        rows = self._rows(self.asked.chain).query("kind == 'model' and subset == @MEAN")
        if not {self.plan.metric_set.primary, self.plan.metric_set.stand_in} & set(rows["metric"]):
            one = self.asked
            what = f"metrics.tsv has no score of {one.backbone}/{one.chain} on {one.benchmark}.{one.style}"
            raise InputError(what, field="metric", fix="write metrics.tsv of this plan again: scripts/summarise.py")
        return rows.set_index("metric")

    @property
    def metric(self) -> str:
        """The primary metric, or what stands for it where it was not measured."""
        metric_set = self.plan.metric_set
        measured = pd.notna(self.own["value"].get(metric_set.primary))
        return metric_set.primary if measured else metric_set.stand_in

    @property
    def shown(self) -> list[str]:
        """The metrics by which models are compared, as far as they are known of this one."""
        known = self.own["value"].dropna().index
        return [name for name in self.plan.metric_set.compared if name in known]

    @property
    def by_subset(self) -> pd.DataFrame:
        """The model's rows of each subset, by `metric`."""
        rows = self._rows(self.asked.chain).query("kind == 'model' and subset != @MEAN")
        return rows[rows["metric"] == self.metric]

    @property
    def shuffled(self) -> pd.DataFrame:
        """The means of the model's own answers, handed to other questions."""
        return self._rows(self.asked.chain).query("kind == 'shuffled' and subset == @MEAN")

    @property
    def untrained(self) -> pd.DataFrame:
        """The means of the untrained backbone that was asked the same, of the first such arm; none where none was."""
        rows = self._rows(chains.BASE).query("kind == 'model' and subset == @MEAN")
        return rows[rows["arm"] == rows["arm"].iloc[0]] if len(rows) else rows

    def best_baselines(self, metrics: Sequence[str]) -> dict[str, dict[str, pd.Series]]:
        """Information → metric → the mean of the best baseline that uses it, from the least information to the most."""
        baselines = of_all_strata(self.metrics).query("kind == 'baseline' and subset == @MEAN")
        baselines = baselines[
            (baselines["benchmark"] == self.asked.benchmark) & (baselines["style"] == self.asked.style)
        ]
        found = {group: {} for group in sorted(baselines["information"].unique(), key=information_rank)}
        for metric in metrics:
            for _, row in best_baselines(baselines[baselines["metric"] == metric]).iterrows():
                found[row["information"]][metric] = row
        return found

    @property
    def tests(self) -> pd.DataFrame:
        """The tests of this arm on the benchmark's mean, by `metric`."""
        table = self.comparisons
        wanted = {name: getattr(self.asked, name) for name in ("backbone", "benchmark", "style", "decoding")}
        wanted |= {"subset": MEAN, "metric": self.metric, "a": self.asked.arm}
        for column, value in wanted.items():
            table = table[table[column] == value]
        return table

    def against(self, group: str) -> AgainstGroup:
        """The tests against the baselines of a group (one of BASELINE_GROUPS): it is beaten only if each of them is."""
        tests = self.tests
        rows = tests[(tests["kind"] == "baseline") & (tests["information"] == group)].sort_values("difference")
        verdicts = set(rows["verdict"])
        return AgainstGroup(rows.to_dict("records"), None if verdicts <= {""} else verdicts == {"a better"})

    def _rows(self, chain: str) -> pd.DataFrame:
        """The rows of a chain of the same backbone that was asked the same, of all strata together."""
        table, one = of_all_strata(self.metrics), self.asked
        at = (table["benchmark"] == one.benchmark) & (table["style"] == one.style)
        at &= (table["decoding"] == one.decoding) & (table["backbone"] == one.backbone) & (table["chain"] == chain)
        if chain == one.chain:
            at &= table["arm"] == one.arm
        return table[at]


def with_interval(row: pd.Series, metric: str) -> str:
    """A score with its 95 % interval, as far as there is one."""
    value = number_text.score(row["value"], metric)
    if pd.isna(row["low"]):
        return value
    return f"{value} ({number_text.score(row['low'], metric)} to {number_text.score(row['high'], metric)})"
