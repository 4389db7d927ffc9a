"""The release that a native file states about itself, so that an update can be told by name."""

import gzip
import re
import sqlite3
from pathlib import Path

HEAD = 1 << 16  # bytes that are searched: headers come first
STATED = (
    re.compile(r"^data-version: *(.+?)\s*$", re.MULTILINE),  # OBO
    re.compile(r"^!\s*date-generated: *(.+?)\s*$", re.MULTILINE),  # GAF 2.2
    re.compile(r"^# Report created: *(.+?)\s*$", re.MULTILINE),  # CTD
    re.compile(r"%(WikiPathways_\d{8})%"),
)


def stated_release(path: Path) -> str:
    """What the file says: an OBO's data-version, a GAF's date, GO's date in a Bioconductor database; "" if nothing."""
    with open(path, "rb") as handle:
        head = handle.read(16)
    if head.startswith(b"SQLite format 3\0"):
        return _of_bioconductor(path)
    try:
        with gzip.open(path) if head.startswith(b"\x1f\x8b") else open(path, "rb") as handle:
            text = handle.read(HEAD).decode("utf-8", errors="replace")
    except (OSError, EOFError):  # a damaged archive: the parsers say so
        return ""
    return next((match[1] for pattern in STATED if (match := pattern.search(text))), "")


def _of_bioconductor(path: Path) -> str:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT value FROM metadata WHERE name = 'GOSOURCEDATE'").fetchone()
    except sqlite3.DatabaseError:  # some other database
        return ""
    finally:
        connection.close()
    return f"GO {row[0]}" if row else ""
