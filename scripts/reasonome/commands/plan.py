"""`reasonome plan`: the jobs that an experiment still needs, with hours, disk and memory, before anything is submitted.

reasonome plan gene-r1                       on the machines that config/resources.yaml asks for
reasonome plan demo --gpus 0 --cores 2       on a machine with two cores and no GPU
"""

import argparse
import sys
from pathlib import Path

from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.errors import InputError, lookup
from reasonome.core.terminal import show


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "jobs, GPU-hours, disk and memory of what an experiment still needs; submits nothing"
    command = arguments.command_parser(commands, "plan", run, summary, __doc__)
    command.add_argument("experiment", metavar="EXPERIMENT", help="of config/experiments/")
    command.add_argument(
        "--rates",
        type=Path,
        action="append",
        metavar="RESULTS",
        help="results folder whose finished jobs tell how fast such jobs are; may be given several times "
        "(default: the project's)",
    )
    command.add_argument("--gpus", type=arguments.whole(0), metavar="N", help="of a node at most (default: as asked)")
    command.add_argument("--cores", type=arguments.whole(1), metavar="N", help="of a node at most (default: as asked)")
    command.add_argument("--format", choices=["table", "tsv"], default="table")


def run(args: argparse.Namespace) -> int:
    """Print the plan; the exit status is 0."""
    from reasonome.cluster.plan import jobs, measured, table
    from reasonome.cluster.plan.plan import Plan

    project = Project(args.config)
    lookup(project.experiments, args.experiment, "experiment")
    for folder in args.rates or []:
        if not folder.is_dir():
            fix = "give the results folder of a project where jobs were run"
            raise InputError("there is no such folder", file=folder, field="--rates", fix=fix)
    past_runs = [run for folder in args.rates or [Path(project.settings.results)] for run in measured.runs(folder)]
    if sys.stderr.isatty():
        show("Snakemake says what is still to run …", file=sys.stderr)
    still = jobs.still_to_run(project, args.experiment)
    plan = Plan(project, still, past_runs, args.gpus, args.cores)
    show(table.tsv(plan) if args.format == "tsv" else table.text(plan, args.experiment))
    return 0
