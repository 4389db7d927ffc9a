"""`reasonome doctor`: checks the node that it runs on, and prints a fix for every problem.

reasonome doctor                               for the experiments of config/config.yaml
reasonome doctor gene-r1 --gpus 8              for one, on a node with eight GPUs
srun --gpus=8 --mem=800G reasonome doctor gene-r1 --gpus 8      on the node that SLURM gives its jobs
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from reasonome.commands.json_output import check_output, write_output
from reasonome.core import arguments
from reasonome.core.errors import InputError, lookup
from reasonome.core.terminal import show
from reasonome.tasks import load_project


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "what of this node, its disks and its packages would fail jobs, and how to mend it; exit status 1 then"
    command = arguments.command_parser(commands, "doctor", run, summary, __doc__)
    command.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="default: those of config.yaml")
    slurm_gpus = os.environ.get("SLURM_GPUS_ON_NODE", "")
    granted = int(slurm_gpus) if slurm_gpus.isdigit() and slurm_gpus != "0" else None
    command.add_argument(
        "--gpus",
        type=int,
        metavar="N",
        default=granted,
        help="GPUs that the node should have; else what SLURM gave",
    )
    command.add_argument("--json", metavar="PATH", help="write the findings there; `-`: to standard output, alone")


def run(args: argparse.Namespace) -> int:
    """Print a line per check as it is done; the exit status is 1 if one failed."""
    from reasonome.cluster.doctor.examination import examine
    from reasonome.cluster.doctor.finding import FAIL

    check_output(args.json)
    if args.json not in (None, "-") and not Path(args.json).parent.is_dir():
        fix = "make it, or give another path: doctor writes into folders that are there"
        raise InputError(f"there is no folder {Path(args.json).parent}", file=args.json, field="--json", fix=fix)
    project = load_project(args.config)
    names = args.experiments or list(project.settings.experiments)
    for name in names:
        lookup(project.experiments, name, "experiment")
    findings = []
    for finding in examine(project, names, args.gpus):
        findings.append(finding)
        show(str(finding), file=sys.stderr if args.json == "-" else sys.stdout)
    write_output(args.json, json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    return int(any(finding.state == FAIL for finding in findings))
