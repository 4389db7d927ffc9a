"""Fit by which confidence a model's name is better than the first enriched term of its question, on valid questions.

python scripts/fit_name_or_term.py --benchmark NAME --style enriched --scores valid/greedy.parquet \
    --baselines valid/baselines.parquet --questions results/prompts/NAME.enriched/valid.jsonl \
    --output resources/models/MODEL/calibration.json
"""

import argparse
from pathlib import Path

from reasonome.annotation.name_or_term_fit import fit
from reasonome.annotation.shipped import FIRST_TERM
from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.tasks.naming.task import Example


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--benchmark", required=True, help="whose questions they are, for the page")
    parser.add_argument("--style", required=True, help="in which the model was asked")
    parser.add_argument("--scores", type=Path, required=True, help="of the model's greedy answers (scripts/score.py)")
    parser.add_argument("--baselines", type=Path, required=True, help="of the same questions (score_baselines.py)")
    parser.add_argument("--questions", type=Path, required=True, help="the rows with what their prompts show")
    parser.add_argument("--first-term", default=FIRST_TERM, help="the baseline that is the first term (%(default)s)")
    parser.add_argument("--metric", default="rouge_l", help="by which one is better (%(default)s)")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    examples = read_rows(args.questions, Example)
    asked = (args.metric, args.benchmark, args.style)
    fitted = fit(args.scores, args.baselines, args.first_term, examples, *asked)
    atomic.write_text(args.output, f"{fitted.model_dump_json(indent=2)}\n")
    right = "" if fitted.better_where_first is None else f", of which {fitted.better_where_first:.0%} were better"
    print(
        f"{args.output}: of {fitted.questions:,} names {fitted.better:.0%} were better than the first term; "
        f"{fitted.first:.0%} would stand first{right}"
    )


if __name__ == "__main__":
    run_program(main)
