"""Reports and model cards of rankings: kinds of failures, and voting."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.core import atomic
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import SETTING, joined, read_table
from reasonome.scoring.comparisons import MEAN
from reasonome.task_parts import Reporting
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.voting import COLUMNS, voting_table

RUN = ["backbone", "arm", "seed", *SETTING]
VOTING_COLUMNS = [*RUN, *COLUMNS]

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
        """Write the table of voting: accuracy by the number of merged samples of a question."""
        tables = [
            voting_table(scores, seed, resamples).assign(**{name: getattr(e, name) for name in RUN})
            for e, scores in evidence.evaluations
        ]
        atomic.write_tsv(folder / "voting.tsv", joined(tables, VOTING_COLUMNS))

    def own_section(self, plan: Plan, metrics: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """The means over subsets of one sample and of all of them merged; none where there is one sample."""
        table = read_table(folder / "voting.tsv", VOTING_COLUMNS).astype({"n": int, "tokens": float})
        means = table[table["subset"] == MEAN]
        most = means.groupby([*RUN, "metric"])["n"].transform("max")
        return {"votes": means[(means["n"] == 1) | (means["n"] == most)].to_dict("records")}
