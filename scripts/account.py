"""Add up what an experiment cost: seconds, trained and generated tokens, peak memory, a row per job.

python scripts/account.py --plan results/experiments/demo/plan.json --output results/experiments/demo/costs.tsv
"""

import argparse
from pathlib import Path

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.report.costs import costs_table
from reasonome.report.plan import read_plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    table = costs_table(read_plan(args.plan))
    atomic.write_tsv(args.output, table)
    print(table.to_string(index=False))


if __name__ == "__main__":
    run_program(main)
