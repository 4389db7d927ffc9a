"""The commands about machines: `reasonome plan` says what is still to run there, `reasonome doctor` what would fail."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from reasonome.commands.options import check_output, command_parser, write_output
from reasonome.core import arguments
from reasonome.core.errors import InputError, lookup
from reasonome.core.terminal import show
from reasonome.tasks import load_project

_PLAN = """\
`reasonome plan`: the jobs that an experiment still needs, with hours, disk and memory, before anything is submitted.

reasonome plan demo                          on this machine; where SLURM is, on what config/resources.yaml asks for
reasonome plan gene-r1 --gpus 8              on machines with eight GPUs
"""
_DOCTOR = """\
`reasonome doctor`: checks the node that it runs on, and prints a fix for every problem.

reasonome doctor                               for the experiments of config/config.yaml
reasonome doctor gene-r1 --gpus 8              for one, on a node with eight GPUs
srun --gpus=8 --mem=800G reasonome doctor gene-r1 --gpus 8      on the node that SLURM gives its jobs
"""


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommands' arguments."""
    summary = "jobs, GPU-hours, disk and memory of what an experiment still needs; submits nothing"
    command = command_parser(commands, "plan", plan, summary, _PLAN)
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
    summary = "what of this node, its disks and its packages would fail jobs, and how to mend it; exit status 1 then"
    command = command_parser(commands, "doctor", doctor, summary, _DOCTOR)
    command.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="default: those of config.yaml")
    slurm_gpus = os.environ.get("SLURM_GPUS_ON_NODE", "")
    granted = int(slurm_gpus) if slurm_gpus.isdigit() and slurm_gpus != "0" else None
    what = "GPUs that the node should have; else what SLURM gave"
    command.add_argument("--gpus", type=int, metavar="N", default=granted, help=what)
    command.add_argument("--json", metavar="PATH", help="write the findings there; `-`: to standard output, alone")


def plan(args: argparse.Namespace) -> int:
    """Print the plan; the exit status is 0."""
    from reasonome.cluster.plan import jobs, rates
    from reasonome.cluster.plan.plan import Plan, text

    project = load_project(args.config, args.set)
    lookup(project.experiments, args.experiment, "experiment")
    for folder in args.rates or []:
        if not folder.is_dir():
            fix = "give the results folder of a project where jobs were run"
            raise InputError("there is no such folder", file=folder, field="--rates", fix=fix)
    past_runs = [run for folder in args.rates or [Path(project.settings.results)] for run in rates.runs(folder)]
    if sys.stderr.isatty():
        show("Snakemake says what is still to run …", file=sys.stderr)
    still = jobs.still_to_run(project, args.experiment)
    gpus, cores, words = jobs.limits(args.gpus, args.cores)
    planned = Plan(project, still, past_runs, gpus, cores)
    show(f"{words}\n\n{text(planned, args.experiment)}")
    return 0


def doctor(args: argparse.Namespace) -> int:
    """Print a line per check as it is done; the exit status is 1 if one failed."""
    from reasonome.cluster.doctor import FAIL
    from reasonome.cluster.doctor.examination import examine

    check_output(args.json)
    if args.json not in (None, "-") and not Path(args.json).parent.is_dir():
        fix = "make it, or give another path: doctor writes into folders that are there"
        raise InputError(f"there is no folder {Path(args.json).parent}", file=args.json, field="--json", fix=fix)
    project = load_project(args.config, args.set)
    names = args.experiments or list(project.settings.experiments)
    for name in names:
        lookup(project.experiments, name, "experiment")
    findings = []
    for finding in examine(project, names, args.gpus):
        findings.append(finding)
        show(str(finding), file=sys.stderr if args.json == "-" else sys.stdout)
    write_output(args.json, json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    return int(any(finding.state == FAIL for finding in findings))
