"""JSON from elsewhere, with all strings made valid Unicode."""

import json
import re
from typing import Any

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """The text with U+FFFD for unpaired surrogates ("\\ud83d" alone), which UTF-8 cannot encode."""
    return _HALF_CHARACTER.sub("\ufffd", text)


def loads(text: str) -> Any:
    """The value of a JSON text, with all strings made `whole`.

    Raises ValueError for invalid JSON, for a repeated key in an object, and for thousands of brackets in one another.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("too many brackets within one another") from None
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
