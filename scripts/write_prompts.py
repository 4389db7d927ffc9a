"""Write a benchmark's rows with what the prompts of a style show of them, which is chosen here for everyone.

Those are the genes that fit, in their order, and what the task shows beside them, such as facts.

python scripts/write_prompts.py --benchmark demo-go --style facts --output results/prompts/demo-go.facts
"""

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "style", "output")
    task, style = project.task(args.benchmark), project.style(args.benchmark, args.style)
    folder = project.results.benchmark(args.benchmark)
    splits = {part: read_rows(folder / f"{part}.jsonl", task.Example) for part in SPLITS}
    for part, examples in task.prompting.with_material(project, args.benchmark, args.style, splits).items():
        rows = (task.with_choice(example, style).model_dump(exclude_defaults=True) for example in examples)
        atomic.write_jsonl(args.output / f"{part}.jsonl", rows)


if __name__ == "__main__":
    run_program(main)
