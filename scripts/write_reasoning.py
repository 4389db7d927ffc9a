"""Let a teacher write reasoning for a benchmark's training rows; kept and dropped rows, with reasons.

python scripts/write_reasoning.py results/reasoning/knowledge-given/demo-go.demo-names.job.json
"""

from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import BenchmarkSettings, read_job
from reasonome.task_parts import TeachingJob
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BenchmarkSettings)
    task, settings, output = find_task(job.settings.task), job.settings, job.output("kept")
    examples = read_rows(job.file("train"), task.Example)
    style = task.Style.model_validate(settings.style)
    prompts = {example.id: task.prompt(example, style) for example in examples}
    rows = {"examples": examples, "prompts": prompts}
    about = TeachingJob.of(task, job, name=settings.name, teacher=settings.teacher, output=output, **rows)
    kept, dropped = task.teaching.keep(about, task.teaching.propose(about))
    atomic.write_jsonl(job.output("dropped"), dropped)
    atomic.write_jsonl(output, kept)
    print(f"{output.parent.name}: {len(kept)} kept, {len(dropped)} dropped")


if __name__ == "__main__":
    run_program(main)
