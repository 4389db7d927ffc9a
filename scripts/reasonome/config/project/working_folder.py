"""The folder that a project's paths start from, wherever a command is called."""

import contextlib
import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reasonome.core.code_digest import PACKAGE_ROOT
from reasonome.core.errors import InputError

_OURS = "backbones.yaml"  # other Snakemake workflows have config/config.yaml too
INSTALLED = PACKAGE_ROOT.parents[1]  # the checkout that this package was installed from
# Commands that work in a project's folder alone, in the words of a fix.
_COMMAND = re.compile(
    r"\b(?=snakemake -|make (?:demo|install)\b|reasonome (?:pin|verify|plan|doctor|estimate|prompts)\b)"
)


@contextmanager
def project_folder(config: Path) -> Iterator[Callable[[str | os.PathLike], str]]:
    """Work in the project's folder within the block: this folder if it has `config`, else the installed project's.

    Yields a function that writes a path of the caller's so that it leads where it led before. InputError where neither
    folder has a configuration. Of an InputError within the block the fix names the folder in which its commands work.
    """
    here = Path.cwd()
    if (config / _OURS).is_file():
        yield os.fspath
        return
    if config.is_absolute() or not (INSTALLED / config / _OURS).is_file():
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
