"""Write an experiment's tables and figures as a paper has them: scores, format, ablation, coverage and accuracy.

python scripts/write_paper_tables.py results/experiments/demo
"""

import matplotlib

from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.report import abstention, paper, tables
from reasonome.report.drawing import STYLE, save
from reasonome.report.evidence import read_evidence
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task


def main() -> None:
    parser = arguments.experiment_parser(__doc__)
    arguments.add_bootstrap(parser)
    args = parser.parse_args()
    plan = read_plan(args.folder / "plan.json", find_task)
    metrics = tables.read_table(args.folder / "metrics.tsv", tables.metric_columns(plan.metric_set))
    comparisons = tables.read_table(args.folder / "comparisons.tsv", tables.COMPARISON_COLUMNS)
    evaluations = read_evidence(plan).evaluations
    with atomic.replacing(args.folder / "paper") as folder, matplotlib.rc_context(STYLE):
        folder.mkdir()
        for name, benchmarks in (
            ("in_distribution", paper.benchmarks(plan)),
            ("out_of_distribution", plan.out_of_distribution),
        ):
            cells = paper.score_cells(plan, metrics, comparisons, benchmarks)
            atomic.write_tsv(folder / f"{name}.tsv", cells)
            (folder / f"{name}.md").write_text(paper.score_markdown(name, plan, cells), encoding="utf-8")
        formats = paper.format_cells(plan, metrics)
        atomic.write_tsv(folder / "format.tsv", formats)
        (folder / "format.md").write_text(paper.format_markdown(plan, formats), encoding="utf-8")
        save(*paper.ablation(plan, metrics), folder / "ablation")
        save(*abstention.coverage(plan.metric_set, evaluations), folder / "coverage")
        abstained = abstention.abstentions(plan.metric_set, evaluations, seed=args.seed, resamples=args.resamples)
        atomic.write_tsv(folder / "abstention.tsv", abstained)


if __name__ == "__main__":
    run_program(main)
