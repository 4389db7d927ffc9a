"""Build the background of a benchmark: all terms and gene sets that its answers are compared with.

python scripts/build_background.py --benchmark demo-go --output results/backgrounds/demo-go.parquet
"""

import argparse
from pathlib import Path

from reasonome.config.project import Project
from reasonome.core.errors import run_program
from reasonome.tasks import registry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    registry.part(project.task(args.benchmark).name, "background").build(project, args.benchmark, args.output)


if __name__ == "__main__":
    run_program(main)
