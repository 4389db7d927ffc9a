"""Score answers: one row per example, sample and order of genes, and a summary beside it.

python scripts/score.py --benchmark demo-go --style names --examples results/benchmarks/demo-go/test.jsonl \
    --answers results/answers/smollm2-135m/base/demo-go.names/greedy.jsonl --encoders results/encoders/minilm \
    --background results/backgrounds/demo-go.parquet --facts results/facts/demo/facts.parquet \
    --output results/scores/smollm2-135m/base/demo-go.names/greedy.parquet \
    --summary results/scores/smollm2-135m/base/demo-go.names/greedy.json
"""

import argparse
from pathlib import Path

from reasonome import atomic, scoring
from reasonome.benchmarks import read_rows
from reasonome.benchmarks.sealing import unsealed
from reasonome.errors import run_program
from reasonome.judges import load_judges
from reasonome.project import Project, lookup
from reasonome.tasks import TASKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--encoders", type=Path, nargs="*", default=[], help="folders of sentence encoders")
    parser.add_argument("--background", type=Path, help="table of the terms that names are linked to")
    parser.add_argument("--facts", type=Path, nargs="*", default=[], help="tables that claims are checked against")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    benchmark = lookup(project.benchmarks, args.benchmark, "benchmark")
    task = TASKS[benchmark.task]
    asked = read_rows(args.examples, task.Example)
    examples = unsealed(asked, benchmark.sealed, project.settings.final)
    sealed = {example.id for example in asked} - {example.id for example in examples}
    table = scoring.score_answers(
        task,
        project.style(args.benchmark, args.style),
        examples,
        scoring.read_answers(args.answers),
        load_judges(project, args.benchmark, args.encoders, args.background, args.facts),
        project.settings.seed,
        args.answers,
        sealed,
    )
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    result = scoring.summary(table) | {"sealed": len(sealed)}
    atomic.write_json(args.summary, result)
    mean = result["metrics"]["mean"]
    shown = ", ".join(f"{metric} {mean[metric]:.3f}" for metric in ("term_score", "rouge_l") if metric in mean)
    print(f"{result['n']} answers: {shown}, problems {result['problems']}")
    if sealed:
        print(f"{len(sealed)} sealed test sets are not scored: `final: true` in config.yaml does, for a final table")


if __name__ == "__main__":
    run_program(main)
