"""Summarise an experiment's scores: metrics.tsv, comparisons.tsv, what its task alone tells, and a printed headline.

python scripts/summarise.py --plan results/experiments/demo/plan.json \
    --metrics results/experiments/demo/metrics.tsv --comparisons results/experiments/demo/comparisons.tsv \
    --own results/experiments/demo/own
"""

import argparse
from pathlib import Path

from reasonome.core import atomic
from reasonome.core.argument_types import resamples, seed
from reasonome.core.errors import run_program
from reasonome.report import tables
from reasonome.report.comparisons_table import EQUIVALENCE, comparisons_table
from reasonome.report.evidence import read_evidence
from reasonome.report.metrics_table import metrics_table
from reasonome.report.plan import read_plan
from reasonome.scoring.comparisons import RESAMPLES


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--plan", type=Path, required=True, help="what the experiment consists of (JSON)")
    arguments.add_argument("--metrics", type=Path, required=True, help="table to write")
    arguments.add_argument("--comparisons", type=Path, required=True, help="table to write")
    arguments.add_argument("--own", type=Path, required=True, help="folder to write of what the task alone tells")
    arguments.add_argument("--resamples", type=resamples, default=RESAMPLES, help="of the bootstrap (%(default)s)")
    arguments.add_argument("--seed", type=seed, default=0, help="of the bootstrap (%(default)s)")
    arguments.add_argument(
        "--equivalence",
        type=float,
        default=EQUIVALENCE,
        help='"on par" is a difference of scores smaller than this (%(default)s)',
    )
    given = arguments.parse_args()

    plan = read_plan(given.plan)
    evidence = read_evidence(plan)
    bootstrap = {"seed": given.seed, "resamples": given.resamples}
    metrics = metrics_table(plan, evidence, **bootstrap)
    comparisons = comparisons_table(plan, evidence, equivalence=given.equivalence, **bootstrap)
    atomic.write_tsv(given.metrics, metrics)
    atomic.write_tsv(given.comparisons, comparisons)
    with atomic.replacing(given.own) as folder:
        folder.mkdir()
        plan.task_report.write_own(plan, evidence, folder, **bootstrap)
    print(tables.headline(metrics, plan.metric_set).to_string(index=False, na_rep=""))


if __name__ == "__main__":
    run_program(main)
