"""What a task provides so that a table of its answers can be scored without a benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd


@dataclass(frozen=True)
class TableFloor:
    """Answers that need no model, one list per draw; `information`: what they use; `note`: how they were made."""

    information: str
    draws: list[list[str]]
    note: str


class TableTask(Protocol):
    """The part of a task; columns, ids, intervals and output are the same for all.

    `required` and `optional` are the columns that it knows, `answer` among them. Tables have a column of each that was
    given, and those that `read` makes.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]

    def read(self, cells: Sequence[str]) -> pd.DataFrame:
        """The answers in the cells, a row each: answer (text), problems, and metrics of the form (nan: not asked)."""

    def scores(
        self, names: Sequence[str], table: pd.DataFrame, encoders: Mapping[str, Any], terms: Any | None
    ) -> pd.DataFrame:
        """Metrics of answers to the questions of the table, a row per answer."""

    def shares(self, names: Sequence[str]) -> dict[str, float]:
        """Metrics of all answers together."""

    def clusters(self, table: pd.DataFrame) -> list[str] | None:
        """Which questions hang together, so that they are resampled together; None where that is not known."""

    def floors(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableFloor]:
        """Answers without a model, by name; never none. `terms` is the TermScorer, if there is a background."""
