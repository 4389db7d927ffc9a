"""`reasonome doctor`: checks the node that it runs on, and prints a fix beside all that is not as it should be.

reasonome doctor                               for the experiments of config/config.yaml
reasonome doctor gene-r1 --gpus 8              for one, on a node with eight GPUs
srun --gpus=8 --mem=800G reasonome doctor gene-r1 --gpus 8      on the node that SLURM gives its jobs
"""

import argparse
import os

from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.errors import lookup
from reasonome.core.terminal import show


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "what of this node, its disks and its GPUs would fail jobs, and how to mend it; exit status 1 then"
    command = arguments.of_command(commands, "doctor", run, summary, __doc__)
    command.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="default: those of config.yaml")
    said = os.environ.get("SLURM_GPUS_ON_NODE", "")
    granted = int(said) if said.isdigit() and said != "0" else None
    command.add_argument(
        "--gpus",
        type=int,
        metavar="N",
        default=granted,
        help="GPUs that the node should have; else what SLURM gave",
    )


def run(args: argparse.Namespace) -> int:
    """Print a line per check as it is done; the exit status is 1 if one failed."""
    from reasonome.cluster.doctor.examination import examine
    from reasonome.cluster.doctor.finding import FAIL

    project = Project(args.config)
    names = args.experiments or list(project.settings.experiments)
    for name in names:
        lookup(project.experiments, name, "experiment")
    failed = False
    for finding in examine(project, names, args.gpus):
        show(str(finding))
        failed |= finding.state == FAIL
    return int(failed)
