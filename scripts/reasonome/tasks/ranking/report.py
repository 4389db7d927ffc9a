"""Reports and model cards of rankings: metrics, primary first, baselines, kinds of failures, and voting."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd

from reasonome.report.drawing import STYLE, save
from reasonome.report.evidence import Evidence
from reasonome.report.figures import drawing
from reasonome.report.plan import Plan
from reasonome.task import Reporting
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.own_section import (
    RUN,
    VOTING_COLUMNS,
    length_rows,
    read_votes,
    vote_rows,
    voting_figure,
)
from reasonome.tasks.ranking.transfer import transfer_matrices
from reasonome.tasks.ranking.voting import voting_table

# For model cards: what the model does, the hub's tag, and the intended use.
_USE = """\
To put candidate genes of a locus or of a case into an order, with reasons, for somebody who weighs that order against
other evidence."""


class RankingReporting(Reporting[RankingDialogue]):
    """Reports and cards of rankings."""

    does = "ranks candidate genes"
    tag = "gene-ranking"
    use = _USE
    of_questions = ("question",)

    def as_shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table of scores with the columns that the page reads: the genes of a question are its candidates."""
        return table.rename(columns={"genes": "ranking", "candidates": "genes"})

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each ranking beside its problems; `repeated` are first genes that many questions
        get."""
        flags = {
            "right gene not first": (table["top_1"] == 0) & (table["top_max"] > 0),
            "right gene not listed": (table["top_max"] == 0) & pd.Series([bool(gene) for gene in names], table.index),
            "no usable list": pd.Series([not gene for gene in names], table.index),
            "never closed": table.get("truncated", pd.Series(0.0, table.index)) > 0,
            "constant-like": pd.Series([gene in repeated for gene in names], table.index),
        }
        holds = pd.DataFrame(flags).to_numpy()
        return [[kind for kind, held in zip(flags, row, strict=True) if held] for row in holds]

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int, resamples: int) -> None:
        """Write the table and the figure of voting: accuracy by the number of merged samples of a question."""
        tables = [
            voting_table(scores, seed, resamples).assign(**{name: getattr(e, name) for name in RUN})
            for e, scores in evidence.evaluations
        ]
        voted = [table for table in tables if len(table)]
        table = pd.concat(voted, ignore_index=True) if voted else pd.DataFrame(columns=VOTING_COLUMNS)
        with matplotlib.rc_context(STYLE):
            # The figure's table has every row, not only those that are drawn.
            save(voting_figure(table), table[VOTING_COLUMNS], folder / "voting")
        print(f"{len(voted)} of {len(tables)} sets of answers have several samples of a question")

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """Accuracy by length of reasoning, voting, and transfer; empty where there is nothing to show."""
        votes = read_votes(folder)
        return {
            "lengths": length_rows(evidence),
            "voting": None if votes.empty else drawing(folder, "voting"),
            "votes": vote_rows(votes),
            "matrices": transfer_matrices(plan, metrics),
        }
