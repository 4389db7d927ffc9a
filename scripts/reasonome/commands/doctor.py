"""`reasonome doctor`: what would fail jobs on this node. Nothing but Python's own modules is needed to start it."""

import argparse
import os
from pathlib import Path

from reasonome.cluster.doctor import FAIL, examine
from reasonome.core.terminal import show

_DOCTOR = """\
`reasonome doctor`: checks the node that it runs on, and prints a fix for every problem.

reasonome doctor                               for the experiments of config/config.yaml
reasonome doctor gene-r1 --gpus 8              for one, on a node with eight GPUs
srun --gpus=8 --mem=256G reasonome doctor gene-r1 --gpus 8      on the node that SLURM gives its jobs
"""


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "what of this node, its disk and its packages would fail jobs, and how to mend it; exit status 1 then"
    form = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser("doctor", help=summary, description=_DOCTOR, formatter_class=form)
    command.set_defaults(run=doctor)
    command.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="default: those of config.yaml")
    command.add_argument("--config", type=Path, default=Path("config"), help="folder of the configuration")
    granted = os.environ.get("SLURM_GPUS_ON_NODE", "")
    default = int(granted) if granted.isdigit() and granted != "0" else None
    what = "GPUs that the node should have; else what SLURM gave"
    command.add_argument("--gpus", type=int, metavar="N", default=default, help=what)


def doctor(args: argparse.Namespace) -> int:
    """Print a line per check as it is done; the exit status is 1 if one failed."""

    def load():
        from reasonome.tasks import load_project

        return load_project(args.config)

    failed = False
    for finding in examine(load, args.experiments, args.gpus):
        show(str(finding))
        failed |= finding.state == FAIL
    return int(failed)
