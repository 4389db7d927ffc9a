"""Score answers against a benchmark's test split: a table of rows and a summary.

python scripts/score.py --benchmark demo-go --examples results/benchmarks/demo-go/test.jsonl \
    --answers answers.jsonl --encoders results/encoders/minilm --output scores.parquet --summary scores.json
"""

import argparse
from pathlib import Path

from reasonome import atomic, scoring
from reasonome.benchmarks import read_rows
from reasonome.encoders import load_encoders
from reasonome.errors import run_program
from reasonome.project import Project, lookup
from reasonome.tasks import TASKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--encoders", type=Path, nargs="*", default=[])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    task = TASKS[lookup(project.benchmarks, args.benchmark, "benchmark").task]
    encoders = load_encoders(project, args.encoders)
    table = scoring.score_answers(
        task,
        read_rows(args.examples, task.Example),
        scoring.read_answers(args.answers),
        {name: encoder.similarity for name, encoder in encoders.items()},
        project.settings.seed,
        args.answers,
    )
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    result = scoring.summary(table)
    atomic.write_json(args.summary, result)
    print(f"{result['n']} answers: ROUGE-L {result['metrics']['mean']['rouge_l']:.3f}, problems {result['problems']}")


if __name__ == "__main__":
    run_program(main)
