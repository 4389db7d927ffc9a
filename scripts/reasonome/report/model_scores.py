"""The scores of a model in an experiment beside its baselines, for cards and pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from reasonome.config.project import chains
from reasonome.core.errors import InputError
from reasonome.report import number_text, tables
from reasonome.report.hypotheses import hypothesis_rows
from reasonome.report.plan import Evaluation, Plan, read_plan
from reasonome.report.tables import SETTING, information_rank, without_strata
from reasonome.scoring.comparisons import MEAN
from reasonome.task import Task


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
    def untrained(self) -> pd.DataFrame:
        """The means of the untrained backbone on the same questions, by metric; of the first such arm, if any."""
        rows = self._rows(kind="model", subset=MEAN, chain=chains.BASE)
        return rows.drop_duplicates("metric").set_index("metric")

    def best_baselines(self, metrics: Sequence[str]) -> dict[str, dict[str, pd.Series]]:
        """Information → metric → the mean of the best baseline that uses it, from the least information to the most."""
        baselines = self._baselines
        best: dict[str, dict[str, pd.Series]] = {
            group: {} for group in sorted(baselines["information"].unique(), key=information_rank)
        }
        for metric in metrics:
            measured = _where(baselines, metric=metric).dropna(subset=["value"])
            for place in measured.groupby("information")["value"].idxmax():
                row = measured.loc[place]
                best[str(row["information"])][metric] = row
        return best

    @cached_property
    def findings(self) -> list[str]:
        """A sentence on each hypothesis about the model's arm in this setting, or one that there is none."""
        rows = hypothesis_rows(self.plan, _where(self.comparisons, **self._setting))
        about = [row["sentence"] for row in rows if self.evaluation.arm in (row["a"], row["b"])]
        return about or ["No hypothesis is about this model here: its scores are exploratory."]

    def baseline(self, name: str) -> pd.Series:
        """The mean score of a baseline, by `metric`."""
        return _where(self._baselines, arm=name, metric=self.metric).iloc[0]

    @property
    def _baselines(self) -> pd.DataFrame:
        setting = {"benchmark": self.evaluation.benchmark, "style": self.evaluation.style}
        return _where(without_strata(self.metrics), kind="baseline", subset=MEAN, **setting)

    def tests(self, kind: str) -> list[dict]:
        """The tests of this arm on the benchmark's mean, by `metric`."""
        wanted = {"kind": kind, "subset": MEAN, "metric": self.metric, "a": self.evaluation.arm}
        return tables.records(_where(self.comparisons, **wanted, **self._setting))

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


def with_interval(row: pd.Series, digits: int = 3) -> str:
    """A score with its 95 % interval, if it has one."""
    value = number_text.score(row["value"], digits)
    if pd.isna(row["low"]):
        return value
    return f"{value} ({number_text.score(row['low'], digits)} to {number_text.score(row['high'], digits)})"


def read_scores(folder: Path, plan: Plan, evaluations: Sequence[Evaluation]) -> list[ModelScores]:
    """The scores of each of these evaluations by the tables in the folder of an experiment. InputError."""
    metrics = tables.read_metrics(folder, plan.metric_set)
    comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    return [ModelScores(plan, evaluation, metrics, comparisons) for evaluation in evaluations]


def scores_of(folder: Path, backbone: str, chain: str, find_task: Callable[[str], Task]) -> list[ModelScores]:
    """The scores of a model in every setting of an experiment; InputError where the experiment does not ask it."""
    plan = read_plan(folder / "plan.json", find_task)
    evaluations = [e for e in plan.evaluations if (e.backbone, e.chain) == (backbone, chain)]
    if not evaluations:
        what = f"experiment '{plan.experiment}' does not score {backbone}/{chain}"
        raise InputError(what, file=folder / "plan.json", fix="name a chain at the end of one of its arms")
    return read_scores(folder, plan, evaluations)
