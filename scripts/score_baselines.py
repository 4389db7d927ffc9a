"""Score the baselines of a benchmark: answers that need no model.

python scripts/score_baselines.py --benchmark demo-go --style demo-names \
    --output results/baselines/demo-go.demo-names.parquet
"""

from reasonome.benchmarks.rows import read_rows, unsealed
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.task_parts import BaselineJob
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "style", "output")
    task = project.task(args.benchmark)
    folder = project.results.prompts(args.benchmark, args.style)
    training, questions = (read_rows(folder / f"{part}.jsonl", task.Example) for part in ("train", "test"))
    questions = unsealed(questions, project.benchmarks[args.benchmark].sealed, project.settings.final)
    table = task.baselines.score(project, BaselineJob(args.benchmark, args.style, training, questions))
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    shown = [metric for metric in task.metrics.on("job") if metric in table]
    print(table.groupby("baseline")[shown].mean().round(3).to_string())


if __name__ == "__main__":
    run_program(main)
