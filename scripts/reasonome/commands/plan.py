"""`reasonome plan`: what an experiment still has to run."""

import argparse
import sys

from reasonome.cluster.plan import still_to_run, text, without_gpu
from reasonome.commands.options import command_parser
from reasonome.core.terminal import show
from reasonome.tasks import load_project

_PLAN = """\
`reasonome plan`: the jobs that an experiment still needs, what each asks for, and how long finished ones like it took.

reasonome plan gene-r1
"""


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "jobs that an experiment still needs, with the hours, GPUs and memory that they ask for; submits nothing"
    command = command_parser(commands, "plan", plan, summary, _PLAN)
    command.add_argument("experiment", metavar="EXPERIMENT", help="of config/experiments/")


def plan(args: argparse.Namespace) -> int:
    """Print the plan; the exit status is 0."""
    project = load_project(args.config, args.set)
    if sys.stderr.isatty():
        show("Snakemake says what is still to run …", file=sys.stderr)
    jobs = still_to_run(project, args.experiment)
    show("\n".join([text(jobs, args.experiment), *without_gpu(project, jobs)]))
    return 0
