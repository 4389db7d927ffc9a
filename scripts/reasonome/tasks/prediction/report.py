"""Reports and model cards of predictions: metrics, primary first, baselines, and margins over domain models."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import read_table
from reasonome.tasks.prediction import by_class, margins, metrics
from reasonome.tasks.verified.report import METRICS as VERIFIED
from reasonome.tasks.verified.report import VerifiedReporting

_NAMES = {
    "verified": "right",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "MCC",
    "auroc": "AUROC of stated confidence",
    "auprc": "AUPRC of stated confidence",
    "auroc_likelihood": "AUROC of the answer's likelihood",
    "auprc_likelihood": "AUPRC of the answer's likelihood",
    "rmse": "RMSE",
    "mae": "MAE",
    "spearman": "Spearman's ρ",
    "r2": "R²",
    "format": "format kept",
    "no_name": "no usable answer",
    "truncated": "cut off",
    "distinct_names": "distinct answers",
    "order_agreement": "agreement of orders",
    "length": "length",
}

METRICS = replace(
    VERIFIED,
    hits=("verified",),
    ablated={"verified": "right"},
    shown=("verified", "balanced_accuracy", "mcc", "auroc", "rmse", "spearman", "format", "no_name", "length"),
    names=_NAMES,
    further=("distinct_names",),
    groups={
        "none": "nothing about the question",
        "prompt": "the prompt alone",
        "training data": "the training data",
        "a database": "a database",
        "a domain model": "a model of the field, fitted on the same training questions",
    },
    baselines={
        "constant": "always gives the commonest class, or the mean, of the training questions",
        "random": "gives the answer of a training question drawn at random",
        "name_words": "a rule on words of the official name, chosen on the training questions",
        "family": "gives the commonest class of the gene's family among training questions",
        "facts_regression": "logistic regression on the terms that facts give the gene",
        "names_regression": "logistic regression on the encoded official name",
        "smiles_length": "a line through the length of the SMILES",
        "molecular_weight": "a line through the molecular weight",
        "nearest_molecule": "gives the value of the training molecule with the highest Tanimoto similarity",
        "random_forest": "a random forest on Morgan fingerprints and RDKit's descriptors",
        "gradient_boosting": "gradient boosting on Morgan fingerprints and RDKit's descriptors",
    },
    by_stratum=("verified",),
    pooled=metrics.METRICS,
)


class PredictionReporting(VerifiedReporting):
    """Reports and cards of predictions."""

    metrics = METRICS
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
