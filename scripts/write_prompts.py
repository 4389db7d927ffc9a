"""Write a benchmark's rows with what the prompts of a style show of them, which is chosen here for everyone.

Those are the genes that fit, in their order, and what the task shows beside them, such as facts.

python scripts/write_prompts.py results/prompts/demo-go.facts/train.job.json
"""

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import BenchmarkSettings, read_job
from reasonome.task_parts import BenchmarkJob
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BenchmarkSettings)
    task = find_task(job.settings.task)
    about = BenchmarkJob.of(task, job)
    splits = {part: read_rows(job.file(part), task.Example) for part in SPLITS}
    for part, examples in task.prompting.with_material(about, splits).items():
        rows = (task.with_choice(example, about.style).model_dump(exclude_defaults=True) for example in examples)
        atomic.write_jsonl(job.output(part), rows)


if __name__ == "__main__":
    run_program(main)
