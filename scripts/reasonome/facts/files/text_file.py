"""Read the lines of a source's file, plain or gzipped, and say plainly when it is not that file."""

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tqdm import tqdm

from reasonome.core.errors import InputError
from reasonome.core.terminal import printable

LONGEST_LINE = 16 * 1024 * 1024  # bytes; a file with a longer line is something else, and would fill the memory
FETCH_AGAIN = "fetch the file again and compare its size or checksum with the source's"


def lines(path: str | os.PathLike, saved_by_editor: bool = False) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end) of a UTF-8 text file; gzip is told by content.

    Lines end with a newline, or all of them with a carriage return and a newline. A byte order mark is allowed where
    spreadsheet programs may have written the file (`saved_by_editor`); no source publishes one. Raises InputError
    for a file that is missing, empty, a cut-off gzip, a web page, or not text, for line ends of two kinds, and for a
    line longer than LONGEST_LINE.
    """
    path = Path(path)
    check_is_file(path)
    number, ending = 0, b""
    with _open_binary(path) as handle:
        raws = iter(partial(handle.readline, LONGEST_LINE + 1), b"")
        progress = tqdm(raws, desc=printable(path.name), unit=" lines", unit_scale=True, delay=5, leave=False)
        begun = False
        try:
            for number, raw in enumerate(progress, start=1):
                line = _text(raw, path, number)
                if number == 1:
                    ending = _ending(raw)
                    if not saved_by_editor:
                        _refuse_byte_order_mark(raw, path)
                elif _ending(raw) not in (ending, b""):
                    raise _mixed("this line ends otherwise than the lines before it", path, number)
                if not begun and line.strip():
                    begun = True
                    _refuse_web_page(line, path, number)
                yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                f"the gzip file is damaged or cut off at this line or soon after ({error})",
                file=path,
                line=number + 1,
                fix=FETCH_AGAIN,
            ) from error
    if number == 0:
        raise InputError("the file is empty", file=path, fix=FETCH_AGAIN)


def check_is_file(path: Path) -> None:
    """InputError for a path that is no file, with what it is."""
    if path.is_file():
        return
    fix = "check the path of this source"
    if path.is_dir():
        what, fix = "this is a folder, not a file", "give the file in it"
    elif path.is_fifo():
        what, fix = "this is a named pipe, and a source is read more than once", "write it to a file, and give that"
    elif path.exists():
        what = "this is a device or a socket, not a file"
    else:
        what = "there is no such file"
    raise InputError(what, file=path, fix=fix)


def _open_binary(path: Path) -> io.BufferedReader:
    with open(path, "rb") as handle:
        gzipped = handle.read(2) == b"\x1f\x8b"
    return io.BufferedReader(gzip.open(path)) if gzipped else open(path, "rb")


def _text(raw: bytes, path: Path, number: int) -> str:
    if len(raw) > LONGEST_LINE:
        raise InputError(
            f"the line is longer than {LONGEST_LINE // 1024**2} MB",
            file=path,
            line=number,
            fix=f"this is not a table of this kind, or its line ends are lost; {FETCH_AGAIN}",
        )
    if b"\0" in raw:
        raise InputError(
            "NUL byte: this is not a text file, or it is damaged",
            file=path,
            line=number,
            fix=f"if it is an archive, unpack it; else {FETCH_AGAIN}",
        )
    try:
        line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8 text ({error.reason} at byte {error.start} of the line)",
            file=path,
            line=number,
            fix="convert it to UTF-8, for example: iconv -f latin1 -t utf-8",
        ) from error
    if "\r" in line:
        raise _mixed("a carriage return within the line", path, number)
    return line


def _ending(raw: bytes) -> bytes:
    """What the line ends with; nothing where the file stops."""
    return b"\r\n" if raw.endswith(b"\r\n") else raw[-1:] if raw.endswith(b"\n") else b""


def _mixed(what: str, path: Path, number: int) -> InputError:
    return InputError(
        f"{what}: line ends of several kinds are mixed, as if parts of several files were put together",
        file=path,
        line=number,
        fix="give the file as it is published, or make all line ends alike, for example with: dos2unix (-c mac)",
    )


def _refuse_byte_order_mark(raw: bytes, path: Path) -> None:
    if raw.startswith(codecs.BOM_UTF8):
        raise InputError(
            "the file begins with a byte order mark: it is not as it was published, an editor has saved it again",
            file=path,
            line=1,
            fix="give the file as it is published, or take the mark away, for example with: dos2unix -r FILE",
        )


def _refuse_web_page(line: str, path: Path, number: int) -> None:
    if line.lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        raise InputError(
            "this is a web page, not the file itself",
            file=path,
            line=number,
            fix="open the address in a browser to see what the server says, then fetch the file again",
        )
