"""Reports and model cards of predictions: metrics, primary first, baselines, and margins over domain models."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import read_table
from reasonome.tasks.prediction import by_class, margins
from reasonome.tasks.verified.report import VerifiedReporting


class PredictionReporting(VerifiedReporting):
    """Reports and cards of predictions."""

    does = "predicts classes and numbers"
    tag = "prediction"
    use = "To predict what the benchmarks below ask, for somebody who weighs the answer against a model of the field."

    def failure_kinds(self, table: pd.DataFrame, names: Sequence[str], repeated: Collection[str]) -> list[list[str]]:
        """The kinds of failure of each answer beside its problems; `repeated` are answers that many questions get."""
        rows = []
        for name, verified, numeric in zip(names, table["verified"], table["classes"] == "", strict=True):
            kinds = {
                "no usable answer": not name,
                "wrong class": bool(name) and verified == 0 and not numeric,
                "beyond the tolerance": bool(name) and verified == 0 and numeric,
                "constant-like": numeric and name in repeated,
            }
            rows.append([kind for kind, holds in kinds.items() if holds])
        return rows

    def write_own(self, plan: Plan, evidence: Evidence, folder: Path, seed: int, resamples: int) -> None:
        """Write the tables of margins over the best domain model, and of scores by class."""
        for name, table in (
            ("margins", margins.margins_table(evidence, seed, resamples)),
            ("classes", by_class.classes_table(evidence, seed, resamples)),
        ):
            table.to_csv(folder / f"{name}.tsv", sep="\t", index=False, lineterminator="\n")

    def own_section(self, plan: Plan, table: pd.DataFrame, evidence: Evidence, folder: Path) -> dict[str, Any]:
        """The margins over the best domain model, and the scores by class."""
        return {
            "margins": _read(folder / "margins.tsv", margins.COLUMNS, ("best", "margin")),
            "classes": _read(folder / "classes.tsv", by_class.COLUMNS, ("recall", "precision")),
        }


def _read(path: Path, columns: list[str], numeric: Sequence[str]) -> list[dict[str, Any]]:
    table = read_table(path, columns)
    numbers = {column: pd.to_numeric(table[column].replace("", np.nan)) for column in numeric}
    return table.assign(**numbers).to_dict("records")
