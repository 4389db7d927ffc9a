"""Reports and model cards of verified answers: metrics, primary first, baselines, and kinds of failures."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.report.evidence import Evidence
from reasonome.report.metric_sets import MetricSet
from reasonome.report.plan import Plan

METRICS = MetricSet(
    primary="verified",
    stand_in="verified",
    of_names=("verified",),
    of_answers=("format",),
    descriptive=("truncated", "length", "confidence", "logprob", "name_logprob", "name_tokens", "reward_"),
    may_be_unknown=(),
    of_the_form=("format", "truncated", "length"),
    hits=(),
    compared=("verified",),
    ablated={"verified": "verified"},
    shown=("verified", "format", "no_name", "truncated", "distinct_names", "length"),
    names={
        "verified": "verified",
        "format": "format kept",
        "no_name": "no usable answer",
        "truncated": "cut off",
        "distinct_names": "distinct answers",
        "length": "length",
    },
    further=(),
    groups={"none": "nothing about the question", "training data": "the training data"},
    baselines={
        "majority": "always gives the commonest answer of the training questions",
        "random": "draws the answer of a training question at random",
    },
    by_stratum=(),
)
# For model cards: what the model does, the hub's tag, and the intended use.
DOES = "answers questions whose answers are verified"
TAG = "verified-answers"
USE = "To answer questions like those of the benchmarks below, for somebody who can check the answers."

OF_QUESTIONS = ("question",)  # columns beside those that every question has


def as_shown(table: pd.DataFrame) -> pd.DataFrame:
    """A table of scores with the columns that the page reads."""
    return table


def failure_kinds(table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
    """The kinds of failure of each answer beside its problems; `repeated` are answers that many questions get."""
    rows = []
    for name, verified in zip(names, table["verified"], strict=True):
        kinds = {"no usable answer": not name, "wrong": bool(name) and verified == 0, "constant-like": name in repeated}
        rows.append([kind for kind, holds in kinds.items() if holds])
    return rows


def write_own(plan: Plan, evidence: Evidence, folder: Path, seed: int, resamples: int) -> None:
    """Nothing: the tables of all tasks are enough."""


def own_section(plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
    """Nothing beside what all tasks show."""
    return {}
