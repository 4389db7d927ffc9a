"""Of which release, and of which date, the libraries are that terms are tested against."""

import time
from collections.abc import Mapping

from reasonome.annotation.project_files import Library
from reasonome.config.project import Project
from reasonome.facts.fetching.pins import release
from reasonome.tasks.naming.background import Background, library_of


def library_releases(project: Project, background: Background, libraries: Mapping[str, Library]) -> dict[str, str]:
    """Library → its release in words: of those of the background's terms, and of `libraries`.

    A file of the user's has the day of its last change.
    """
    terms = {library_of(term): term.source for term in background.candidates}
    return {name: release(project, source) for name, source in terms.items()} | {
        name: release(project, library.source) if library.source else _of_file(library)
        for name, library in libraries.items()
    }


def _of_file(library: Library) -> str:
    return f"{library.path.name}, last changed {time.strftime('%Y-%m-%d', time.gmtime(library.path.stat().st_mtime))}"
