"""Applications of the chain: people's own gene sets, cases and loci. Nothing below the commands imports them.

Here is what they share: settings that are in no file.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from reasonome.config.strict import Strict
from reasonome.core.errors import InputError, nearest

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
    raise InputError(f"'{first['input']}': {first['msg'].removeprefix('Value error, ')}", field=option(name), fix=fix)
