"""Build the background of a benchmark: all terms and gene sets that its answers are compared with.

python scripts/build_background.py --benchmark demo-go --output results/backgrounds/demo-go.parquet
"""

from reasonome.core.errors import run_program
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "output")
    project.task(args.benchmark).background.build(project, args.benchmark, args.output)


if __name__ == "__main__":
    run_program(main)
