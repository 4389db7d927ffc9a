"""JSON that others wrote, in which everything is text that can be stored and passed on."""

import json
import re
from typing import Any

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def whole(text: str) -> str:
    """The text with U+FFFD for halves of characters ("\\ud83d" without its other half), which no file can hold."""
    return _HALF_CHARACTER.sub(REPLACEMENT, text)


def loads(text: str, unique_keys: bool = False) -> Any:
    """The value of a JSON text, all of its strings `whole`.

    ValueError or RecursionError for a text that is none, and with `unique_keys` for an object with a key twice.
    """

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, item in found:
            key = whole(key)
            if unique_keys and key in value:
                raise ValueError(f"the key '{key}' stands twice in one object")
            value[key] = _whole_value(item)
        return value

    return _whole_value(json.loads(text, object_pairs_hook=pairs))


def _whole_value(value: Any) -> Any:
    """Strings and lists of them; the strings of objects were seen to when those were read."""
    if isinstance(value, str):
        return whole(value)
    return [_whole_value(item) for item in value] if isinstance(value, list) else value
