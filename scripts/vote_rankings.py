"""Merge the samples of each question of an experiment of rankings: accuracy against how many, with the cost in tokens.

python scripts/vote_rankings.py --plan results/experiments/demo-ranking/plan.json \
    --output results/experiments/demo-ranking/voting
"""

import argparse
from pathlib import Path

import matplotlib
import pandas as pd

from reasonome.core.argument_types import resamples, seed
from reasonome.core.atomic import replacing
from reasonome.core.errors import run_program
from reasonome.report.drawing import STYLE, save
from reasonome.report.evidence import read_evidence
from reasonome.report.plan import read_plan
from reasonome.report.voting_figure import RUN, VOTING_COLUMNS, voting_figure
from reasonome.scoring.comparisons import RESAMPLES
from reasonome.scoring.voting import voting_table


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--plan", type=Path, required=True, help="what the experiment consists of (JSON)")
    arguments.add_argument("--output", type=Path, required=True, help="folder to write, replaced whole")
    arguments.add_argument("--resamples", type=resamples, default=RESAMPLES, help="of the bootstrap (%(default)s)")
    arguments.add_argument("--seed", type=seed, default=0, help="of the bootstrap and the draws (%(default)s)")
    given = arguments.parse_args()

    plan = read_plan(given.plan)
    tables = [
        voting_table(scores, given.seed, given.resamples).assign(**{name: getattr(e, name) for name in RUN})
        for e, scores in read_evidence(plan).evaluations
    ]
    found = [table for table in tables if len(table)]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=VOTING_COLUMNS)
    with replacing(given.output) as folder, matplotlib.rc_context(STYLE):
        folder.mkdir()
        # The figure's table has every row, not only those that are drawn.
        save(voting_figure(table)[0], table[VOTING_COLUMNS], folder / "voting")
    print(f"{len(found)} of {len(tables)} sets of answers have several samples of a question")


if __name__ == "__main__":
    run_program(main)
