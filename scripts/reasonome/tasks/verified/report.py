"""Reports and model cards of verified answers: metrics, primary first, baselines, and kinds of failures."""

from collections.abc import Collection, Sequence

import pandas as pd

from reasonome.metrics import MetricSet
from reasonome.task import Reporting
from reasonome.tasks.verified.dialogue import VerifiedDialogue

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


class VerifiedReporting(Reporting[VerifiedDialogue]):
    """Reports and cards of verified answers."""

    metrics = METRICS
    does = "answers questions whose answers are verified"
    tag = "verified-answers"
    use = "To answer questions like those of the benchmarks below, for somebody who can check the answers."
    of_questions: tuple[str, ...] = ("question",)

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are answers that many questions get."""
        rows = []
        for name, verified in zip(names, table["verified"], strict=True):
            kinds = {
                "no usable answer": not name,
                "wrong": bool(name) and verified == 0,
                "constant-like": name in repeated,
            }
            rows.append([kind for kind, holds in kinds.items() if holds])
        return rows
