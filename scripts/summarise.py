"""Summarise an experiment: tables of metrics, comparisons, costs, calibration and reliability, and what its task
alone tells.

python scripts/summarise.py results/experiments/demo
"""

from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.report.calibration_table import calibration_tables
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.evidence import costs_table, read_evidence
from reasonome.report.metrics_table import metrics_table
from reasonome.report.plan import read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.report.sharpening import matched_parents, sharpening_table
from reasonome.report.tables import write_metrics
from reasonome.tasks import find_task


def main() -> None:
    parser = arguments.experiment_parser(__doc__)
    arguments.add_seed(parser)
    args = parser.parse_args()
    plan = read_plan(args.folder / "plan.json", find_task)
    evidence = read_evidence(plan)
    scores = collect_scores(plan, evidence)
    metrics = metrics_table(plan, scores)
    matched = matched_parents(plan, scores)
    comparisons = comparisons_table(plan, scores, matched)
    atomic.write_tsv(args.folder / "costs.tsv", costs_table(plan))
    write_metrics(args.folder, metrics)
    atomic.write_tsv(args.folder / "comparisons.tsv", comparisons)
    table = sharpening_table(plan, evidence, scores, matched, comparisons)
    atomic.write_tsv(args.folder / "sharpening.tsv", table)
    calibration, reliability = calibration_tables(plan, evidence)
    atomic.write_tsv(args.folder / "calibration.tsv", calibration)
    atomic.write_tsv(args.folder / "reliability.tsv", reliability)
    with atomic.replacing(args.folder / "own") as folder:
        folder.mkdir()
        plan.report.write_own(plan, evidence, folder, args.seed)


if __name__ == "__main__":
    run_program(main)
