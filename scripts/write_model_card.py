"""Write the card of a trained model: what it is, what it learned from, and what it scored beside baselines.

python scripts/write_model_card.py --backbone smollm2-135m --chain pretrain.demo-s0+sft.names-s0 \
    --plan results/experiments/demo/plan.json --metrics results/experiments/demo/metrics.tsv \
    --comparisons results/experiments/demo/comparisons.tsv --leaks results/experiments/demo/audit.json \
    --manifests MANIFEST… --licences demo=results/facts/demo/licences.tsv --output CARD
"""

import argparse
from pathlib import Path

import pandas as pd

from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.core.manifest import read_manifest
from reasonome.report import tables
from reasonome.report.card_sources import sources_read
from reasonome.report.model_card import render_card
from reasonome.report.plan import read_plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--chain", required=True)
    parser.add_argument("--plan", type=Path, required=True, help="what the experiment consists of (JSON)")
    parser.add_argument("--metrics", type=Path, required=True, help="table that summarise.py wrote")
    parser.add_argument("--comparisons", type=Path, required=True, help="table that summarise.py wrote")
    parser.add_argument("--leaks", type=Path, required=True, help="audit.json of the experiment")
    parser.add_argument("--manifests", type=Path, nargs="+", required=True, help="the backbone's, then each step's")
    parser.add_argument(
        "--licences", nargs="*", default=[], metavar="CORPUS=FILE", help="licences.tsv of the corpora that were read"
    )
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    plan, project = read_plan(args.plan), Project(args.config)
    licences = {
        corpus: pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False).to_dict("records")
        for corpus, path in (entry.split("=", 1) for entry in args.licences)
    }
    card = render_card(
        plan,
        args.backbone,
        args.chain,
        manifests=[read_manifest(path) for path in args.manifests],
        metrics=tables.read_table(args.metrics, tables.metric_columns(plan.metric_set)),
        comparisons=tables.read_table(args.comparisons, tables.COMPARISON_COLUMNS),
        leaks=atomic.read_json(args.leaks),
        sources=sources_read(project, args.chain, licences),
        decodings=project.decodings,
        target=args.output.as_posix(),
    )
    atomic.write_text(args.output, card)


if __name__ == "__main__":
    run_program(main)
