"""Score the baselines of a benchmark: answers that need no model.

python scripts/score_baselines.py --benchmark demo-go --style demo-names --folder results/prompts/demo-go.demo-names \
    --output results/baselines/demo-go.demo-names.parquet
"""

import argparse
from pathlib import Path

from reasonome.benchmarks.rows import read_rows
from reasonome.benchmarks.sealing import unsealed
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.tasks import registry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the benchmark's rows in this style")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    task = project.task(args.benchmark)
    scoring = registry.part(task.name, "scoring")
    training, asked = (read_rows(args.folder / f"{part}.jsonl", task.Example) for part in ("train", "test"))
    asked = unsealed(asked, project.benchmarks[args.benchmark].sealed, project.settings.final)
    table = scoring.score_baselines(task, project, args.benchmark, args.style, training, asked)
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    print(table.groupby("baseline")[list(scoring.SHOWN)].mean().round(3).to_string())


if __name__ == "__main__":
    run_program(main)
