"""Reports and model cards of the closed book: what the task is, and kinds of failures."""

from collections.abc import Collection, Sequence

import pandas as pd

from reasonome.task_parts import Reporting
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue


class ClosedBookReporting(Reporting[ClosedBookDialogue]):
    """Reports and cards of the closed book."""

    does = "names pathways that it has read from symbols of their genes"
    tag = "gene-set-naming"
    use = "To study how a model uses what it has read. It knows the pathways of one small world, and no others."
    of_questions: tuple[str, ...] = ("strangers",)

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """Whether an answer has no name, a wrong one, or a wrong one that training asked for; baselines are told as
        wrong alone."""
        drifted = table["drifted"] if "drifted" in table else pd.Series(0.0, table.index)
        kinds = []
        for name, right, drift in zip(names, table["exact"], drifted, strict=True):
            wrong = ["a name that training asked for"] if drift == 1 else ["wrong"]  # nan: not known
            kinds.append([] if right else wrong if name else ["no usable name"])
        return kinds
