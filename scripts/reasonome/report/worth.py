"""What a model that ships was measured to be worth: its scores on test questions beside baselines, as a small file."""

import datetime
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from reasonome.benchmarks.rows import in_mean
from reasonome.core.errors import InputError
from reasonome.report import tables
from reasonome.report.family import SIGNIFICANT
from reasonome.report.model_scores import ModelScores
from reasonome.report.plan import read_plan
from reasonome.scoring.comparisons import MEAN
from reasonome.task import Task

MEASURED = "measured.json"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Control(_Strict):
    """A baseline on the same questions: its score, and how far the model is above it, with a 95 % interval.

    `p` is that of the test between the two alone, None where there was none; what is claimed of groups of baselines,
    with adjustment, is in the card. `beaten`: the model is better at p < .05.
    """

    name: str
    value: float
    difference: float
    low: float | None
    high: float | None
    p: float | None
    beaten: bool


class Measured(_Strict):
    """The model's mean on the test questions of a benchmark by a metric, with a 95 % interval over `n` questions.

    `subset` is "mean", or variants of the sets that are no part of it.
    """

    benchmark: str
    subset: str
    style: str
    decoding: str
    metric: str
    label: str
    n: int
    value: float
    low: float | None
    high: float | None
    controls: list[Control]

    def control(self, name: str) -> Control | None:
        """The baseline of this name, if the model was compared with it."""
        return next((control for control in self.controls if control.name == name), None)


class Worth(_Strict):
    """All that a model was measured by in an experiment: the mean of seed `seed`, tests of all `seeds` of its arm.

    `measured` follows the experiment's benchmarks, in the style in which the model was asked first: the mean of the
    first is what it is about.
    """

    experiment: str
    arm: str
    seed: int
    seeds: int
    date: datetime.date
    measured: list[Measured]


def model_worth(
    folder: Path, backbone: str, chain: str, date: datetime.date, find_task: Callable[[str], Task]
) -> Worth:
    """The worth of a model by the tables in an experiment's `folder`; InputError where they do not have it."""
    plan = read_plan(folder / "plan.json", find_task)
    metrics = tables.read_table(folder / "metrics.tsv", tables.metric_columns(plan.metric_set))
    comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    evaluations = [e for e in plan.evaluations if (e.backbone, e.chain) == (backbone, chain)]
    if not evaluations:
        what = f"experiment '{plan.experiment}' does not score {backbone}/{chain}"
        raise InputError(what, file=folder / "plan.json", fix="name a chain at the end of one of its arms")
    own = [e for e in evaluations if (e.style, e.decoding) == (evaluations[0].style, evaluations[0].decoding)]
    scores = [ModelScores(plan, evaluation, metrics, comparisons) for evaluation in own]
    return Worth(
        experiment=plan.experiment,
        arm=evaluations[0].arm,
        seed=evaluations[0].seed,
        seeds=scores[0].seeds,
        date=date,
        measured=[_measured(one, subset) for one in scores for subset in [MEAN, *_variants(one)]],
    )


def _variants(scores: ModelScores) -> list[str]:
    """The subsets of a benchmark that are no part of its mean."""
    subsets = scores.by_subset["subset"].tolist()
    return [subset for subset in subsets if subset not in in_mean(subsets)]


def _measured(scores: ModelScores, subset: str) -> Measured:
    own = scores.own.loc[scores.metric] if subset == MEAN else scores.by_subset.set_index("subset").loc[subset]
    metric, asked = scores.metric, scores.evaluation
    return Measured(
        **{name: getattr(asked, name) for name in tables.SETTING},
        subset=subset,
        metric=metric,
        label=scores.plan.metric_set.name(metric),
        n=int(own["n"]),
        **{name: _number(own[name]) for name in ("value", "low", "high")},
        controls=[
            Control(
                name=test["b"],
                value=scores.baseline(test["b"], subset)["value"],
                **{name: _number(test[name]) for name in ("difference", "low", "high")},
                p=_number(test["p_family"]),
                beaten=bool(test["difference"] > 0 and test["p_family"] < SIGNIFICANT),
            )
            for test in scores.tests("baseline", subset)
        ],
    )


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def read_worth(path: str | os.PathLike) -> Worth:
    """The worth in a file; InputError for a file that is none."""
    try:
        return Worth.model_validate_json(Path(path).read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or None
        raise InputError(
            first["msg"], file=path, field=where, fix="write it again: scripts/export_adapter.py"
        ) from None
