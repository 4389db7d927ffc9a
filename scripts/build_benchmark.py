"""Build a benchmark: train, valid and test splits of which nothing leaks into another, and the audit that proves it.

python scripts/build_benchmark.py --benchmark demo-go --output results/benchmarks/demo-go
"""

from reasonome.core.errors import run_program
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "output")
    project.task(args.benchmark).building.build(project, args.benchmark, args.output)


if __name__ == "__main__":
    run_program(main)
