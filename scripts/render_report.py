"""Render an experiment's report: figures (SVG, PNG, TSV) and one self-contained HTML page.

python scripts/render_report.py results/experiments/demo
"""

from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.report import calibration_table, evidence, forgetting, sharpening, tables
from reasonome.report.evidence import ReportInputs, read_evidence, read_step
from reasonome.report.figures import write_figures
from reasonome.report.origins import read_answering
from reasonome.report.page import render_page
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task


def main() -> None:
    folder = arguments.experiment_parser(__doc__).parse_args().folder
    plan = read_plan(folder / "plan.json", find_task)
    read = tables.read_table
    inputs = ReportInputs(
        plan=plan,
        metrics=tables.read_metrics(folder, plan.metric_set),
        comparisons=read(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS),
        evidence=read_evidence(plan),
        steps=[read_step(step) for step in plan.steps],
        costs=read(folder / "costs.tsv", evidence.COST_COLUMNS),
        figures=folder / "figures",
        leaks=atomic.read_json(folder / "audit.json"),
        answering=read_answering(plan),
        calibration=read(folder / "calibration.tsv", calibration_table.COLUMNS, calibration_table.NUMBERS),
        reliability=read(folder / "reliability.tsv", calibration_table.BIN_COLUMNS, calibration_table.NUMBERS),
        sharpening=read(folder / "sharpening.tsv", sharpening.COLUMNS, sharpening.NUMBERS),
        forgetting=read(plan.forgetting, forgetting.COLUMNS, forgetting.NUMBERS) if plan.forgetting else None,
        own=folder / "own",
    )
    write_figures(inputs)
    atomic.write_text(folder / "report.html", render_page(inputs))


if __name__ == "__main__":
    run_program(main)
