"""Write a benchmark's rows with what the prompts of a style show of them, which is chosen here for everyone.

Those are the genes that fit, in their order, and what the task shows beside them, such as facts.

python scripts/write_prompts.py --benchmark demo-go --style facts --folder results/benchmarks/demo-go \
    --output results/prompts/demo-go.facts
"""

import argparse
from pathlib import Path

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.tasks import registry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the benchmark")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    args = parser.parse_args()

    project = Project(args.config)
    task, style = project.task(args.benchmark), project.style(args.benchmark, args.style)
    splits = {part: read_rows(args.folder / f"{part}.jsonl", task.Example) for part in SPLITS}
    prompting = registry.part(task.name, "prompting")
    for part, examples in prompting.with_material(task, project, args.benchmark, args.style, splits).items():
        rows = (task.with_choice(example, style).model_dump(exclude_defaults=True) for example in examples)
        atomic.write_jsonl(args.output / f"{part}.jsonl", rows)


if __name__ == "__main__":
    run_program(main)
