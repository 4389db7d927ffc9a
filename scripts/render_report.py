"""Render an experiment's report: figures (SVG, PNG, TSV) and one self-contained HTML page.

python scripts/render_report.py --plan results/experiments/demo/plan.json \
    --metrics results/experiments/demo/metrics.tsv --comparisons results/experiments/demo/comparisons.tsv \
    --costs results/experiments/demo/costs.tsv --leaks results/experiments/demo/audit.json \
    --abstention results/experiments/demo/paper/abstention.tsv --coverage results/experiments/demo/paper/coverage.svg \
    --own results/experiments/demo/own --figures results/experiments/demo/figures \
    --report results/experiments/demo/report.html
"""

import argparse
from pathlib import Path

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.report import costs, paper_figures, tables
from reasonome.report.evidence import count_reasoning, read_evidence, read_statistics, read_step
from reasonome.report.figures import write_figures
from reasonome.report.origins import read_answering
from reasonome.report.page import ReportInputs, render_page
from reasonome.report.plan import read_plan


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--plan", type=Path, required=True, help="what the experiment consists of (JSON)")
    arguments.add_argument("--metrics", type=Path, required=True, help="table that summarise.py wrote")
    arguments.add_argument("--comparisons", type=Path, required=True, help="table that summarise.py wrote")
    arguments.add_argument("--costs", type=Path, required=True, help="table that account.py wrote")
    arguments.add_argument("--leaks", type=Path, required=True, help="audit.json that audit_leaks.py wrote")
    arguments.add_argument("--abstention", type=Path, required=True, help="table that write_paper_tables.py wrote")
    arguments.add_argument("--coverage", type=Path, required=True, help="drawing (SVG) that write_paper_tables.py made")
    arguments.add_argument("--own", type=Path, required=True, help="folder that summarise.py wrote")
    arguments.add_argument("--figures", type=Path, required=True, help="folder to write, replaced whole")
    arguments.add_argument("--report", type=Path, required=True, help="HTML page to write")
    given = arguments.parse_args()

    plan = read_plan(given.plan)
    metrics = tables.read_table(given.metrics, tables.metric_columns(plan.metric_set))
    steps = [read_step(step) for step in plan.steps]
    corpora = {corpus.name: read_statistics(corpus.statistics) for corpus in plan.corpora}
    write_figures(given.figures, plan, tables.of_all_strata(metrics), steps, corpora)
    page = render_page(
        ReportInputs(
            plan=plan,
            metrics=metrics,
            comparisons=tables.read_table(given.comparisons, tables.COMPARISON_COLUMNS),
            evidence=read_evidence(plan),
            steps=steps,
            costs=tables.read_table(given.costs, costs.COLUMNS),
            figures=given.figures,
            audits={benchmark: atomic.read_json(path) for benchmark, path in plan.audits.items()},
            leaks=atomic.read_json(given.leaks),
            reasoning=[(reasoning, count_reasoning(reasoning)) for reasoning in plan.reasoning],
            corpora=corpora,
            answering=read_answering(plan),
            abstention=tables.read_table(given.abstention, paper_figures.ABSTENTION_COLUMNS),
            coverage=given.coverage.read_text(encoding="utf-8"),
            own=given.own,
        )
    )
    atomic.write_text(given.report, page)


if __name__ == "__main__":
    run_program(main)
