"""The option `--json` of commands: a file, a device or a pipe to write to, or `-` for standard output alone."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import show_json


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


def write_output(json: str | None, text: str) -> None:
    """Write a JSON text to `json`, if that is not None: files whole, devices and pipes directly."""
    if json == "-":
        show_json(text)
    elif json is not None and Path(json).exists() and not Path(json).is_file():
        sys.stdout.flush()  # keeps the order of what was printed
        Path(json).write_text(f"{text}\n", encoding="utf-8")
    elif json is not None:
        atomic.write_text(json, f"{text}\n")
