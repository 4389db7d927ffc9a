"""Score the floors of a benchmark: answers that need no model.

python scripts/score_floors.py --benchmark demo-go --style demo-names --folder results/prompts/demo-go.demo-names \
    --encoders results/encoders/minilm --background results/backgrounds/demo-go.parquet \
    --output results/floors/demo-go.demo-names.parquet
"""

import argparse
from pathlib import Path

from reasonome.benchmarks.rows import read_rows
from reasonome.benchmarks.sealing import unsealed
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.tasks.naming import scoring
from reasonome.tasks.naming.judges import load_judges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--encoders", type=Path, nargs="*", default=[], help="folders of sentence encoders")
    parser.add_argument("--background", type=Path, help="table of the terms that names are linked to")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    benchmark = lookup(project.naming_benchmarks, args.benchmark, "benchmark of gene sets")
    table = scoring.score_floors(
        read_rows(args.folder / "train.jsonl"),
        unsealed(read_rows(args.folder / "test.jsonl"), benchmark.sealed, project.settings.final),
        project.style(args.benchmark, args.style),
        load_judges(project, args.benchmark, args.encoders, args.background, facts=[]),
        project.settings.seed,
    )
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    print(table.groupby("floor")[["term_score", "rouge_l"]].mean().round(3).to_string())


if __name__ == "__main__":
    run_program(main)
