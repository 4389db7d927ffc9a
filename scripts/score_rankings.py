"""Score rankings: one row per question, sample and order of candidates, and a summary beside it.

python scripts/score_rankings.py --benchmark demo-loci --style short \
    --examples results/benchmarks/demo-loci/test.jsonl \
    --answers results/answers/smollm2-135m/base/demo-loci.short/greedy.jsonl \
    --authority table=resources/demo/hgnc_complete_set.txt.gz \
    --output results/scores/smollm2-135m/base/demo-loci.short/greedy.parquet \
    --summary results/scores/smollm2-135m/base/demo-loci.short/greedy.json
"""

from reasonome.answering.rows import read_answers
from reasonome.config.project import Project
from reasonome.core.errors import lookup, run_program
from reasonome.facts.authority import read_authority
from reasonome.scoring.files import arguments, read_questions, write_scores
from reasonome.tasks.ranking import scoring as ranking_scoring
from reasonome.tasks.ranking.metrics import known_names
from reasonome.tasks.registry import TASKS


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--authority", nargs="+", required=True, metavar="KEY=PATH", help="files of the authority")
    args = parser.parse_args()

    project = Project(args.config)
    benchmark = lookup(project.ranking_benchmarks, args.benchmark, "benchmark of rankings")
    task = TASKS[benchmark.task]
    examples, sealed = read_questions(args.examples, task, benchmark.sealed, project.settings.final)
    genes = read_authority(project, benchmark, args.authority)
    table = ranking_scoring.score_rankings(
        task,
        project.style(args.benchmark, args.style),
        examples,
        read_answers(args.answers),
        known_names(genes.genes.values()),
        benchmark.longest_list,
        project.settings.seed,
        args.answers,
        sealed,
    )
    write_scores(table, len(sealed), args.output, args.summary, ("top_1", "top_3", "mrr"))


if __name__ == "__main__":
    run_program(main)
