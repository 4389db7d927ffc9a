"""Answers that somebody else recorded, as the answers of a backbone to a benchmark's test split.

python scripts/read_recorded.py --backbone published --benchmark demo-go --output answers.jsonl
"""

from pathlib import Path

from reasonome.answering.recorded import read_recorded
from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.core.errors import InputError, lookup, run_program
from reasonome.core.manifest import Stopwatch
from reasonome.core.terminal import say, show
from reasonome.tasks import arguments_and_project


def main() -> None:
    stopwatch = Stopwatch()
    args, project = arguments_and_project(__doc__, "backbone", "benchmark", "output")
    task = project.task(args.benchmark)
    backbone = lookup(project.backbones, args.backbone, "backbone")
    if backbone.recorded is None:
        raise InputError(
            f"backbone '{args.backbone}' has no recorded answers",
            file=project.folder.file_of("backbones.yaml", args.backbone),
            field=args.backbone,
            fix="give it `recorded: {files: {BENCHMARK: FILE}}` in place of weights or api",
        )
    file = Path(lookup(backbone.recorded.files, args.benchmark, "benchmark of this backbone"))
    examples = read_rows(project.results.benchmark(args.benchmark) / "test.jsonl", task.Example)
    recorded = read_recorded(file, task, examples, {**backbone.recorded.columns})
    atomic.write_jsonl(args.output, (answer.model_dump() for answer in recorded.answers))
    stopwatch.write(
        args.output.with_suffix(".run.json"),
        backward_tokens=0,
        prompt_tokens=0,
        generated_tokens=0,
        recorded=recorded.facts() | {"note": backbone.recorded.note},
    )
    show(f"{file}: {len(recorded.answers)} answers in {len(recorded.table.rows)} rows")
    for sentence in recorded.sentences():
        say(sentence)


if __name__ == "__main__":
    run_program(main)
