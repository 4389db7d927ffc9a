"""What was read, held against the models of config: the first mistake, with its line and what to do about it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reasonome.core.errors import InputError, nearest
from reasonome.core.yaml_text import Loc, YamlText

NO_MAPPING = "should hold keys with values (key: value)"


def validated(kind: Any, data: Any, text: YamlText, place: Callable[[Loc], Loc] = lambda loc: loc) -> Any:
    """`data` as `kind`; InputError for the first mistake, at `place` of its path in `text`."""
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    loc = tuple(part for part in first["loc"] if part != "[key]")
    what = first["msg"].removeprefix("Value error, ")
    fix = "see workflow/schemas/ for what is allowed here"
    context = first.get("ctx", {})
    if unknown := re.match(r"unknown key '(.*?)': ", what):
        loc, fix = (*loc, unknown[1]), None
    elif first["type"] == "truth":
        loc = (*loc, context["key"])
    elif first["type"] == "union_tag_invalid":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"unknown {key} '{context['tag']}'"
        fix = nearest(context["tag"], re.findall(r"'([^']+)'", context["expected_tags"]))
    elif first["type"] == "union_tag_not_found":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"key '{key}' is missing"
    elif first["type"] in ("model_type", "model_attributes_type", "dict_type"):
        what = NO_MAPPING
    elif first["type"] == "literal_error":
        what = f"'{first['input']}' is no {loc[-1] if loc and isinstance(loc[-1], str) else 'choice'}"
        fix = nearest(str(first["input"]), re.findall(r"'([^']+)'", context["expected"]))
    elif first["type"] in ("int_parsing", "float_parsing"):
        fix = f"'{first['input']}' is none: write it bare, without a unit, as in 480"
    elif first["type"] == "list_type":
        empty = first["input"] is None
        what = "a list belongs here" if empty else f"'{first['input']}' stands where a list belongs"
        fix = "write []" if empty else f"write [{first['input']}]"
    raise text.error(what, place(loc), fix, missing=first["type"] in ("missing", "union_tag_not_found"))


def named_well(path: Path, name: str, pattern: str) -> bool:
    """Names of files become names of results; InputError where one could not."""
    if not re.fullmatch(pattern.strip("^$"), name):
        raise InputError(f"'{name}' cannot be a name", file=path, fix=f"rename the file: names match {pattern}")
    return True
