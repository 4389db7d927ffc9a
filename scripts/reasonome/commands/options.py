"""What several commands have: parsers, options that are settings, `--json` and `--columns`."""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reasonome.core import atomic
from reasonome.core.arguments import AS_WRITTEN, configured
from reasonome.core.errors import InputError
from reasonome.core.terminal import show_json
from reasonome.facts.files.plain_table import one_field_each

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def command_parser(
    commands: argparse._SubParsersAction,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    description: str | None = None,
) -> argparse.ArgumentParser:
    """The parser of a subcommand that reads the configuration; `description` is the longer help text."""
    about = description or summary
    command = commands.add_parser(name, help=summary, description=about, formatter_class=AS_WRITTEN)
    command.set_defaults(run=run)
    return configured(command)


def option(setting: str) -> str:
    """The name of a setting's option, or of the argument that has none."""
    return setting.upper() if setting in ("files", "sets") else f"--{setting.replace('_', '-')}"


def add_settings(command: argparse.ArgumentParser, fields: Mapping[str, "FieldInfo"], names: Iterable[str]) -> None:
    """Options that are settings by their names; `fields` are those of their pydantic model."""
    for name in names:
        default = "" if fields[name].default is None else f" (default: {fields[name].default})"
        said = f"{fields[name].description}{default}"
        command.add_argument(option(name), action=_Once, default=fields[name].default, help=said)


class _Once(argparse.Action):
    """An option that is refused when it is given a second time, of which argparse would forget the first."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        given = vars(namespace).setdefault("given", set())
        if self.dest in given:
            parser.error(f"{option_string} is given twice, and takes one value")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def folder(text: str) -> Path:
    """The folder that an option names; ArgumentTypeError for an empty text, which pathlib takes for this folder."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: name a folder, or write . for this one")
    return Path(text)


def check_output(json: str | None, inputs: Iterable[str | Path | None] = ()) -> None:
    """Raise InputError if `json` is not a file's path, or is one of the `inputs`; to be called before any work."""
    if json is None or json == "-":
        return
    path = Path(json)
    if not json or path.is_dir():
        fix = "give a file's path, or `-` for standard output"
        raise InputError(f"'{json}' is no file's path", field="--json", fix=fix)
    if any(os.path.realpath(path) == os.path.realpath(file) for file in inputs if file):
        raise InputError("this file is read by the command", file=json, field="--json", fix="give another path")
    if not path.exists():
        folder = next(parent for parent in Path(os.path.realpath(path)).parents if parent.exists())
        tempfile.TemporaryFile(dir=folder).close()


def write_output(json: str | None, text: str) -> None:
    """Write a JSON text to `json`, if that is not None: files whole, devices and pipes directly."""
    if json == "-":
        show_json(text)
    elif json is not None and (stream := _stream(Path(json))) is not None:
        sys.stdout.flush()  # keeps the order of what was printed
        with open(stream, "w", encoding="utf-8") as out:
            out.write(f"{text}\n")
    elif json is not None:
        atomic.write_text(json, f"{text}\n")


def _stream(path: Path) -> Path | int | None:
    """What is written to and not replaced: a device, a pipe, or a descriptor of what this process prints to."""
    if not path.exists():
        return None
    for descriptor in (1, 2):
        with suppress(OSError):  # it is closed
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return os.dup(descriptor)
    return None if path.is_file() else path


def parse_columns(text: str) -> dict[str, str]:
    """{key: column} of `key=column, key=column`; a column may hold commas, spaces and anything else."""
    columns: dict[str, str] = {}
    for part in re.split(r",(?=\s*\w+\s*=)", text) if text else []:
        key, equals, column = (piece.strip() for piece in part.partition("="))
        if not (equals and column):
            fix = "write KEY=COLUMN,KEY=COLUMN, in quotes if a column has spaces"
            raise InputError(f"'{part}' is no KEY=COLUMN", field="--columns", fix=fix)
        if key in columns:
            raise InputError(f"'{key}' is given twice", field="--columns", fix="keep one of them")
        columns[key] = column
    one_field_each(columns)
    return columns
