"""`reasonome export`: a benchmark's questions as a dataset that other libraries load; no sealed question.

reasonome export closed-book --style symbols --out exports/closed-book
"""

import argparse
import shlex

from reasonome.commands.options import command_parser, folder
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.tasks import load_project


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "write a benchmark's questions as a dataset that other libraries load"
    command = command_parser(commands, "export", run, summary, __doc__)
    command.add_argument("benchmark", metavar="BENCHMARK", help="of benchmarks.yaml; its questions must be there")
    command.add_argument("--style", required=True, help="the prompt style")
    command.add_argument("--out", type=folder, required=True, metavar="FOLDER", help="a folder that is not there yet")


def run(args: argparse.Namespace) -> int:
    """Write the folder; the exit status is 0."""
    from reasonome.exports.question_set import question_set, write_questions

    if args.out.exists():
        fix = f"remove it, or give another folder: rm -r {shlex.quote(str(args.out))}"
        raise InputError("this is there already", file=args.out, field="--out", fix=fix)
    questions = question_set(load_project(args.config, args.set), args.benchmark, args.style)
    with atomic.replacing(args.out) as temporary:
        write_questions(questions, temporary)
    counts = ", ".join(f"{len(rows):,} {split}" for split, rows in questions.rows.items())
    show(f"{args.out}: {counts}. {questions.note}".strip())
    return 0
