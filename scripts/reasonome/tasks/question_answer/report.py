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
        flags = self.failures(table, pd.Series(names, table.index, dtype=str), repeated)
        rows = zip(*flags.values(), strict=True)
        return [[kind for kind, holds in zip(flags, row, strict=True) if holds] for row in rows]

    def failures(self, table: pd.DataFrame, names: pd.Series, repeated: Collection[str]) -> dict[str, pd.Series]:
        """Kind of failure → which answers have it."""
        return {
            "no usable answer": names == "",
            "wrong": (names != "") & (table["verified"] == 0),
            "constant-like": names.isin(list(repeated)),
        }
