"""Reports and model cards of verified answers: metrics, primary first, baselines, and kinds of failures."""

from collections.abc import Collection, Sequence

import pandas as pd

from reasonome.report.metric_sets import MetricSet
from reasonome.tasks.base import nothing_shown, nothing_written, rows_as_they_are

METRICS = MetricSet(
    primary="verified",
    stand_in="verified",
    of_names=("verified",),
    of_answers=("format",),
    descriptive=(
        "truncated",
        "length",
        "confidence",
        "order_agreement",
        "logprob",
        "name_logprob",
        "name_tokens",
        "reward_",
    ),
    may_be_unknown=(),
    of_the_form=("format", "truncated", "length"),
    hits=(),
    right="verified",
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
as_shown, write_own, own_section = rows_as_they_are, nothing_written, nothing_shown


def failure_kinds(table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
    """The kinds of failure of each answer beside its problems; `repeated` are answers that many questions get."""
    rows = []
    for name, verified in zip(names, table["verified"], strict=True):
        kinds = {"no usable answer": not name, "wrong": bool(name) and verified == 0, "constant-like": name in repeated}
        rows.append([kind for kind, holds in kinds.items() if holds])
    return rows
