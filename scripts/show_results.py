"""Print what an experiment cost, its headline table, and where its report is.

python scripts/show_results.py results/experiments/demo
"""

import argparse
from pathlib import Path

from reasonome.errors import run_program
from reasonome.report import costs, tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()

    spent = tables.read_table(args.folder / "costs.tsv", costs.COLUMNS)
    print(spent.to_string(index=False), end="\n\n")
    print(costs.summary(spent), end="\n\n")
    metrics = tables.read_table(args.folder / "metrics.tsv", tables.METRIC_COLUMNS)
    print(tables.headline(metrics).to_string(index=False, na_rep=""), end="\n\n")
    print(f"tables: {args.folder}/metrics.tsv, {args.folder}/comparisons.tsv")
    print(f"report: {args.folder}/report.html (open it in a browser)")


if __name__ == "__main__":
    run_program(main)
