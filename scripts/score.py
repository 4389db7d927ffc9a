"""Score answers: one row per question, sample and order of genes, and a summary beside it.

python scripts/score.py --benchmark demo-go --style demo-names --examples results/benchmarks/demo-go/test.jsonl \
    --answers results/answers/smollm2-135m/base/demo-go.demo-names/greedy.jsonl \
    --output results/scores/smollm2-135m/base/demo-go.demo-names/greedy.parquet \
    --summary results/scores/smollm2-135m/base/demo-go.demo-names/greedy.json
"""

import argparse
from pathlib import Path

from reasonome.answering.rows import read_answers
from reasonome.benchmarks.rows import read_rows
from reasonome.benchmarks.sealing import unsealed
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.scoring.answers import summary
from reasonome.tasks import registry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    task = project.task(args.benchmark)
    scoring = registry.part(task.name, "scoring")
    asked = read_rows(args.examples, task.Example)
    examples = unsealed(asked, project.benchmarks[args.benchmark].sealed, project.settings.final)
    sealed = {example.id for example in asked} - {example.id for example in examples}
    answers = read_answers(args.answers)
    table = scoring.score(task, project, args.benchmark, args.style, examples, answers, args.answers, sealed)
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    result = summary(table) | {"sealed": len(sealed)}
    atomic.write_json(args.summary, result)
    mean = result["metrics"]["mean"]
    means = ", ".join(f"{metric} {mean[metric]:.3f}" for metric in scoring.SHOWN if metric in mean)
    print(f"{result['n']} answers: {means}, problems {result['problems']}")
    if sealed:
        print(f"{len(sealed)} sealed questions are not scored: `final: true` in config.yaml does, for a final table")


if __name__ == "__main__":
    run_program(main)
