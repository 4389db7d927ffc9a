"""The settings of an annotation as people give them on the command line or in Python."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from reasonome.config import Annotation
from reasonome.core.errors import InputError, nearest


def checked_settings(given: Mapping[str, Any], option: Callable[[str], str] = str) -> Annotation:
    """The settings as config/annotations.yaml would have them; in errors `option` makes of a name what people wrote."""
    for name in given:
        if name not in Annotation.model_fields:
            raise InputError(f"there is no setting '{name}'", field=name, fix=nearest(name, Annotation.model_fields))
    try:
        return Annotation(**given)
    except ValidationError as error:
        raise _of_setting(error, option) from None


def _of_setting(error: ValidationError, option: Callable[[str], str]) -> InputError:
    """The first of what a setting cannot be."""
    first = error.errors(include_url=False)[0]
    name, fix = str(first["loc"][0]), "see docs/annotate.md for what is allowed here"
    if first["type"] == "literal_error":
        fix = nearest(str(first["input"]), re.findall(r"'([^']+)'", first["ctx"]["expected"]))
    return InputError(f"'{first['input']}': {first['msg']}", field=option(name), fix=fix)
