"""Render an experiment's report: figures (SVG, PNG, TSV) and one self-contained HTML page.

python scripts/render_report.py results/experiments/demo
"""

from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.report import abstention, calibration_table, evidence, forgetting, tables
from reasonome.report.evidence import count_reasoning, read_evidence, read_statistics, read_step
from reasonome.report.figures import write_figures
from reasonome.report.origins import read_answering
from reasonome.report.page import ReportInputs, render_page
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task


def main() -> None:
    folder = arguments.experiment_parser(__doc__).parse_args().folder
    plan = read_plan(folder / "plan.json", find_task)
    metrics = tables.read_table(folder / "metrics.tsv", tables.metric_columns(plan.metric_set))
    steps = [read_step(step) for step in plan.steps]
    corpora = {corpus.name: read_statistics(corpus.statistics) for corpus in plan.corpora}
    reliability = tables.read_table(
        folder / "reliability.tsv", calibration_table.BIN_COLUMNS, calibration_table.NUMBERS
    )
    forgotten = None
    if plan.forgetting:
        forgotten = tables.read_table(plan.forgetting, forgetting.COLUMNS, forgetting.NUMBERS)
    shown = tables.without_strata(metrics)
    comparisons = tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    scores = read_evidence(plan)
    write_figures(
        folder / "figures", plan, shown, comparisons, reliability, forgotten, steps, corpora, scores.evaluations
    )
    page = render_page(
        ReportInputs(
            plan=plan,
            metrics=metrics,
            comparisons=comparisons,
            evidence=scores,
            steps=steps,
            costs=tables.read_table(folder / "costs.tsv", evidence.COST_COLUMNS),
            figures=folder / "figures",
            audits={benchmark: atomic.read_json(path) for benchmark, path in plan.audits.items()},
            leaks=atomic.read_json(folder / "audit.json"),
            reasoning=[(reasoning, count_reasoning(reasoning)) for reasoning in plan.reasoning],
            corpora=corpora,
            answering=read_answering(plan),
            abstention=tables.read_table(folder / "abstention.tsv", abstention.ABSTENTION_COLUMNS),
            calibration=tables.read_table(
                folder / "calibration.tsv", calibration_table.COLUMNS, calibration_table.NUMBERS
            ),
            forgetting=forgotten,
            own=folder / "own",
        )
    )
    atomic.write_text(folder / "report.html", page)


if __name__ == "__main__":
    run_program(main)
