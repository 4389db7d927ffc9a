"""What models still know after each stage: shares of training questions answered right, and of training facts known."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.config.project import chains
from reasonome.config.project.experiments import Asked
from reasonome.report.tables import read_table
from reasonome.scoring.comparisons import MEAN, bootstrap_intervals
from reasonome.tasks.base import Task

COLUMNS = ["backbone", "chain", "steps", "kind", "of", "style", "metric", "value", "low", "high", "n"]
_NUMBERS = ["steps", "value", "low", "high", "n"]
# Metric → what it was of each question or fact, 0 or 1.
Shares = Mapping[str, Sequence[float]]


def right(
    task: Task, style: Any, examples: Iterable[Any], texts: Mapping[str, Sequence[str]]
) -> tuple[Shares, list[str]]:
    """Of each text that answers one of the examples: whether it is `right`, and `named`, that is in a readable form.

    Beside them the id of each text's question.
    """
    questions: list[str] = []
    judged: dict[str, list[float]] = {"right": [], "named": []}
    for example in examples:
        for text in texts.get(example.id, ()):
            answer = task.parse(text, style)
            judged["right"].append(float(task.right(answer, example)))
            judged["named"].append(float(answer.named))
            questions.append(example.id)
    return judged, questions


def known(rows: Iterable[Mapping[str, Any]]) -> tuple[Shares, None]:
    """Of each fact that a model was asked, whether it is `known`; each stands for itself."""
    return {"known": [float(row["margin"] > 0) for row in rows]}, None


def forgetting_table(
    measured: Iterable[tuple[Asked, Shares, list[str] | None]], seed: int, resamples: int
) -> pd.DataFrame:
    """A row (COLUMNS) per model, what it was asked, and metric: its 95 % interval is over questions or facts.

    `steps` is the number of steps that made the model, 0 for the untouched backbone.
    """
    rows = []
    for asked, shares, questions in measured:
        labels = {"backbone": asked.backbone, "chain": asked.chain, "steps": len(chains.parse(asked.chain))}
        labels |= {"kind": asked.kind, "of": asked.of, "style": asked.style}
        for metric, values in shares.items():
            drawn = bootstrap_intervals(
                np.array(values), [MEAN] * len(values), questions, seed=seed, resamples=resamples
            )[MEAN]
            found = {"value": drawn.value[0], "low": drawn.low[0], "high": drawn.high[0], "n": drawn.n}
            rows.append(labels | {"metric": metric} | found)
    return pd.DataFrame(rows, columns=COLUMNS)


def read(path: Path) -> pd.DataFrame:
    """forgetting.tsv, numbers as numbers. InputError as of `read_table`."""
    table = read_table(path, COLUMNS)
    return table.assign(**{column: pd.to_numeric(table[column]) for column in _NUMBERS})
