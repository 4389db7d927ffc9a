"""`reasonome why`: what of a job has changed since it was last started."""

import argparse
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reasonome.cluster.plan import dry_run
from reasonome.commands.options import command_parser
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.tasks import load_project

_WHY = """\
`reasonome why`: the keys of a job that differ from those that it had when it was last started, each before and after.

reasonome why results/models/smollm2-135m/sft.closedbook-s0/manifest.json
"""
_WRITTEN = re.compile(r"""job=(?P<output>\S+); name="\S+"; job="\S+"; printf %s (?P<job>.*) > "\$job"; """)


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    command = command_parser(commands, "why", why, "what of a job has changed since it made a file", _WHY)
    command.add_argument("file", metavar="FILE", type=Path, help="that Snakemake makes")


def why(args: argparse.Namespace) -> int:
    """Print the keys that differ; the exit status is 0."""
    project = load_project(args.config, args.set)
    said = _WRITTEN.finditer(dry_run(project, args.file, "--force", "--printshellcmds"))
    jobs = [(Path(one["output"]), json.loads(shlex.split(one["job"])[0])) for one in said]
    made = [(output, job) for output, job in jobs if str(args.file) in job["outputs"].values()]
    if not made:
        what = "no job.json tells how this file is made"
        raise InputError(what, file=args.file, fix=f"see `snakemake -n {args.file}`")
    [(output, job)] = made
    kept = output.with_suffix(".job.json")
    if not kept.is_file():
        show(f"{args.file} was never made: there is no {kept}")
        return 0
    before, after = dict(flat(atomic.read_json(kept))), dict(flat(job))
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    for key in changed:
        show(f"{key}: {before.get(key, 'nothing')} → {after.get(key, 'nothing')}")
    if not changed:
        show(f"the job is the one that {kept} has: only files that it reads, or code, can have changed")
    return 0


def flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """The values in JSON by their keys between dots."""
    if isinstance(value, dict) and value:
        for name, inside in value.items():
            yield from flat(inside, f"{key}.{name}" if key else name)
    else:
        yield key, value
