"""The command line `reasonome`: what people do by hand beside Snakemake. Run it in the project's folder.

reasonome pin [SOURCE ...]       fetch native files and write what they are into config/sources.lock.yaml
reasonome verify [SOURCE ...]    compare the native files on disk with their pins
reasonome annotate SETS          enriched terms of your own gene sets, and a model's names for them, checked
reasonome update                 fetch and pin today's HGNC, GO, Reactome and WikiPathways, which annotate then uses
reasonome rank FILES             rank the genes of your own unsolved cases and loci; no diagnosis
reasonome score ANSWERS          score answers of anybody: to a benchmark, or in a table with the truth in a column
reasonome calibrate TABLE        how far the confidences in a table are from its shares of right answers
reasonome export BENCHMARK       its questions in a prompt style, as a dataset that other libraries load
reasonome prompts EXPERIMENT     what its models will learn from and be asked, word for word, before any training
reasonome rehearse EXPERIMENT    an experiment from data to report in minutes, with all that costs made small
reasonome plan EXPERIMENT        jobs that are still to run, the GPU-hours that they ask for; submits nothing
reasonome why FILE               what of a job has changed since it made a file
reasonome doctor                 what of this node, its disk and its packages would fail jobs, and the fixes
"""

import argparse
import io
import os
import re
import shlex
import signal
import sys
from pathlib import Path

from reasonome.commands import doctor
from reasonome.core.errors import InputError, lookup, nearest, run_program
from reasonome.core.terminal import show

# Commands that work in a project's folder alone, in the words of a fix.
_COMMAND = re.compile(r"\b(?=snakemake -|make (?:demo|install)\b|reasonome (?:pin|verify|plan|doctor|export)\b)")


def main(words: list[str] | None = None) -> int:
    """Run one subcommand; the exit status is 0, 2 for an error, and 1 where verify found a difference.

    It is also 1 where verify had nothing to compare of the sources that it was asked for, or rank ranked nothing.
    """
    words = sys.argv[1:] if words is None else words
    args, unknown = _parser(words[:1]).parse_known_args(words)
    if unknown:
        fix = "leave it out, or put it beside the others of its kind"
        if unknown[0].startswith("-"):
            fix = nearest(unknown[0], re.findall(r"--[\w-]+", args.parser.format_usage()))
        raise InputError(f"unknown argument '{unknown[0]}'", fix=fix)
    try:
        return args.run(args)
    except InputError as error:
        config = Path(getattr(args, "config", "config")).absolute()
        # Below a folder of another name, commands would read another configuration.
        if config.name == "config" and config.parent != Path.cwd():
            for one in (error, *error.others):
                told = one.fix and standing_in(config.parent, one.fix)
                one.fix = told if told == one.fix else f"{told}; then run this command there, too"
        raise


def _parser(first: list[str]) -> argparse.ArgumentParser:
    """The parser of all commands; of `doctor` alone if that comes first, as it runs where no other can be imported."""
    parser = argparse.ArgumentParser(
        prog="reasonome", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    if first != ["doctor"]:
        _add_others(commands)
    doctor.add(commands)
    for command in commands.choices.values():
        command.set_defaults(parser=command)
    return parser


def _add_others(commands: argparse._SubParsersAction) -> None:
    from reasonome.commands import annotate, calibrate, export, plan, prompts, rank, rehearse, score, why
    from reasonome.commands.options import command_parser

    for name, run, summary in (
        ("pin", _pin, "write what native files are into the lock; needs a network for those that are fetched"),
        ("verify", _verify, "compare native files with the lock; exit status 1 if one differs or none can be compared"),
    ):
        command = command_parser(commands, name, run, summary)
        command.add_argument("sources", nargs="*", metavar="SOURCE", help="of sources.yaml; all if none is given")
    for module in (annotate, rank, score, calibrate, export, prompts, rehearse, plan, why):
        module.add(commands)


def _pin(args: argparse.Namespace) -> int:
    from reasonome.facts.fetching import pins
    from reasonome.tasks import load_project

    project = load_project(args.config, args.set)
    for name in args.sources or project.sources:
        source = lookup(project.sources, name, "source")
        if not args.sources and pins.licence_waits(source):
            show(f"{name}: left out, its licence is not accepted ({source.licence})")
            continue
        pins.check_licence(pins.native(project, name), alone=True)
        before = project.locked.get(name)
        for sentence in pins.told(name, before, pins.pin(project, name).files):
            show(sentence)
    return 0


def _verify(args: argparse.Namespace) -> int:
    from reasonome.facts.fetching import pins
    from reasonome.tasks import load_project

    project = load_project(args.config, args.set)
    for name in args.sources:
        lookup(project.sources, name, "source")
    states = pins.verify(pins.native(project, name) for name in args.sources or project.sources)
    for file in states:
        show(f"{file.state:<20} {file.source}/{file.key}  {file.path}")
    verified = any(file.state in (pins.OK, pins.CHANGED) for file in states)
    if not verified:
        show("nothing to verify: no file is both here and pinned (`reasonome pin` does both)", file=sys.stderr)
    changed = list(dict.fromkeys(file.source for file in states if file.state == pins.CHANGED))
    if changed:
        show(
            f"{', '.join(changed)}: changed since they were pinned.\n"
            f"`reasonome pin {' '.join(changed)}` accepts files of your own, and fetches the others anew.",
            file=sys.stderr,
        )
    return int(bool(changed or (args.sources and not verified)))


def standing_in(folder: Path, fix: str) -> str:
    """A fix whose commands go to the project's `folder` first."""
    return _COMMAND.sub(f"cd {shlex.quote(os.fspath(folder))} && ", fix)


def program() -> None:
    """Entry point of the console script; it ends quietly where what reads its output does, as in `… | head`."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isinstance(sys.stdout, io.TextIOWrapper):  # it is None where a shell has closed it
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr is: what its encoding lacks is written out
    run_program(main)


if __name__ == "__main__":
    program()
