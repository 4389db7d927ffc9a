"""Print what an experiment cost, its headline table, and where its report is.

python scripts/show_results.py results/experiments/demo
"""

from pathlib import Path

import pandas as pd

from reasonome.core import arguments
from reasonome.core.errors import run_program
from reasonome.report import costs, tables
from reasonome.report.plan import read_plan


def main() -> None:
    folder = arguments.of_experiment(__doc__).parse_args().folder
    metric_set = read_plan(folder / "plan.json").metric_set
    if not (spent := rows(folder / "costs.tsv", costs.COLUMNS)).empty:
        print(spent.to_string(index=False), end="\n\n")
        print(costs.summary(spent), end="\n\n")
    if not (metrics := rows(folder / "metrics.tsv", tables.metric_columns(metric_set))).empty:
        print(tables.headline(metrics, metric_set).to_string(index=False, na_rep=""), end="\n\n")
    print(f"tables: {folder}/metrics.tsv, {folder}/comparisons.tsv")
    print(f"report: {folder}/report.html (open it in a browser)")


def rows(path: Path, columns: list[str]) -> pd.DataFrame:
    """A table of ours; says so where it has a header and no rows yet."""
    table = tables.read_table(path, columns)
    if table.empty:
        print(f"{path}: no rows yet", end="\n\n")
    return table


if __name__ == "__main__":
    run_program(main)
