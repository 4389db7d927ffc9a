"""What a task provides so that a table of its answers can be scored without a benchmark."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd


@dataclass(frozen=True)
class TableBaseline:
    """Answers that need no model, one list per draw; `information`: what they use; `note`: how they were made.

    `expected` are metrics that are known without draws, a row per question; None for a baseline of answers.
    """

    information: str
    draws: list[list[Any]]
    note: str
    expected: pd.DataFrame | None = field(default=None, compare=False)


class TableTask(Protocol):
    """The part of a task; columns, ids, intervals and output are the same for all.

    `required` and `optional` are the columns that it knows, `answer` among them. Tables have a column of each that was
    given, and those that `read` makes. `tracks` are the ways to read answers that a user may choose from, the usual one
    first; `every_row`:
    rows that repeat an id count too; `form`: the metrics that `read` makes. An answer is what `read` says that it is.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    tracks: tuple[str, ...]
    form: tuple[str, ...]

    @property
    def every_row(self) -> bool:
        """Whether rows that repeat an id count too."""

    def terms(self, background: str | os.PathLike, encoders: Mapping[str, Any]) -> Any:
        """What scores answers by the terms of a background; tasks with tracks have none."""

    def read(self, table: pd.DataFrame) -> pd.DataFrame:
        """What is in the cells, a row each: answer, problems, and metrics of the form (nan: not asked)."""

    def scores(
        self, names: Sequence[Any], table: pd.DataFrame, encoders: Mapping[str, Any], terms: Any | None
    ) -> pd.DataFrame:
        """Metrics of answers to the questions of the table, a row per answer."""

    def shares(self, names: Sequence[Any]) -> dict[str, float]:
        """Metrics of all answers together."""

    def clusters(self, table: pd.DataFrame) -> list[str] | None:
        """Which questions hang together, so that they are resampled together; None where that is not known."""

    def notes(self, table: pd.DataFrame) -> list[str]:
        """What a reader of the scores should know, in words."""

    def baselines(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableBaseline]:
        """Answers without a model, by name; never none. `terms` is the TermScorer, if there is a background."""
