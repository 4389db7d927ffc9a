"""Let a teacher write reasoning for a benchmark's training rows; kept and dropped rows, with reasons.

python scripts/write_reasoning.py --teacher knowledge-given --benchmark demo-go --style demo-names \
    --output results/reasoning/knowledge-given/demo-go.demo-names.jsonl
"""

from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.task_parts import TeachingJob
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "teacher", "benchmark", "style", "output")
    lookup(project.teachers, args.teacher, "teacher")
    task, style = project.task(args.benchmark), project.style(args.benchmark, args.style)
    examples = read_rows(project.results.prompts(args.benchmark, args.style) / "train.jsonl", task.Example)
    prompts = {example.id: task.prompt(example, style) for example in examples}
    job = TeachingJob(args.teacher, args.benchmark, args.style, args.output, examples, prompts)
    kept, dropped = task.teaching.keep(project, job, task.teaching.propose(project, job))
    atomic.write_jsonl(args.output.with_suffix(".dropped.jsonl"), dropped)
    atomic.write_jsonl(args.output, kept)
    print(f"{args.teacher}: {len(kept)} kept, {len(dropped)} dropped")


if __name__ == "__main__":
    run_program(main)
