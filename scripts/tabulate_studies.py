"""Print a Markdown table of what became of the hypotheses of several experiments, which are one family of tests.

python scripts/tabulate_studies.py results/experiments/reading results/experiments/names
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasonome.core import arguments
from reasonome.core.errors import InputError, run_program
from reasonome.report import evidence, tables
from reasonome.report.hypotheses import adjusted_together, hypothesis_rows
from reasonome.report.number_text import markdown_table, p_value, signed
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task

HEADINGS = ("study", "model", "hypothesis", "difference", "p", "p, Holm", "n × chains", "minutes", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.AS_WRITTEN)
    parser.add_argument("folders", type=Path, nargs="+", help="results/experiments/EXPERIMENT of each")
    rows = [row for folder in parser.parse_args().folders for row in _hypotheses(folder)]
    print(markdown_table(HEADINGS, map(_cells, adjusted_together(rows))))


def _hypotheses(folder: Path) -> list[dict[str, Any]]:
    """The row of each hypothesis of an experiment, with the minutes of all its jobs."""
    plan = read_plan(folder / "plan.json", find_task)
    comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    costs = tables.read_table(folder / "costs.tsv", evidence.COST_COLUMNS, {"seconds"})
    minutes = dict(zip(costs["job"], costs["seconds"] / 60, strict=True))["total"]
    rows = hypothesis_rows(plan, comparisons)
    if not rows:
        fix = "name experiments with `hypotheses`; the others are exploratory"
        raise InputError(f"{plan.experiment} declares no hypothesis", file=folder / "plan.json", fix=fix)
    return [row | {"minutes": minutes} for row in rows]


def _cells(row: Mapping[str, Any]) -> list[str]:
    bounds = "" if row["low"] != row["low"] else f" [{signed(row['low'])}, {signed(row['high'])}]"
    seeds = sorted({int(row["seeds_a"]), int(row["seeds_b"])})
    return [
        row["experiment"],
        row["backbone"],
        f"{row['a']} over {row['b']}",
        signed(row["difference"]) + bounds,
        p_value(row["p"]),
        p_value(row["p_holm"]),
        f"{row['clusters']:.0f} × {' and '.join(map(str, seeds))}",
        f"{row['minutes']:.0f}",
        row["outcome"],
    ]


if __name__ == "__main__":
    run_program(main)
