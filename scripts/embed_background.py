"""Embed the names of a background once, into the encoder's cache, so that no two scoring jobs do it at a time.

python scripts/embed_background.py results/backgrounds/demo-go.minilm.job.json
"""

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import BenchmarkSettings, read_job
from reasonome.scoring.encoders import load_encoders
from reasonome.task_parts import BenchmarkJob
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BenchmarkSettings)
    task = find_task(job.settings.task)
    names = task.background.candidate_names(job.file("background"))
    [encoder] = load_encoders(BenchmarkJob.of(task, job).encoders).values()
    encoder.embed(names)
    atomic.write_json(job.output("embedded"), {"names": len(names)})
    print(f"{len(names):,} names")


if __name__ == "__main__":
    run_program(main)
