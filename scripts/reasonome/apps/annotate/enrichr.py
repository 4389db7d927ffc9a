"""Libraries of Enrichr: fetched once by GSEApy, and pinned as GMT files by day and digest."""

import re
import time
from glob import escape
from pathlib import Path

from reasonome.config.annotations import Annotation, is_file_name
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import InputError, nearest
from reasonome.core.manifest import file_sha256, text_sha256
from reasonome.core.terminal import say
from reasonome.tasks.naming.settings import BRANCHES

_GMT = "give its GMT file, which a machine with a network gets from https://maayanlab.cloud/Enrichr/#libraries"


def pinned(project: Project, name: str) -> Path | None:
    """The file of a library, None before it is fetched; InputError where it was changed since."""
    for path in sorted((project.results.root / "libraries").glob(f"{escape(name)}.*.gmt")):
        if path.name.split(".")[-2] != file_sha256(path)[:16]:
            what = "this library is not what was fetched"
            raise InputError(
                what, file=path, fix="delete the file, and give the library's name where there is a network"
            )
        return path
    return None


def release(path: Path) -> str:
    """Of which day a pinned library is."""
    day, digest, _ = path.name.split(".")[-3:]
    return f"Enrichr, fetched {day} (SHA-256 {digest}…)"


def fetch(project: Project, settings: Annotation) -> None:
    """Fetch and pin the libraries that are no file, source or branch of GO, unless they are here. Raises InputError."""
    known = {*project.sources, *BRANCHES.values()}
    for name in (*settings.libraries, *(settings.only_libraries or ())):
        if is_file_name(name) or name in known or pinned(project, name):
            continue
        if not re.fullmatch(r"[\w+-]+", name, re.ASCII):
            raise InputError(f"unknown library '{name}'", fix=nearest(name, known))
        say(f"{name}: fetched from Enrichr by GSEApy, once; nothing but this name is sent")
        lines = "".join("\t".join([term, name, *genes]) + "\n" for term, genes in _sets(name, known).items() if genes)
        day = time.strftime("%Y-%m-%d", time.gmtime())
        folder = project.results.root / "libraries"
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write_text(folder / f"{name}.{day}.{text_sha256(lines)[:16]}.gmt", lines)


def _sets(name: str, known: set[str]) -> dict[str, list[str]]:
    import gseapy  # late: it loads matplotlib, and this is seldom asked for

    try:
        return gseapy.get_library(name, organism="Human", min_size=0, max_size=10**6)
    except Exception as error:  # whatever requests, and what the server sends, lead to
        failed = error
    try:
        names = gseapy.get_library_name(organism="Human")
    except Exception:
        what = f"'{name}' is no source of sources.yaml, and Enrichr, which may have it, cannot be reached"
        raise InputError(what, field="libraries", fix=f"{_GMT}; sources: {nearest(name, known)}") from failed
    if name in names:
        what = f"Enrichr did not send '{name}': {failed}"
        raise InputError(what, field="libraries", fix=f"run this again later, or {_GMT}") from failed
    raise InputError(f"unknown library '{name}'", field="libraries", fix=nearest(name, [*known, *names]))
