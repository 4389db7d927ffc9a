"""`reasonome export` writes a benchmark's questions for other libraries."""

import argparse
import shlex
import sys
from pathlib import Path

from reasonome.commands.options import command_parser
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.tasks import load_project

_EXPORT = """\
`reasonome export`: a benchmark's questions as others load them, with our parser and rewards; no sealed question.

reasonome export EXPERIMENT --to verifiers                         an environment package for reinforcement learning
reasonome export BENCHMARK --style STYLE --to lm-eval              a task for lm-evaluation-harness
reasonome export BENCHMARK --style STYLE --to hub                  a dataset with splits and a card
"""


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "write a benchmark's questions, parser and rewards for verifiers, lm-evaluation-harness or the Hub"
    command = command_parser(commands, "export", run, summary, _EXPORT)
    command.add_argument("name", metavar="EXPERIMENT_OR_BENCHMARK")
    command.add_argument("--to", required=True, choices=("verifiers", "lm-eval", "hub"))
    command.add_argument("--style", help="the prompt style; all of an experiment's without it")
    command.add_argument(
        "--recipe", metavar="STAGE.VARIANT", help="whose rewards count, as grpo.soft (default: the experiment's own)"
    )
    command.add_argument("--output", type=Path, default=Path("exports"), help="a folder (default: exports)")


def run(args: argparse.Namespace) -> int:
    """Write a folder for each benchmark and style; the exit status is 0."""
    from reasonome.exports.libraries import WRITERS
    from reasonome.exports.question_set import question_sets

    rewarded = args.to == "verifiers"
    if args.recipe and not rewarded:
        raise InputError("rewards go with --to verifiers", field="--recipe", fix="leave it out")
    exported = question_sets(load_project(args.config, args.set), args.name, args.style, args.recipe, rewarded)
    folders = [args.output / args.to / questions.name for questions in exported]
    for folder in folders:
        if folder.exists():
            fix = f"remove it, or give another --output: rm -r {shlex.quote(str(folder))}"
            raise InputError("this export is there already", file=folder, fix=fix)
    if rewarded and not any(questions.weighted for questions in exported):
        fix = "give a recipe with rewards, such as --recipe grpo.soft"
        raise InputError("nothing says which rewards count", field="--recipe", fix=fix)
    for questions, folder in zip(exported, folders, strict=True):
        if rewarded and not questions.weighted:
            show(f"{questions.name}: left out, as no recipe has rewards for it", file=sys.stderr)
            continue
        with atomic.replacing(folder) as temporary:
            WRITERS[args.to](questions, temporary)
        counts = ", ".join(f"{len(rows):,} {split}" for split, rows in questions.splits.items())
        sealed = f"; {questions.sealed:,} sealed test questions stay here" if questions.sealed else ""
        show(f"{folder}: {counts}{sealed}")
    return 0
