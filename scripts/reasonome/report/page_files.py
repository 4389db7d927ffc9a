"""The files of pages, in the folder of the same name: templates, scripts and their digests, and data for scripts."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).with_suffix("")


def templates(*folders: Path, html: bool = True) -> Environment:
    """The templates in these folders; those of HTML show data as text, never as markup."""
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
    )


def one_script(paths: Sequence[Path]) -> str:
    """The files as one script in one scope of its own: later files use what earlier ones define."""
    parts = [path.read_text(encoding="utf-8") for path in paths]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();", ""])


def script_digest(script: str) -> str:
    """The SHA-256 of a script, in base64, by which a Content-Security-Policy lets this one run and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def script_data(value: Any) -> str:
    """JSON that cannot end its <script> element or open a comment in it; ValueError for a number that is not finite."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
