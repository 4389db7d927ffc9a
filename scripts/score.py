"""Score answers: one row per example, sample and order of genes, and a summary beside it.

python scripts/score.py --benchmark demo-go --style demo-names --examples results/benchmarks/demo-go/test.jsonl \
    --answers results/answers/smollm2-135m/base/demo-go.demo-names/greedy.jsonl --encoders results/encoders/minilm \
    --background results/backgrounds/demo-go.parquet --facts results/facts/demo/facts.parquet \
    --output results/scores/smollm2-135m/base/demo-go.demo-names/greedy.parquet \
    --summary results/scores/smollm2-135m/base/demo-go.demo-names/greedy.json
"""

from pathlib import Path

from reasonome.answering.rows import read_answers
from reasonome.config.project import Project
from reasonome.core.errors import lookup, run_program
from reasonome.scoring.files import arguments, read_questions, write_scores
from reasonome.tasks.naming import scoring
from reasonome.tasks.naming.judges import load_judges
from reasonome.tasks.registry import TASKS


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--encoders", type=Path, nargs="*", default=[], help="folders of sentence encoders")
    parser.add_argument("--background", type=Path, help="table of the terms that names are linked to")
    parser.add_argument("--facts", type=Path, nargs="*", default=[], help="tables that claims are checked against")
    args = parser.parse_args()

    project = Project(args.config)
    benchmark = lookup(project.naming_benchmarks, args.benchmark, "benchmark of gene sets")
    task = TASKS[benchmark.task]
    examples, sealed = read_questions(args.examples, task, benchmark.sealed, project.settings.final)
    table = scoring.score_answers(
        task,
        project.style(args.benchmark, args.style),
        examples,
        read_answers(args.answers),
        load_judges(project, args.benchmark, args.encoders, args.background, args.facts),
        project.settings.seed,
        args.answers,
        sealed,
    )
    write_scores(table, len(sealed), args.output, args.summary, ("term_score", "rouge_l"))


if __name__ == "__main__":
    run_program(main)
