"""Build the background of a benchmark: all terms and gene sets that its answers are compared with.

python scripts/build_background.py results/backgrounds/demo-go.job.json
"""

from reasonome.core.errors import run_program
from reasonome.jobs import BenchmarkSettings, read_job
from reasonome.task_parts import BenchmarkJob
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BenchmarkSettings)
    task = find_task(job.settings.task)
    task.background.build(BenchmarkJob.of(task, job), job.output("table"))


if __name__ == "__main__":
    run_program(main)
