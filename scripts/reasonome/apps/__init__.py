"""Applications of the chain: people's own gene sets, cases and loci. Nothing below the commands imports them.

Here is in which project's folder they work.
"""

import contextlib
import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reasonome.config.project.folder import INSTALLED, is_ours
from reasonome.core.errors import InputError

# Commands that work in a project's folder alone, in the words of a fix.
_COMMAND = re.compile(
    r"\b(?=snakemake -|make (?:demo|install)\b|reasonome (?:pin|verify|plan|doctor|estimate|export)\b)"
)


@contextmanager
def project_folder(config: Path) -> Iterator[Callable[[str | os.PathLike[str]], str]]:
    """Work in the project's folder within the block: this folder if it has `config`, else the installed project's.

    Yields a function that writes a path of the caller's so that it leads where it led before. InputError where neither
    folder has a configuration. Of an InputError within the block the fix names the folder in which its commands work.
    """
    here = Path.cwd()
    installed = not config.is_absolute() and is_ours(INSTALLED / config)
    if is_ours(config) or (config.is_dir() and not installed):
        yield lambda path: os.fspath(path)
        return
    if not installed:
        what = "there is no configuration of a project here"
        raise InputError(what, file=config, field="--config", fix="name the folder of a project's configuration")
    try:
        with contextlib.chdir(INSTALLED):
            yield lambda path: os.fspath(here / path)
    except InputError as error:
        error.fix = error.fix and standing_in(INSTALLED, error.fix)
        raise


def standing_in(folder: Path, fix: str) -> str:
    """A fix whose commands go to the project's `folder` first."""
    return _COMMAND.sub(f"cd {shlex.quote(os.fspath(folder))} && ", fix)
