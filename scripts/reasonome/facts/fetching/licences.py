"""Licences: restricted sources need the user's acceptance, and every build lists the licences of its sources."""

import pandas as pd

from reasonome.config import Source
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.fetching.pins import UNPINNED, check_pinned, describe


def waits(source: Source) -> bool:
    """Whether the source's licence still has to be accepted."""
    return source.restricted and not source.accept_licence


def check_accepted(project: Project, source: str, *, alone: bool = False) -> None:
    """Raise InputError for a restricted source whose licence is not accepted, with the licence and its URL.

    The error lists the other such sources of the source's corpora too, so that the user can read all at once; not so
    if the source is wanted `alone`, for no corpus.
    """
    if not waits(project.sources[source]):
        return
    corpora = [] if alone else [corpus.sources for corpus in project.corpora.values() if source in corpus.sources]
    beside = [name for sources in corpora for name in sources]
    waiting = [name for name in dict.fromkeys([source, *beside]) if waits(project.sources[name])]
    terms = [f"{name}: {project.sources[name].licence}, {project.sources[name].licence_url}" for name in waiting]
    raise InputError(
        f"'{source}' is under a restricted licence that nobody has accepted here; what has to be read:\n  "
        + "\n  ".join(terms),
        file=project.root / "sources.yaml",
        field=f"{source}.accept_licence",
        fix="if you may use a source under its licence, add `accept_licence: true` to its entry"
        + ("; otherwise take it out of the corpus in corpora.yaml" if corpora else ""),
    )


def licence_table(project: Project, corpus: str) -> pd.DataFrame:
    """The native files of a corpus, one per row, with source, release, licence and sha256. Raises InputError."""
    sources = project.corpora[corpus].sources
    for name in sources:
        check_accepted(project, name)
    rows = []
    for name in sources:
        source = project.sources[name]
        for key, path in project.source_files(name).items():
            current = describe(path)
            pinned = check_pinned(project, name, key, current)
            stated = pinned.stated if pinned else current.stated
            rows.append(
                {
                    "source": name,
                    "release": source.release,
                    "licence": source.licence,
                    "licence_url": source.licence_url or "",
                    "restricted": "yes" if source.restricted else "no",
                    "format": source.format,
                    "format_version": source.format_version,
                    "file": path.name,
                    "stated": stated,
                    "size": current.size,
                    "sha256": current.sha256,
                    "pinned": "yes" if pinned else UNPINNED,
                }
            )
    return pd.DataFrame(rows)
