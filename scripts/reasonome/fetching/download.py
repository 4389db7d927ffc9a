"""Download one file over HTTP: resumed where it broke off, tried again, and never an HTML page in its place."""

import email.utils
import http.client
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from tqdm import tqdm

from reasonome import __version__
from reasonome.errors import InputError

CHUNK = 1 << 20
TIMEOUT = 60  # seconds without a byte
WAITS = (1, 2, 4, 8)  # seconds before each new attempt; progress starts them again
LONGEST_WAIT = 120  # of those that a server may ask for
BUSY = (408, 425, 429, 500, 502, 503, 504)
HTML = (b"<!doctype html", b"<html")


class _TryAgain(Exception):
    """What may pass: a broken connection, a busy server. `wait`: the seconds that the server asks for."""

    def __init__(self, what: str, wait: float | None = None):
        super().__init__(what)
        self.wait = wait


def download(url: str, target: Path, part: Path) -> str:
    """Bring `url` to `target` and return the day of its last change, as the server states it ("" if it does not).

    What has arrived lies in `part` until it is whole. If the server can (a range, and a validator that tells that
    the file is still the same), an interrupted download goes on from there, in this run or the next; else it starts
    anew. InputError says which URL failed and how; `target` is then not written.
    """
    failures = furthest = 0
    with tqdm(
        unit="B", unit_scale=True, unit_divisor=1024, desc=PurePosixPath(urlsplit(url).path).name, delay=5
    ) as bar:
        while True:
            try:
                changed = _attempt(url, part, bar)
                break
            except _TryAgain as error:
                reached = part.stat().st_size if part.exists() else 0
                failures = 1 if reached > furthest else failures + 1
                furthest = max(reached, furthest)
                if failures > len(WAITS):
                    kept = f"; {reached:,} bytes are kept" if _kept(url, part)[0] else ""
                    fix = "check the network and the URL, then run again" + (": it goes on from there" if kept else "")
                    raise InputError(f"could not download {url}: {error}{kept}", fix=fix) from None
                time.sleep(min(error.wait or WAITS[failures - 1], LONGEST_WAIT))
    os.replace(part, target)
    _note(part).unlink(missing_ok=True)
    return changed


def _attempt(url: str, part: Path, bar: tqdm) -> str:
    have, validator = _kept(url, part)
    headers = {"User-Agent": f"reasonome/{__version__}"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as response:
            _receive(response, url, part, have, bar)
            return _day(response.headers.get("Last-Modified"))
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the file became shorter than what is here
            _forget(part)
            raise _TryAgain(str(error)) from None
        if error.code in BUSY:
            wait = error.headers.get("Retry-After", "")
            raise _TryAgain(str(error), float(wait) if wait.isdigit() else None) from None
        raise InputError(f"could not download {url}: {error}", fix="check the URL in sources.yaml") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise InputError(
                f"could not download {url}: {error.reason.verify_message}, so its server may be another's",
                fix="fetch the file in a way that you trust, put it below resources/ and give its `path:`",
            ) from None
        raise _TryAgain(str(error.reason)) from None
    except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise _TryAgain(str(error) or type(error).__name__) from None


def _receive(response: http.client.HTTPResponse, url: str, part: Path, have: int, bar: tqdm) -> None:
    """Write the body behind the `have` bytes of `part`, or into a new `part` if the server sends the whole."""
    goes_on = response.status == 206
    if goes_on and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        _forget(part)
        raise _TryAgain("the server sent another part of the file than the one asked for")
    have = have if goes_on else 0
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    bar.total, bar.n, bar.initial, bar.last_print_n = total, have, have, have
    if not goes_on:
        _note(part).unlink(missing_ok=True)
    with open(part, "ab" if goes_on else "wb") as out:
        # Only now: a note of the new file must never lie beside bytes of the old one.
        if not goes_on and (validator := _validator(response.headers)):
            _note(part).write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")
        first = not have
        while chunk := response.read1(CHUNK):
            if first and chunk[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(HTML):
                _forget(part)
                raise InputError(
                    f"{url} gave a web page (HTML) instead of a file",
                    fix="open it in a browser: the file may have moved, or ask for a log-in, or be down for a while",
                )
            first = False
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
    if not part.exists() or not _note(part).exists():
        return 0, ""
    try:
        note = json.loads(_note(part).read_text(encoding="utf-8"))
    except ValueError:  # torn by a kill
        return 0, ""
    return (part.stat().st_size, note["validator"]) if note["url"] == url else (0, "")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _validator(headers: http.client.HTTPMessage) -> str:
    """What tells one version of a file from the next; weak ETags may not be used for ranges."""
    etag = headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")


def _day(last_modified: str | None) -> str:
    try:
        return f"changed {email.utils.parsedate_to_datetime(last_modified):%Y-%m-%d}" if last_modified else ""
    except ValueError:  # not a date
        return ""
