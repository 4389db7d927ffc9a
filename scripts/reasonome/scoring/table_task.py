"""The interface of a task to score a table of its answers without a benchmark."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from reasonome.answering.wrapping import KINDS, told
from reasonome.facts.files.plain_table import counted_lines
from reasonome.scoring.comparisons import Pooled


@dataclass(frozen=True)
class TableBaseline:
    """Answers that need no model, one list per draw; `information`: what they use; `note`: how they were made.

    `expected` are metrics known exactly, without draws, a row per question; None for a baseline with answers.
    """

    information: str
    draws: list[list[Any]]
    note: str
    expected: pd.DataFrame | None = field(default=None, compare=False)


class TableTask(Protocol):
    """The part of a task; columns, ids, intervals and output are the same for all.

    `has_similarity` says whether answers are texts that encoders compare.
    `required` and `optional` are the columns that it knows, `answer` among them. Tables have the columns that the user
    named, and those of `read`. `tracks` are the ways to read answers that a user may choose from, the default first;
    `form` are the metrics that `read` computes. The answers to be scored are those that `read` returns.
    """

    has_similarity: bool
    required: tuple[str, ...]
    optional: tuple[str, ...]
    tracks: tuple[str, ...]
    form: tuple[str, ...]

    @property
    def every_row(self) -> bool:
        """Whether rows that repeat an id count too."""

    def terms(self, background: str | os.PathLike, encoders: Mapping[str, Any]) -> Any:
        """The scorer of answers by the terms of a background; tasks with tracks have none."""

    def prepare(self, table: pd.DataFrame) -> None:
        """Learn what the reading of cells depends on from the whole table; nothing by default."""

    def pooled(self, draws: Sequence[Sequence[Any]], table: pd.DataFrame, own: bool) -> dict[str, Pooled]:
        """Metrics of all answers together, the mean over draws; none by default. `own`: they are the table's."""
        return {}

    def read(self, table: pd.DataFrame) -> pd.DataFrame:
        """The parsed cells, a row each: answer, problems, and metrics of the form (nan: not applicable)."""

    def scores(
        self, names: Sequence[Any], table: pd.DataFrame, encoders: Mapping[str, Any], terms: Any | None
    ) -> pd.DataFrame:
        """Metrics of answers to the questions of the table, a row per answer."""

    def shares(self, names: Sequence[Any]) -> dict[str, float]:
        """Metrics of all answers together."""

    def clusters(self, table: pd.DataFrame) -> list[str] | None:
        """The cluster of each question, whose rows are resampled together; None if unknown."""

    def notes(self, table: pd.DataFrame) -> list[str]:
        """Notes for readers of the scores."""

    def baselines(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableBaseline]:
        """Answers without a model, by name; never none. `terms` is the TermScorer, if there is a background."""


def wrapping_notes(table: pd.DataFrame, what: str) -> list[str]:
    """A note on the lines whose `problems` (codes joined by commas) have kinds of wrapping; [] if there are none."""
    found = [KINDS.keys() & codes.split(",") for codes in table["problems"]]
    wrapped = [line for line, kinds in zip(table["line"], found, strict=True) if kinds]
    return [f"{what}: {counted_lines(wrapped)}: {told(kind for kinds in found for kind in kinds)}"] if wrapped else []
