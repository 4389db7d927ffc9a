"""Write the card of a benchmark as a dataset of the Hub: its licences, sources, splits and sizes.

python scripts/write_dataset_card.py --benchmark demo-go --output results/benchmarks/demo-go/README.md
"""

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.exports.dataset_card import benchmark_card
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "output")
    atomic.write_text(args.output, benchmark_card(project, args.benchmark))


if __name__ == "__main__":
    run_program(main)
