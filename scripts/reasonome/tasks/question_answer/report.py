"""Reports and model cards of verified answers: metrics, primary first, baselines, and kinds of failures."""

from collections.abc import Collection, Sequence

import pandas as pd

from reasonome.task_parts import Reporting
from reasonome.tasks.question_answer.dialogue import VerifiedDialogue


class VerifiedReporting(Reporting[VerifiedDialogue]):
    """Reports and cards of verified answers."""

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
