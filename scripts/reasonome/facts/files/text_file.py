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
from typing import Any

from tqdm import tqdm

from reasonome.core.errors import InputError

FETCH_AGAIN = "fetch the file again and compare its size or checksum with the source's"
_HEAD = 1000  # bytes in which a file of another kind is recognised
_GZIP = b"\x1f\x8b"
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)
_UNPACK = "unpack the archive, or save the sheet as `CSV UTF-8`"
# First bytes of files of other kinds -> what it is, and the fix.
_OTHER_KINDS = {
    b"PK\x03\x04": ("this is an Excel workbook or another archive", _UNPACK),
    b"\xd0\xcf\x11\xe0": ("this is an old Excel workbook", _UNPACK),
    b"PAR1": ("this is a Parquet file", "write it as CSV: pandas.read_parquet(FILE).to_csv(...)"),
    b"%PDF": ("this is a PDF", "give a text file"),
    b"\xff\xfe": ("this is UTF-16 text", "convert it, for example: iconv -f utf-16 -t utf-8"),
    b"\xfe\xff": ("this is UTF-16 text", "convert it, for example: iconv -f utf-16 -t utf-8"),
}


_TOO_DEEP = "too many brackets within one another"
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
# What stands before a value of a JSON array, or after the last.
_BETWEEN_ITEMS = re.compile(r"\s*([\[,])\s*|\s*\]\s*\Z")
_EMPTY_ARRAY = re.compile(r"\s*\[\s*\]\s*")


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
                    what = "a carriage return within the line: line ends of an old Mac, or a file that was put together"
                    fix = "give the file as it is published, or make all line ends alike: dos2unix -c mac FILE"
                    raise InputError(what, file=path, line=number, fix=fix)
                yield number, text
        except _DAMAGED as error:
            what = f"the gzip file is damaged or cut off at this line or soon after ({error})"
            raise InputError(what, file=path, line=number + 1, fix=FETCH_AGAIN) from error
    if number == 0:
        raise InputError("the file is empty", file=path, fix=FETCH_AGAIN)


def read_text(path: str | os.PathLike) -> tuple[str, str]:
    """The text of a user's file, without a byte order mark, and the SHA-256 of the file's bytes.

    Raises InputError for a missing file, one of another kind (a workbook, a web page), and bytes that are not UTF-8.
    """
    path = Path(path)
    if path.is_dir() or not path.exists():
        check_is_file(path)
    raw = path.read_bytes()
    try:
        data = gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except _DAMAGED as error:
        raise InputError(f"the gzip file is damaged or cut off ({error})", file=path, fix="fetch it again") from None
    _refuse_other_kinds(data[:_HEAD], path)
    return decoded(data, path), hashlib.sha256(raw).hexdigest()


def check_is_file(path: Path) -> None:
    """Raise InputError for a path that is no file, with what it is."""
    if path.is_file():
        return
    if path.is_dir():
        raise InputError("this is a folder, not a file", file=path, fix="give the file in it")
    if path.exists():
        raise InputError("this is a pipe or a device, not a file", file=path, fix="write it to a file, and give that")
    raise InputError("there is no such file", file=path, fix="check the path")


def _refuse_other_kinds(head: bytes, path: Path, line: int | None = None) -> None:
    """Raise InputError for a file that begins as one of another kind or as a web page; `line` is for the error."""
    for start, (what, fix) in _OTHER_KINDS.items():
        if head.startswith(start):
            raise InputError(what, file=path, line=line, fix=fix)
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith((b"<!doctype", b"<html", b"<?xml")):
        what = "this is a web page, not the file itself"
        fix = "open the address in a browser to see what the server says, then fetch the file again"
        if begin.startswith(b"<?xml") and b"<html" not in begin:
            what, fix = "this is XML", "give a text: the .obo of an ontology, and of a table one with tabs or commas"
        raise InputError(what, file=path, line=line, fix=fix)


def decoded(data: bytes, path: str | os.PathLike, line: int = 1) -> str:
    """The text of bytes that begin at a line, without a byte order mark; raises InputError where they are not UTF-8."""
    if b"\0" in data:
        line += data.count(b"\n", 0, data.index(b"\0"))
        what = "NUL byte: this is not a text file, or it is damaged"
        raise InputError(what, file=path, line=line, fix=f"if it is an archive, unpack it; else {FETCH_AGAIN}")
    try:
        return data.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        what = f"not UTF-8 text ({error.reason}: byte {data[error.start]:#x})"
        fix = "convert it to UTF-8, for example: iconv -f latin1 -t utf-8"
        raise InputError(what, file=path, line=line + data.count(b"\n", 0, error.start), fix=fix) from None


def whole_text(text: str) -> str:
    """The text with U+FFFD for unpaired surrogates ("\\ud83d" alone), which UTF-8 cannot encode."""
    return _HALF_CHARACTER.sub("\ufffd", text)


def json_value(text: str) -> Any:
    """The value of a JSON text, with all strings made `whole_text`.

    Raises ValueError for invalid JSON, for a repeated key in an object, and for thousands of brackets in one another.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if "\\ud" not in text.lower():
        return value
    return json.loads(whole_text(json.dumps(value, ensure_ascii=False)))


def json_items(text: str) -> Iterator[tuple[int, Any]]:
    """(line, value) of each value of a JSON array; ValueError as of `json_value`."""
    if _EMPTY_ARRAY.fullmatch(text):
        return
    decoder, line, end = json.JSONDecoder(), 1, 0
    between = _BETWEEN_ITEMS.match(text)
    while between and between[1]:
        start = between.end()
        line += text.count("\n", end, start)
        try:
            _, end = decoder.raw_decode(text, start)
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None
        yield line, json_value(text[start:end])
        line += text.count("\n", start, end)
        between = _BETWEEN_ITEMS.match(text, end)
    if between is None:
        raise json.JSONDecodeError("Expecting ',' or the end of the array", text, end)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, item in pairs:
        if key in value:
            raise ValueError(f"the key '{whole_text(key)}' stands twice in one object")
        value[key] = item
    return value
