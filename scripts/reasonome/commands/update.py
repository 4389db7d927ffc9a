"""`reasonome update`: fetch today's HGNC, GO, Reactome and WikiPathways, for `reasonome annotate`.

reasonome update

It needs a network. What is fetched stands in config/sources.lock.yaml: address, day, size and digest of every file.
From then on `reasonome annotate` tests and checks with it; `--benchmark demo-go` goes back to what ships.
"""

import argparse

from reasonome.apps import project_folder
from reasonome.commands.options import command_parser
from reasonome.core.terminal import show
from reasonome.tasks import load_project


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand."""
    summary = "fetch and pin today's HGNC, GO, Reactome and WikiPathways, which annotate then uses; needs a network"
    command_parser(commands, "update", run, summary, __doc__)


def run(args: argparse.Namespace) -> int:
    """Fetch, pin and make; print what each file is."""
    from reasonome.apps.annotate.making import update

    with project_folder(args.config):
        for sentence in update(load_project(args.config, args.set)):
            show(sentence)
    show("reasonome annotate uses these from now on")
    return 0
