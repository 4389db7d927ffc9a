"""The tables of metrics and of comparisons as files: columns, how they are read and written, and what is shown."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.metrics import BASELINE_GROUPS, CEILINGS, MetricSet
from reasonome.scoring.comparisons import MEAN

SETTING = ["benchmark", "style", "decoding"]
_LABELS = ["experiment", "backbone", "arm", "chain", "seed", *SETTING, "subset", "stratum", "kind", "information"]
METRIC_COLUMNS = [*_LABELS, "metric", "value", "low", "high", "n", "sd_seeds", "n_seeds", "note"]
COMPARISON_COLUMNS = ["experiment", "backbone", *SETTING, "subset", "kind", "metric", "a", "b", "information"]
COMPARISON_COLUMNS += ["difference", "low", "high", "p", "hypothesis", "p_holm", "error", "df", "clusters", "n"]
COMPARISON_COLUMNS += ["mean_b", "seeds_a", "seeds_b", "missing_a", "missing_b", "note"]
ERROR = "se"  # a column of the metrics of rankings: the standard error
# The order of the baselines in every table.
INFORMATION = [*BASELINE_GROUPS, *CEILINGS]
TEXT_COLUMNS = [*_LABELS, "metric", "a", "b", "hypothesis", "note"]


def metric_columns(metric_set: MetricSet) -> list[str]:
    """The columns of strata.tsv, and without `stratum` of metrics.tsv."""
    return [*METRIC_COLUMNS, ERROR] if metric_set.errors else METRIC_COLUMNS


def without_strata(metrics: pd.DataFrame) -> pd.DataFrame:
    """The metrics without the rows of single strata."""
    return metrics[metrics["stratum"] == ""]


def information_rank(information: str) -> tuple[int, str]:
    """Sorts kinds of information from the least to the most; unknown kinds come last, by name."""
    known = information in INFORMATION
    return (INFORMATION.index(information) if known else len(INFORMATION), information)


def reported_seeds(metrics: pd.DataFrame) -> pd.DataFrame:
    """The metrics of each arm once: of several seeds the mean, of one the seed."""
    arm = [*SETTING, "backbone", "arm", "kind"]
    several = (metrics["n_seeds"] > 1).groupby([metrics[c] for c in arm]).transform("any")
    return metrics[several == (metrics["seed"] == MEAN)]


def grouped(table: pd.DataFrame, by: list[str]) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """The labels and the rows of each group of rows whose columns `by`, all of text, are equal, as they appear."""
    for labels, rows in table.groupby(by, sort=False):
        yield cast(tuple[str, ...], labels), rows  # pandas knows of no columns of text


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, column → value."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False, name=None)]


NUMBERS = {*METRIC_COLUMNS, ERROR, *COMPARISON_COLUMNS} - {*TEXT_COLUMNS}


def read_table(path: str | os.PathLike, columns: list[str], numbers: Collection[str] = NUMBERS) -> pd.DataFrame:
    """A table of an experiment; what is not among `numbers` stays text (an arm may be called "NA"). InputError."""
    if not os.path.isfile(path):
        raise InputError("there is no such table", file=path, fix="run scripts/summarise.py first")
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        whole = Path(path).read_bytes().endswith(b"\n") and not table.isna().any(axis=None)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        whole = False
    if not whole:
        raise InputError("this table is damaged", file=path, fix=f"remove it; snakemake --cores 2 {path} makes it anew")
    if list(table.columns) != columns:
        raise InputError(f"columns are {' '.join(table.columns)}", file=path, fix=f"expected: {' '.join(columns)}")
    for column in set(columns) & set(numbers):
        table[column] = pd.to_numeric(table[column].replace("", np.nan))
    return table


def write_metrics(folder: Path, metrics: pd.DataFrame) -> None:
    """Write metrics.tsv, which has no strata, and strata.tsv, which has them alone."""
    atomic.write_tsv(folder / "metrics.tsv", without_strata(metrics).drop(columns="stratum"))
    atomic.write_tsv(folder / "strata.tsv", metrics[metrics["stratum"] != ""])


def read_metrics(folder: Path, metric_set: MetricSet) -> pd.DataFrame:
    """The metrics that `write_metrics` wrote. InputError."""
    columns = metric_columns(metric_set)
    totals = read_table(folder / "metrics.tsv", [column for column in columns if column != "stratum"])
    strata = read_table(folder / "strata.tsv", columns)
    return pd.concat([totals.assign(stratum="")[columns], strata.astype(totals.dtypes)], ignore_index=True)


def primary_metric(metrics: pd.DataFrame, metric_set: MetricSet) -> str:
    """The primary metric, or its stand-in where the models of these rows were not measured by it."""
    measured = (metrics.query("kind == 'model'")["metric"] == metric_set.primary).any()
    return metric_set.primary if measured else metric_set.stand_in
