"""Write the card of a benchmark as a dataset of the Hub: its licences, sources, splits and sizes.

python scripts/write_dataset_card.py results/benchmarks/demo-go/README.job.json
"""

from reasonome.benchmarks.rows import SPLITS
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.exports.dataset_card import benchmark_card
from reasonome.jobs import read_job
from reasonome.report.settings import DatasetCardSettings
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, DatasetCardSettings)
    splits = {split: job.file(split) for split in SPLITS}
    atomic.write_text(job.output("card"), benchmark_card(job.settings, find_task(job.settings.task), splits))


if __name__ == "__main__":
    run_program(main)
