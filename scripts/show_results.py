"""Print the verdict of an experiment, what it cost, its headline table, and where its report is.

python scripts/show_results.py results/experiments/demo
"""

from textwrap import fill

from reasonome.core import arguments
from reasonome.core.errors import run_program
from reasonome.report import evidence, tables
from reasonome.report.contrasts import verdict
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task


def main() -> None:
    folder = arguments.experiment_parser(__doc__).parse_args().folder
    plan = read_plan(folder / "plan.json", find_task)
    metric_set = plan.metric_set
    comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    spent = tables.read_table(folder / "costs.tsv", evidence.COST_COLUMNS)
    metrics = tables.read_table(folder / "metrics.tsv", tables.metric_columns(metric_set))
    print(*(fill(sentence, 100) for sentence in verdict(plan, comparisons)), sep="\n", end="\n\n")
    print(spent.to_string(index=False), end="\n\n")
    print(tables.headline(metrics, metric_set).to_string(index=False, na_rep=""), end="\n\n")
    print(f"tables: {folder}/metrics.tsv, {folder}/comparisons.tsv")
    print(f"report: {folder}/report.html (open it in a browser)")


if __name__ == "__main__":
    run_program(main)
