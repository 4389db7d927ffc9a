"""`reasonome plan`: the jobs that an experiment still needs, with hours, disk and memory, before anything is submitted.

reasonome plan demo                          on this machine; where SLURM is, on what config/resources.yaml asks for
reasonome plan gene-r1 --gpus 8              on machines with eight GPUs
"""

import argparse
import sys
from pathlib import Path

from reasonome.core import arguments
from reasonome.core.errors import InputError, lookup
from reasonome.core.terminal import show
from reasonome.tasks import load_project


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
    default = "(default: this machine's; where SLURM is, as asked)"
    command.add_argument("--gpus", type=arguments.whole(0), metavar="N", help=f"of a node at most {default}")
    command.add_argument("--cores", type=arguments.whole(1), metavar="N", help=f"of a node at most {default}")
    command.add_argument("--format", choices=["table", "tsv"], default="table")


def run(args: argparse.Namespace) -> int:
    """Print the plan; the exit status is 0."""
    from reasonome.cluster.plan import jobs, measured, table
    from reasonome.cluster.plan.limits import limits
    from reasonome.cluster.plan.plan import Plan

    project = load_project(args.config)
    lookup(project.experiments, args.experiment, "experiment")
    for folder in args.rates or []:
        if not folder.is_dir():
            fix = "give the results folder of a project where jobs were run"
            raise InputError("there is no such folder", file=folder, field="--rates", fix=fix)
    past_runs = [run for folder in args.rates or [Path(project.settings.results)] for run in measured.runs(folder)]
    if sys.stderr.isatty():
        show("Snakemake says what is still to run …", file=sys.stderr)
    still = jobs.still_to_run(project, args.experiment)
    machine = limits(args.gpus, args.cores)
    plan = Plan(project, still, past_runs, machine.gpus, machine.cores)
    show(machine.words, file=sys.stderr if args.format == "tsv" else sys.stdout)
    show(table.tsv(plan) if args.format == "tsv" else f"\n{table.text(plan, args.experiment)}")
    return 0
