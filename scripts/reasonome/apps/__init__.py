"""Applications of the chain: people's own gene sets, cases and loci. Nothing below the commands imports them.

Here is what they share: the folder of the project that they work in, and settings that are in no file.
"""

import contextlib
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from reasonome.config.project.folder import INSTALLED
from reasonome.config.project.references import is_ours
from reasonome.config.strict import Strict
from reasonome.core.errors import InputError, nearest

# Commands that work in a project's folder alone, in the words of a fix.
_COMMAND = re.compile(r"\b(?=snakemake -|make (?:demo|install)\b|reasonome (?:pin|verify|plan|doctor|export)\b)")


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
        for one in (error, *error.others):
            one.fix = one.fix and standing_in(INSTALLED, one.fix)
        raise


def standing_in(folder: Path, fix: str) -> str:
    """A fix whose commands go to the project's `folder` first."""
    return _COMMAND.sub(f"cd {shlex.quote(os.fspath(folder))} && ", fix)


Settings = TypeVar("Settings", bound=Strict)


def checked(
    model: type[Settings], values: Mapping[str, object], docs: str, option: Callable[[str], str] = str
) -> Settings:
    """The validated settings; `option` maps a setting's name to the command-line option for errors.

    `docs` is the page that says what is allowed. Raises InputError for unknown and invalid settings.
    """
    for name in values:
        if name not in model.model_fields:
            raise InputError(f"there is no setting '{name}'", field=name, fix=nearest(name, model.model_fields))
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    name, fix = str(first["loc"][0]), f"see {docs} for what is allowed here"
    if first["type"] == "literal_error":
        fix = nearest(str(first["input"]), re.findall(r"'([^']+)'", first.get("ctx", {})["expected"]))
    raise InputError(f"'{first['input']}': {first['msg']}", field=option(name), fix=fix)
