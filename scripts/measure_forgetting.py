"""What the models of an experiment still know after each stage of what any stage taught.

python scripts/measure_forgetting.py --experiment demo --output results/experiments/demo/forgetting.tsv
"""

from reasonome.answering.rows import read_answers, texts_by_id
from reasonome.benchmarks.rows import read_rows
from reasonome.config.project import Project, experiments
from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.report.forgetting import forgetting_table, known, right


def main() -> None:
    args = arguments.project_parser(__doc__, "experiment", "output").parse_args()
    project = Project(args.config)
    measured = []
    for asked in experiments.asked_again(project, args.experiment):
        if asked.kind == "facts":
            measured.append((asked, *known(atomic.read_jsonl(asked.path))))
            continue
        task = project.task(asked.of)
        rows = read_rows(project.results.prompts(asked.of, asked.style) / "train.jsonl", task.Example)
        texts = texts_by_id(read_answers(asked.path))
        measured.append((asked, *right(task, project.style(asked.of, asked.style), rows, texts)))
    table = forgetting_table(measured, project.settings.seed, project.settings.bootstrap)
    atomic.write_tsv(args.output, table)
    print(table.to_string(index=False))


if __name__ == "__main__":
    run_program(main)
