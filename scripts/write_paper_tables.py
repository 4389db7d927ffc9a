"""Write an experiment's tables and figures as a paper has them: scores, format, ablation, coverage and accuracy.

python scripts/write_paper_tables.py --plan results/experiments/demo/plan.json \
    --metrics results/experiments/demo/metrics.tsv --comparisons results/experiments/demo/comparisons.tsv \
    --output results/experiments/demo/paper
"""

import argparse
from pathlib import Path

import matplotlib

from reasonome.core import atomic
from reasonome.core.argument_types import resamples, seed
from reasonome.core.atomic import replacing
from reasonome.core.errors import run_program
from reasonome.report import paper, paper_figures, tables
from reasonome.report.drawing import STYLE, save
from reasonome.report.evidence import read_evidence
from reasonome.report.plan import read_plan
from reasonome.scoring.comparisons import RESAMPLES


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--plan", type=Path, required=True, help="what the experiment consists of (JSON)")
    arguments.add_argument("--metrics", type=Path, required=True, help="table that summarise.py wrote")
    arguments.add_argument("--comparisons", type=Path, required=True, help="table that summarise.py wrote")
    arguments.add_argument("--output", type=Path, required=True, help="folder to write, replaced whole")
    arguments.add_argument("--resamples", type=resamples, default=RESAMPLES, help="of the bootstrap (%(default)s)")
    arguments.add_argument("--seed", type=seed, default=0, help="of the bootstrap (%(default)s)")
    given = arguments.parse_args()

    plan = read_plan(given.plan)
    metrics = tables.read_table(given.metrics, tables.metric_columns(plan.metric_set))
    comparisons = tables.read_table(given.comparisons, tables.COMPARISON_COLUMNS)
    evaluations = read_evidence(plan).evaluations
    with replacing(given.output) as folder, matplotlib.rc_context(STYLE):
        folder.mkdir()
        for name, asked in (
            ("in_distribution", paper.benchmarks(plan)),
            ("out_of_distribution", plan.out_of_distribution),
        ):
            cells = paper.score_cells(plan, metrics, comparisons, asked)
            atomic.write_tsv(folder / f"{name}.tsv", cells)
            (folder / f"{name}.md").write_text(paper.score_markdown(name, plan, cells), encoding="utf-8")
        formats = paper.format_cells(plan, metrics)
        atomic.write_tsv(folder / "format.tsv", formats)
        (folder / "format.md").write_text(paper.format_markdown(plan, formats), encoding="utf-8")
        save(*paper_figures.ablation(plan, metrics), folder / "ablation")
        save(*paper_figures.coverage(evaluations), folder / "coverage")
        abstained = paper_figures.abstentions(evaluations, seed=given.seed, resamples=given.resamples)
        atomic.write_tsv(folder / "abstention.tsv", abstained)


if __name__ == "__main__":
    run_program(main)
