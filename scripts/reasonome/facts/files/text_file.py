"""Text from elsewhere: files, plain or gzipped, and JSON; clear errors for what is something else."""

import gzip
import hashlib
import io
import json
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from reasonome.core.atomic import Json
from reasonome.core.errors import InputError

FETCH_AGAIN = "fetch the file again and compare its size or checksum with the source's"
_HEAD = 1000  # bytes in which a file of another kind is recognised
_GZIP = b"\x1f\x8b"
_ARCHIVE = b"PK\x03\x04"  # zip, which Excel's workbooks are too
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def lines(path: str | os.PathLike) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line) of a UTF-8 text file, plain or gzipped.

    Line ends and a byte order mark are removed. Raises InputError.
    """
    path = Path(path)
    check_is_file(path)
    number = 0
    with open(path, "rb") as raw:
        handle = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if raw.peek(2).startswith(_GZIP) else raw
        try:
            _refuse_other_kinds(handle.peek(_HEAD), path, line=1)
            shown = tqdm(handle, desc=path.name, unit=" lines", unit_scale=True, delay=5, leave=False)
            for number, line in enumerate(shown, start=1):
                text = decoded(line, path, number).rstrip("\r\n")
                if "\r" in text:
                    what, fix = "a carriage return within the line", "make all line ends alike: dos2unix -c mac FILE"
                    raise InputError(what, file=path, line=number, fix=fix)
                yield number, text
        except _DAMAGED as error:
            what = f"the gzip file is damaged or cut off at this line or soon after ({error})"
            raise InputError(what, file=path, line=number + 1, fix=FETCH_AGAIN) from error
    if number == 0:
        raise InputError("the file is empty", file=path, fix=f"write it again, or {FETCH_AGAIN}")


def read_text(path: str | os.PathLike) -> tuple[str, str]:
    """The text of a user's file, without a byte order mark, and the SHA-256 of the file's bytes.

    Raises InputError for a missing file, one of another kind (a workbook, a web page), and bytes that are not UTF-8.
    """
    path = Path(path)
    check_is_file(path)
    raw = path.read_bytes()
    try:
        data = gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except _DAMAGED as error:
        raise InputError(f"the gzip file is damaged or cut off ({error})", file=path, fix="fetch it again") from None
    _refuse_other_kinds(data[:_HEAD], path)
    return decoded(data, path), hashlib.sha256(raw).hexdigest()


def check_is_file(path: Path) -> None:
    """Raise InputError for a path that is neither a file nor what a shell hands over, as /dev/stdin."""
    handed_over = path.is_relative_to("/dev") and path.exists() and not path.is_dir()
    if not (path.is_file() or handed_over):
        what = "this is a folder, not a file" if path.is_dir() else "there is no such file"
        raise InputError(what, file=path, fix="check the path")


def _refuse_other_kinds(head: bytes, path: Path, line: int | None = None) -> None:
    """Raise InputError for a file that begins as an archive, a web page or XML; `line` is for the error."""
    if head.startswith(_ARCHIVE):
        fix = "unpack the archive, or save the sheet as `CSV UTF-8`"
        raise InputError("this is an Excel workbook or another archive", file=path, line=line, fix=fix)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        fix = "open the address in a browser to see what the server says, then fetch the file again"
        raise InputError("this is a web page or XML, not the file itself", file=path, line=line, fix=fix)


def decoded(data: bytes, path: str | os.PathLike, line: int = 1) -> str:
    """The text of bytes that begin at a line, without a byte order mark; raises InputError where they are not UTF-8."""
    try:
        if b"\0" in data:  # of a workbook, UTF-16, or a damaged file
            raise UnicodeDecodeError("utf-8", data, data.index(b"\0"), len(data), "NUL byte")
        return data.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        what = f"not UTF-8 text ({error.reason}: byte {data[error.start]:#x})"
        fix = "save it as text in UTF-8, for example: iconv -f latin1 -t utf-8; or fetch it again if it is damaged"
        raise InputError(what, file=path, line=line + data.count(b"\n", 0, error.start), fix=fix) from None


def whole_text(text: str) -> str:
    """The text with U+FFFD for unpaired surrogates ("\\ud83d" alone), which UTF-8 cannot encode."""
    return _HALF_CHARACTER.sub("\ufffd", text)


def json_value(text: str) -> Json:
    """The value of a JSON text, with all strings made `whole_text`.

    Raises ValueError for invalid JSON, and for a key that stands twice in an object: either value may be meant.
    """
    value = json.loads(text, object_pairs_hook=_each_key_once)
    if "\\ud" not in text.lower():
        return value
    return json.loads(whole_text(json.dumps(value, ensure_ascii=False)))


def _each_key_once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value: dict[str, Json] = {}
    for key, item in pairs:
        if key in value:
            raise ValueError(f"the key '{whole_text(key)}' stands twice in one object")
        value[key] = item
    return value
