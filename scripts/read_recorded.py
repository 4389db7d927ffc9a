"""Answers that somebody else recorded, as the answers of a backbone to a benchmark's test split.

python scripts/read_recorded.py results/answers/published/base/demo-go.demo-names/greedy.job.json
"""

from reasonome.answering.jobs import RecordedSettings
from reasonome.answering.recorded import read_recorded
from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.core.manifest import Stopwatch
from reasonome.core.terminal import say, show
from reasonome.jobs import read_job
from reasonome.tasks import find_task


def main() -> None:
    stopwatch = Stopwatch()
    job = read_job(__doc__, RecordedSettings)
    task, file = find_task(job.settings.task), job.file("recorded")
    examples = read_rows(job.file("examples"), task.Example)
    recorded = read_recorded(file, task, examples, {**job.settings.columns})
    atomic.write_jsonl(job.output("answers"), (answer.model_dump() for answer in recorded.answers))
    stopwatch.write(
        job.output("run"),
        backward_tokens=0,
        prompt_tokens=0,
        generated_tokens=0,
        recorded=recorded.facts() | {"note": job.settings.note},
    )
    show(f"{file}: {len(recorded.answers)} answers in {len(recorded.table.rows)} rows")
    for sentence in recorded.sentences():
        say(sentence)


if __name__ == "__main__":
    run_program(main)
