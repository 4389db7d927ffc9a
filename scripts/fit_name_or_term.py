"""Fit when a model's name is better than the first enriched term of its question, by its answers to valid questions.

python scripts/fit_name_or_term.py --backbone smollm2-135m --chain sft.enriched-s0 --benchmark enriched-valid \
    --style enriched --decoding greedy-short --output calibration.json
"""

from reasonome.apps.annotate.name_or_term_fit import fit
from reasonome.apps.annotate.shipped import FIRST_TERM
from reasonome.benchmarks.rows import read_rows
from reasonome.config.project.results import Run
from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.tasks import open_project
from reasonome.tasks.naming.dialogue import Example


def main() -> None:
    needed = ("backbone", "chain", "benchmark", "style", "decoding", "output")
    parser = arguments.project_parser(__doc__, *needed)
    parser.add_argument("--metric", default="rouge_l", help="by which one is better (default: %(default)s)")
    args = parser.parse_args()
    project = open_project(args.config, args.set)
    run = Run(args.backbone, "", args.chain, 0, args.benchmark, args.style, args.decoding)
    rows = project.examples(args.benchmark, args.style) / "test.jsonl"
    fitted = fit(
        project.results.scores(run),
        project.results.baselines(args.benchmark, args.style),
        FIRST_TERM,
        read_rows(rows, Example),
        args.metric,
        args.benchmark,
        args.style,
    )
    atomic.write_text(args.output, f"{fitted.model_dump_json(indent=2)}\n")
    right = "" if fitted.better_where_first is None else f", of which {fitted.better_where_first:.0%} were better"
    print(
        f"{args.output}: of {fitted.questions:,} names {fitted.better:.0%} were better than the first term; "
        f"{fitted.first:.0%} would stand first{right}"
    )


if __name__ == "__main__":
    run_program(main)
