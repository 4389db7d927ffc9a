"""Score answers: one row per question, sample and order of genes, and a summary beside it.

python scripts/score.py --benchmark demo-go --style demo-names \
    --answers results/answers/smollm2-135m/base/demo-go.demo-names/greedy.jsonl \
    --output results/scores/smollm2-135m/base/demo-go.demo-names/greedy.parquet
"""

from reasonome.answering.rows import read_answers
from reasonome.benchmarks.rows import read_rows, unsealed
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.scoring.answers import summary
from reasonome.task_parts import ScoringJob
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "style", "answers", "output")
    task = project.task(args.benchmark)
    questions = read_rows(project.results.benchmark(args.benchmark) / "test.jsonl", task.Example)
    examples = unsealed(questions, project.benchmarks[args.benchmark].sealed, project.settings.final)
    sealed = {example.id for example in questions} - {example.id for example in examples}
    answers = read_answers(args.answers)
    job = ScoringJob(args.benchmark, args.style, examples, answers, args.answers, sealed)
    table = task.scoring.score(project, job)
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    result = {**summary(table), "sealed": len(sealed)}
    atomic.write_json(args.output.with_suffix(".json"), result)
    mean = result["metrics"]["mean"]
    means = ", ".join(f"{metric} {mean[metric]:.3f}" for metric in task.metrics.on("job") if metric in mean)
    print(f"{result['n']} answers: {means}, problems {result['problems']}")
    if sealed:
        print(f"{len(sealed)} sealed questions are not scored: `final: true` in config.yaml does, for a final table")


if __name__ == "__main__":
    run_program(main)
