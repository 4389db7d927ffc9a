"""The option `--json` of commands: a file, a device or a pipe to write to, or `-` for standard output alone."""

import os
from collections.abc import Iterable
from pathlib import Path

from reasonome.core import atomic
from reasonome.core.errors import InputError


def check_output(json: str | None, inputs: Iterable[str | Path | None] = ()) -> None:
    """InputError, before anything is computed, for a place that cannot be written to or is one of the `inputs`."""
    if json is None or json == "-":
        return
    path, fix = Path(json), "give a file's path, or `-` for standard output"
    try:
        if not json or path.is_dir():
            raise InputError(f"'{json}' is no file's path", field="--json", fix=fix)
        if any(_is_same_file(path, Path(given)) for given in inputs if given):
            raise InputError("this file is read by the command", file=json, field="--json", fix="give another path")
        atomic.check_writable(path)
    except OSError as error:
        raise InputError(f"cannot be written: {os.strerror(error.errno)}", file=json, field="--json", fix=fix) from None


def _is_same_file(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)
