"""The files of pages, in the folder of the same name: templates, scripts and their digests, and data for scripts."""

import base64
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

FOLDER = Path(__file__).with_suffix("")


def templates(*folders: Path) -> Environment:
    """The templates in these folders, which show data as text, never as markup."""
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def one_script(paths: Sequence[Path]) -> str:
    """The files as one script in one scope of its own: later files use what earlier ones define."""
    parts = [path.read_text(encoding="utf-8") for path in paths]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();", ""])


def script_digest(script: str) -> str:
    """The SHA-256 of a script, in base64, by which a Content-Security-Policy lets this one run and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def script_data(value: object) -> str:
    """JSON that cannot end its <script> element or open a comment in it; ValueError for a number that is not finite."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def packed(value: object) -> str:
    """JSON, compressed and in base64, for a script that unpacks it; ValueError for a number that is not finite."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def page_svg(svg: str, name: str, label: str) -> str:
    """The drawing as an element of a page: without styles and ids of groups, its other ids begin with a digest of
    `name`, and a reader says `label`."""
    prefix = f"f{zlib.crc32(name.encode()):08x}"
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r">\s+<", "><", re.sub(r'<g id="[^"]*"', "<g", svg))
    svg = re.sub("<[^>]+>", lambda tag: re.sub(r'(\bid="|href="#|url\(#)', rf"\1{prefix}-", tag[0]), svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(label)}" stroke-linejoin="round"', 1)
