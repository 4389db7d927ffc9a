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
    value = json.loads(text, object_pairs_hook=_once if unique_keys else None)
    if "\\ud" not in text.lower():
        return value
    return json.loads(whole(json.dumps(value, ensure_ascii=False)))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, item in pairs:
        if key in value:
            raise ValueError(f"the key '{whole(key)}' stands twice in one object")
        value[key] = item
    return value
