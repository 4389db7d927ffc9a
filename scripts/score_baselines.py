"""Score the baselines of a benchmark: answers that need no model.

python scripts/score_baselines.py results/baselines/demo-go.demo-names.job.json
"""

from reasonome.benchmarks.rows import read_rows, unsealed
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import BenchmarkSettings, read_job
from reasonome.scoring.answers import with_reward_columns
from reasonome.scoring.own_functions import with_own_columns
from reasonome.task_parts import BaselineJob
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BenchmarkSettings)
    task = find_task(job.settings.task)
    training, questions = (read_rows(job.file(part), task.Example) for part in ("train", "test"))
    questions = unsealed(questions, job.settings.sealed)
    table = task.baselines.score(BaselineJob.of(task, job, training=training, asked=questions))
    asked = {question.id: question for question in questions}
    answers, answered = [*map(task.bare, task.baselines.cells(table))], [asked[row] for row in table["id"]]
    table = with_reward_columns(table, task.rewards(), answers, answered)
    table = with_own_columns(table, job.settings.own, zip(answers, answered, strict=True))
    with atomic.replacing(job.output("scores")) as temporary:
        table.to_parquet(temporary, index=False)
    shown = [metric for metric in task.metrics.on("job") if metric in table]
    print(table.groupby("baseline")[shown].mean().round(3).to_string())


if __name__ == "__main__":
    run_program(main)
