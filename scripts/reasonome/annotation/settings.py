"""The settings of an annotation, as the command line and Python pass them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from reasonome.config import Annotation
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


def _setting_error(error: ValidationError, option: Callable[[str], str]) -> InputError:
    """The error of the first invalid setting."""
    first = error.errors(include_url=False)[0]
    name, fix = str(first["loc"][0]), "see docs/annotate.md for what is allowed here"
    if first["type"] == "literal_error":
        fix = nearest(str(first["input"]), re.findall(r"'([^']+)'", first["ctx"]["expected"]))
    return InputError(f"'{first['input']}': {first['msg']}", field=option(name), fix=fix)
