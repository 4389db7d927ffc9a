"""Score answers: one row per question, sample and order of genes, and a summary beside it.

python scripts/score.py results/scores/smollm2-135m/base/demo-go.demo-names/greedy.job.json
"""

from reasonome.answering.rows import read_answers
from reasonome.benchmarks.rows import read_rows, unsealed
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import BenchmarkSettings, read_job
from reasonome.scoring.answers import answered, summary
from reasonome.scoring.own_functions import with_own_columns
from reasonome.task_parts import ScoringJob
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BenchmarkSettings)
    task = find_task(job.settings.task)
    questions = read_rows(job.file("examples"), task.Example)
    examples = unsealed(questions, job.settings.sealed)
    sealed = {example.id for example in questions} - {example.id for example in examples}
    file = job.file("answers")
    rows = {"examples": examples, "answers": read_answers(file), "file": file, "sealed": sealed}
    scoring = ScoringJob.of(task, job, **rows)
    table = with_own_columns(task.scoring.score(scoring), job.settings.own, answered(task, scoring))
    with atomic.replacing(job.output("scores")) as temporary:
        table.to_parquet(temporary, index=False)
    result = {**summary(table), "sealed": len(sealed)}
    atomic.write_json(job.output("summary"), result)
    mean = result["metrics"]["mean"]
    means = ", ".join(f"{metric} {mean[metric]:.3f}" for metric in task.metrics.on("job") if metric in mean)
    print(f"{result['n']} answers: {means}, problems {result['problems']}")
    if unscored := ", ".join(job.settings.unscored):
        print(f"not scored: {unscored}, as no reward model is asked here, and no encoder is here")
    if sealed:
        print(f"{len(sealed)} sealed questions are not scored: `final: true` in config.yaml does, for a final table")


if __name__ == "__main__":
    run_program(main)
