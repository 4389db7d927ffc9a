"""Answers that somebody else recorded, as the answers of a backbone to a benchmark's test split.

python scripts/read_recorded.py --backbone published --benchmark demo-go \
    --examples results/benchmarks/demo-go/test.jsonl --answers resources/mine/published.csv --output answers.jsonl
"""

import argparse
from pathlib import Path

from reasonome.answering.recorded import read_recorded
from reasonome.benchmarks.rows import read_rows
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import InputError, lookup, run_program
from reasonome.core.manifest import Stopwatch
from reasonome.core.terminal import say, show


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--backbone", required=True, help="one with `recorded` in backbones.yaml")
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True, help="CSV, TSV or JSON lines, plain or gzipped")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    stopwatch = Stopwatch()
    project = Project(args.config)
    task = project.task(args.benchmark)
    backbone = lookup(project.backbones, args.backbone, "backbone")
    if backbone.recorded is None:
        raise InputError(
            f"backbone '{args.backbone}' has no recorded answers",
            file=project.root / "backbones.yaml",
            field=args.backbone,
            fix="give it `recorded: {files: {BENCHMARK: FILE}}` in place of weights or api",
        )
    found = read_recorded(args.answers, task, read_rows(args.examples, task.Example), backbone.recorded.columns)
    atomic.write_jsonl(args.output, (answer.model_dump() for answer in found.answers))
    stopwatch.write(
        args.output.with_suffix(".run.json"),
        backward_tokens=0,
        prompt_tokens=0,
        generated_tokens=0,
        recorded=found.facts(),
    )
    show(f"{args.answers}: {len(found.answers)} answers in {len(found.table.rows)} rows")
    for sentence in found.sentences():
        say(sentence)


if __name__ == "__main__":
    run_program(main)
