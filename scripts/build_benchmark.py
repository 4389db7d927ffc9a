"""Build a benchmark: train, valid and test splits of which nothing leaks into another, and the audit that proves it.

python scripts/build_benchmark.py --benchmark demo-go --output results/benchmarks/demo-go
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
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    args = parser.parse_args()

    project = Project(args.config)
    task = project.task(args.benchmark)
    registry.part(task.name, "building").build(task, project, args.benchmark, args.output)


if __name__ == "__main__":
    run_program(main)
