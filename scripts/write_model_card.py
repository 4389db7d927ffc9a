"""Write the card of a trained model: what it is, what it learned from, and what it scored beside baselines.

python scripts/write_model_card.py --experiment demo --backbone smollm2-135m --chain pretrain.demo-s0+sft.names-s0 \
    --output results/models/smollm2-135m/pretrain.demo-s0+sft.names-s0/card.demo.md
"""

import pandas as pd

from reasonome.config.project import Project, chains
from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.report import tables
from reasonome.report.card_sources import corpora_read, sources_read
from reasonome.report.model_card import render_card
from reasonome.report.plan import read_plan


def main() -> None:
    args = arguments.project_parser(__doc__, "experiment", "backbone", "chain", "output").parse_args()
    project = Project(args.config)
    folder = project.results.experiment(args.experiment)
    plan = read_plan(folder / "plan.json")
    licences = {}
    for corpus in corpora_read(project, args.chain):
        table = pd.read_csv(project.results.licences(corpus), sep="\t", dtype=str, keep_default_na=False)
        licences[corpus] = table.to_dict("records")
    card = render_card(
        plan,
        args.backbone,
        args.chain,
        manifests=chains.step_manifests(project.results.model(args.backbone, args.chain)),
        metrics=tables.read_table(folder / "metrics.tsv", tables.metric_columns(plan.metric_set)),
        comparisons=tables.read_table(folder / "comparisons.tsv", tables.COMPARISON_COLUMNS),
        leaks=atomic.read_json(folder / "audit.json"),
        sources=sources_read(project, args.chain, licences),
        decodings=project.decodings,
        target=args.output.as_posix(),
    )
    atomic.write_text(args.output, card)


if __name__ == "__main__":
    run_program(main)
