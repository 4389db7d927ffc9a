"""The settings of an annotation, as the command line and Python pass them."""

import re
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from pydantic import ValidationError

from reasonome.config import Annotation
from reasonome.config.annotations import is_file_name
from reasonome.core.errors import InputError, nearest


def checked_settings(values: Mapping[str, Any], option: Callable[[str], str] = str) -> Annotation:
    """The validated settings; `option` maps a setting's name to the command-line option for errors.

    Raises InputError for unknown and invalid settings.
    """
    for name in values:
        if name not in Annotation.model_fields:
            raise InputError(f"there is no setting '{name}'", field=name, fix=nearest(name, Annotation.model_fields))
    try:
        return Annotation(**values)
    except ValidationError as error:
        raise _setting_error(error, option) from None


def placed(settings: Annotation, place: Callable[[str | PathLike], str]) -> Annotation:
    """The settings with their paths as `place` writes them."""
    return settings.model_copy(
        update={
            "sets": [place(path) for path in settings.sets],
            "universe": settings.universe and place(settings.universe),
            "libraries": [place(name) if is_file_name(name) else name for name in settings.libraries],
        }
    )


def _setting_error(error: ValidationError, option: Callable[[str], str]) -> InputError:
    """The error of the first invalid setting."""
    first = error.errors(include_url=False)[0]
    name, fix = str(first["loc"][0]), "see docs/annotate.md for what is allowed here"
    if first["type"] == "literal_error":
        fix = nearest(str(first["input"]), re.findall(r"'([^']+)'", first["ctx"]["expected"]))
    return InputError(f"'{first['input']}': {first['msg']}", field=option(name), fix=fix)
