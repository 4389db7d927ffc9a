"""Score rankings: one row per question, sample and order of candidates, and a summary beside it.

python scripts/score_rankings.py --benchmark demo-loci --style short \
    --examples results/benchmarks/demo-loci/test.jsonl \
    --answers results/answers/smollm2-135m/base/demo-loci.short/greedy.jsonl \
    --authority table=resources/demo/hgnc_complete_set.txt.gz \
    --output results/scores/smollm2-135m/base/demo-loci.short/greedy.parquet \
    --summary results/scores/smollm2-135m/base/demo-loci.short/greedy.json
"""

import argparse
from pathlib import Path

from reasonome import atomic, ranking_scoring, scoring
from reasonome.authority import read_authority
from reasonome.benchmarks.rows import read_rows
from reasonome.benchmarks.sealing import unsealed
from reasonome.errors import run_program
from reasonome.metrics.ranking import known_names
from reasonome.project import Project, lookup
from reasonome.tasks import TASKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--authority", nargs="+", required=True, metavar="KEY=PATH", help="files of the authority")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--summary", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    benchmark = lookup(project.ranking_benchmarks, args.benchmark, "benchmark of rankings")
    task = TASKS[benchmark.task]
    asked = read_rows(args.examples, task.Example)
    examples = unsealed(asked, benchmark.sealed, project.settings.final)
    sealed = {example.id for example in asked} - {example.id for example in examples}
    genes = read_authority(project, benchmark, args.authority)
    table = ranking_scoring.score_rankings(
        task,
        project.style(args.benchmark, args.style),
        examples,
        scoring.read_answers(args.answers),
        known_names(genes.genes.values()),
        benchmark.longest_list,
        project.settings.seed,
        args.answers,
        sealed,
    )
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    result = scoring.summary(table) | {"sealed": len(sealed)}
    atomic.write_json(args.summary, result)
    mean = result["metrics"]["mean"]
    shown = ", ".join(f"{metric} {mean[metric]:.3f}" for metric in ("top_1", "top_3", "mrr"))
    print(f"{result['n']} answers: {shown}, problems {result['problems']}")
    if sealed:
        print(
            f"{len(sealed)} sealed test questions are not scored: `final: true` in config.yaml does, for a final table"
        )


if __name__ == "__main__":
    run_program(main)
