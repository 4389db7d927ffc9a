"""Errors for users: what is wrong, where, and how to fix it."""

import difflib
import errno
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import NoReturn, TypeVar

from reasonome.core.terminal import show

_SHOWN_OTHERS = 19
V = TypeVar("V")


class InputError(Exception):
    """A mistake in a user's input: what is wrong, where (file, line, field) and how to fix it.

    Programs print it as one message without a traceback and exit with status 2. `others` are further mistakes, printed
    below it.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | os.PathLike | None = None,
        line: int | None = None,
        field: str | None = None,
        fix: str | None = None,
        others: Iterable["InputError"] = (),
    ):
        self.what, self.file, self.line, self.field, self.fix = what, file, line, field, fix
        self.others = tuple(others)
        super().__init__(what)

    def __str__(self) -> str:
        left = len(self.others) - _SHOWN_OTHERS
        more = [f"and {left} more mistakes, which may follow from these"] if left > 0 else []
        return "\n".join([self.alone, *map(str, self.others[:_SHOWN_OTHERS]), *more])

    @property
    def alone(self) -> str:
        """The message without those of `others`."""
        where = "" if self.file is None else os.fspath(self.file)
        if self.line is not None:
            where += f":{self.line}" if where else f"line {self.line}"
        if self.field is not None:
            where += f": {self.field}" if where else self.field
        text = f"{where}: {self.what}" if where else self.what
        return f"{text}\n  fix: {self.fix}" if self.fix else text


class Mistakes:
    """Collects the InputErrors of checks, each check in a `with` block, to raise them as one.

    What a later check cannot look up, and errors that name no file, follow from earlier ones, and are left out.
    """

    def __init__(self):
        self._found: dict[str, InputError] = {}

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, InputError):
            return bool(self._found) and isinstance(error, LookupError | ValueError)
        if error.file is not None or not self._found:
            for one in (error, *error.others):
                one.others = ()
                self._found.setdefault(one.alone, one)
        return True

    def tell(self) -> None:
        """Raise the first of the mistakes, with the others below it; nothing without any."""
        if self._found:
            first, *others = self._found.values()
            first.others = tuple(others)
            raise first


_SHOWN_NAMES = 30


def closest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that a wrong one is a slip of, if there is one."""
    return next(iter(difflib.get_close_matches(name, valid, n=1, cutoff=0.6)), None)


def nearest(name: str, valid: Iterable[str]) -> str:
    """The fix of an error about an unknown name: the nearest valid one, or all of them, if not too many."""
    valid = sorted(valid)
    if close := closest(name, valid):
        return f"did you mean '{close}'?"
    if len(valid) > _SHOWN_NAMES:
        valid = [*valid[:_SHOWN_NAMES], f"and {len(valid) - _SHOWN_NAMES} more"]
    return f"valid names: {', '.join(valid)}" if valid else "there are none yet"


def nearest_of_all(name: str, valid: Iterable[str]) -> str:
    """The same with all valid names in their order, however many there are."""
    close = closest(name, valid := list(valid))
    return (f"did you mean '{close}'? " if close else "") + f"All of them: {'; '.join(valid)}"


def lookup(table: Mapping[str, V], name: str, kind: str) -> V:
    """`table[name]`, or an InputError that names the nearest valid one."""
    if name not in table:
        raise InputError(f"unknown {kind} '{name}'", fix=nearest(name, table))
    return table[name]


def check_made(paths: Iterable[Path], what: str) -> None:
    """Raise InputError `what` for files that are not there, with the command that makes them."""
    if missing := list(dict.fromkeys(path for path in paths if not path.is_file())):
        raise InputError(what, file=missing[0], fix=f"snakemake --cores 2 {' '.join(map(str, missing))}")


def line_in(file: Path, error: BaseException) -> int | None:
    """The line of a file at which an error arose, or which led to it; None where it arose elsewhere."""
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename) == file]
    return frames[-1].lineno if frames else None


_DISK_FIXES = {
    errno.ENOSPC: "free some space; what was under way was removed, finished files are whole, so run again",
    errno.EDQUOT: "free some of your quota, then run again",
    errno.EROFS: "this place cannot be written to: set another results folder in config/config.yaml",
    errno.ENAMETOOLONG: "check the path; a file's name has 255 bytes at most",
    errno.ENOTDIR: "a file stands where this path has a folder: check the path",
    errno.EACCES: "you may not look into this folder, or write there: change its permissions, or the results folder in "
    "config/config.yaml",
}
_UNREADABLE = "you may not open this file: change its permissions"


def run_program(main: Callable[[], int | None]) -> None:
    """Run a program's `main`; an InputError, a full or closed disk or a path too long becomes one message and status 2.

    Messages may quote foreign names, and are printed as plain text. Ctrl-C ends it with exit status 130, as in shells.
    """
    try:
        status = main()
    except InputError as error:
        _exit_with(str(error))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        if error.errno not in _DISK_FIXES:
            raise
        _exit_with(f"{error.filename or 'standard output'}: {os.strerror(error.errno)}\n  fix: {_disk_fix(error)}")
    sys.exit(status or 0)


def _disk_fix(error: OSError) -> str:
    """The fix for an error of a disk. Files that exist are only read, as outputs are written anew."""
    is_there = error.filename is not None and os.path.exists(error.filename) and not os.path.isdir(error.filename)
    return _UNREADABLE if is_there and error.errno == errno.EACCES else _DISK_FIXES[error.errno or 0]


def _exit_with(message: str) -> NoReturn:
    show(f"error: {message}", file=sys.stderr)
    sys.exit(2)
