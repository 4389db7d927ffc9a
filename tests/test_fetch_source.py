"""Fetching source files from a local server that misbehaves the way real ones do."""

import io
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import program_job
import pytest
from refusals import refused

import fetch_source
from reasonome.core.manifest import text_sha256
from reasonome.facts.fetching import download

TABLE = "symbol\tname\nTP53\ttumor protein p53\n" * 1000
SIZE = len(TABLE)


@dataclass
class Answer:
    """What the server does with one request: `cut` breaks the body off; `ranges` answers a Range with 206."""

    body: bytes = TABLE.encode()
    status: int = 200
    headers: dict = field(default_factory=lambda: {"ETag": '"1"', "Last-Modified": "Mon, 17 Jun 2024 08:00:00 GMT"})
    cut: int | None = None
    ranges: bool = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answers, asked = self.server.answers, self.headers
        self.server.requests.append({name: asked[name] for name in ("Range", "If-Range") if name in asked})
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        body, status, headers = answer.body, answer.status, dict(answer.headers)
        if "Range" in asked and answer.ranges and asked["If-Range"] in headers.values():
            start = int(asked["Range"].removeprefix("bytes=").removesuffix("-"))
            status, headers["Content-Range"] = 206, f"bytes {start}-{len(body) - 1}/{len(body)}"
            body = body[start:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: answer.cut])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def sleeps(monkeypatch):
    """The waits between attempts, which take no time."""
    waits = []
    monkeypatch.setattr(download.time, "sleep", waits.append)
    return waits


@pytest.fixture
def server(monkeypatch, sleeps):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests = []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetch(tmp_path, server):
    """Let the server give `answers`, run the program for HGNC's table, and return the path that it was to write."""

    def run(*answers, name="table.txt", lock=None, waiting=(), **given):
        server.answers = list(answers) or [Answer()]
        output = tmp_path / "results/table/table.txt"
        file = {"url": f"http://127.0.0.1:{server.server_port}/files/{name}", **given}
        entry = {"format": "hgnc", "release": "2025-01", "licence": "CC0", "files": {"table": file}}
        source = {"name": "hgnc", "entry": entry, "files": [], "pins": lock, "waiting": list(waiting)}
        source |= {"place": "config/sources.yaml", "lock": "config/sources.lock.yaml"}
        program_job.run(fetch_source, tmp_path, {"inputs": {}, "outputs": {"file": output}, "settings": source})
        return output

    return run


def pinned(sha256, size=SIZE):
    return {"release": "2024-06", "files": {"table": {"sha256": sha256, "size": size, "stated": "June"}}}


def zipped(*names) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name in names:
            out.writestr(name, TABLE)
    return archive.getvalue()


def left(tmp_path) -> list[str]:
    folder = tmp_path / "results/table"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- pins --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lock", "state"), [(False, "unpinned: `reasonome pin hgnc` writes down what it is"), (True, "as pinned")]
)
def test_a_fetched_file_says_what_it_is(fetch, tmp_path, capsys, lock, state):
    output = fetch(lock=pinned(text_sha256(TABLE)) if lock else None)
    assert output.read_text() == TABLE and left(tmp_path) == ["table.txt"]
    assert f"hgnc/table: {SIZE:,} bytes, sha256 {text_sha256(TABLE)}, {state}" in capsys.readouterr().out


def test_a_file_that_changed_upstream(fetch, tmp_path):
    with refused("config/sources.lock.yaml", field="hgnc.files.table"):
        fetch(lock=pinned("0" * 64, size=7))
    assert left(tmp_path) == []


# --- restricted licences -----------------------------------------------------------------------------


def test_a_restricted_source_is_not_asked_for(fetch, server, tmp_path):
    with refused(field="hgnc.accept_licence"):
        fetch(waiting=["hgnc: CC-BY-NC-4.0, https://example.org/terms", "ctd: its terms"])
    assert server.requests == [] and left(tmp_path) == []


# --- connections that break --------------------------------------------------------------------------


def test_a_download_that_breaks_off_goes_on_from_there(fetch, server, tmp_path):
    output = fetch(Answer(cut=5000), Answer(cut=1000), Answer())
    assert output.read_text() == TABLE and left(tmp_path) == ["table.txt"]
    assert server.requests == [
        {},
        {"Range": "bytes=5000-", "If-Range": '"1"'},
        {"Range": "bytes=6000-", "If-Range": '"1"'},
    ]


def test_an_address_with_letters_beyond_ascii(fetch):
    assert fetch(name="données/table.txt?von=Müller").read_text() == TABLE


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"1"'}])
def test_without_a_validator_the_whole_is_asked_for_again(fetch, server, headers):
    assert fetch(Answer(headers=headers, cut=5000), Answer(headers=headers)).read_text() == TABLE
    assert server.requests == [{}, {}]


def test_what_arrived_is_kept_for_the_next_run_and_never_used(fetch, server, tmp_path, sleeps):
    with refused():
        fetch(Answer(cut=5000), Answer(cut=0))
    assert sleeps == [1, 2, 4, 8]
    assert left(tmp_path) == [".table.txt.download", ".table.txt.download.json"]
    server.requests.clear()
    assert fetch().read_text() == TABLE and left(tmp_path) == ["table.txt"]
    assert server.requests == [{"Range": "bytes=5000-", "If-Range": '"1"'}]


@pytest.mark.parametrize("note", ['{"url": "http://elsewhere/table.txt", "validator": "1"}', '{"url": "htt', None])
def test_bytes_of_unknown_origin_are_not_used(fetch, server, tmp_path, note):
    folder = tmp_path / "results/table"
    folder.mkdir(parents=True)
    (folder / ".table.txt.download").write_text("x" * 100)
    if note:
        (folder / ".table.txt.download.json").write_text(note)
    assert fetch().read_text() == TABLE
    assert server.requests == [{}] and left(tmp_path) == ["table.txt"]


def part(text, start, end, total, etag='"1"') -> Answer:
    """The bytes from `start` to before `end`, whatever was asked for."""
    headers = {"ETag": etag, "Content-Range": f"bytes {start}-{end - 1}/{total}"}
    return Answer(text[start:end].encode(), 206, headers, ranges=False)


NEW = TABLE.replace("TP53", "EGFR")


@pytest.mark.parametrize(
    ("second", "ranges"),
    [
        (part(NEW, 5000, SIZE, SIZE, '"2"'), [None, "bytes=5000-", None]),  # heeds the range and not the validator
        (part(NEW, 5000, SIZE, "*"), [None, "bytes=5000-", None]),  # of a whole of unknown size
        (part(NEW, 7, SIZE, SIZE), [None, "bytes=5000-", None]),
        (Answer(status=416, ranges=False), [None, "bytes=5000-", None]),  # the file became shorter
        (part(NEW, 5000, 8000, SIZE), [None, "bytes=5000-", "bytes=8000-"]),  # less than was asked for
        (Answer(status=503, ranges=False), [None, "bytes=5000-", "bytes=5000-"]),
        (Answer(NEW.encode(), cut=100, ranges=False), [None, "bytes=5000-", "bytes=100-"]),  # ignores ranges
        (Answer(NEW.encode(), headers={}, cut=100), [None, "bytes=5000-", None]),  # changed, and without a validator
    ],
)
def test_parts_of_a_file_are_put_together_only_where_they_fit(fetch, server, second, ranges):
    assert fetch(Answer(NEW.encode(), cut=5000), second, Answer(NEW.encode())).read_text() == NEW
    assert [asked.get("Range") for asked in server.requests] == ranges


@pytest.mark.parametrize(("status", "requests"), [(503, 5), (404, 1)])
def test_a_server_that_gives_no_file(fetch, server, tmp_path, status, requests):
    with refused():
        fetch(Answer(b"", status=status))
    assert len(server.requests) == requests and left(tmp_path) == []


# --- what is no such file ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status", "name"),
    [
        ("<!DOCTYPE html><body>Please log in</body></html>", 200, "table.txt.zip"),
        ("", 200, "table.txt"),
    ],
)
def test_an_answer_that_is_no_file(fetch, server, tmp_path, text, status, name):
    output = fetch()
    server.requests.clear()
    with refused():
        fetch(Answer(text.encode(), status=status), name=name)
    assert len(server.requests) == 1 and left(tmp_path) == ["table.txt"] and output.read_text() == TABLE


def test_an_archive_of_one_file_is_unpacked(fetch, tmp_path):
    output = fetch(Answer(zipped("ReactomePathways.gmt")), name="table.txt.zip", lock=pinned(text_sha256(TABLE)))
    assert output.read_text() == TABLE and left(tmp_path) == ["table.txt"]
    assert fetch(Answer(zipped("a.gmt")), name="table.txt.zip?download=1").read_text() == TABLE


def test_a_named_file_of_an_archive(fetch, tmp_path):
    archive = Answer(zipped("readme.txt", "data/a.gmt"))
    assert fetch(archive, name="table.txt.zip", member="data/a.gmt").read_text() == TABLE
    with refused():
        fetch(archive, name="table.txt.zip", member="data/b.gmt")


def damaged(byte, bit, method=zipfile.ZIP_STORED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as out:
        out.writestr("a.gmt", TABLE)
    data = bytearray(archive.getvalue())
    data[byte] ^= 1 << bit
    return bytes(data)


@pytest.mark.parametrize(
    "archive",
    [
        zipped("b.gmt", "a.gmt"),
        b"not a zip",
        # A header of 30 bytes and the name come first, then the data; the directory's entry is 51 bytes, the end 22.
        damaged(60, 0),
    ],
)
def test_an_archive_without_the_one_file(fetch, tmp_path, archive):
    with refused():
        fetch(Answer(archive), name="table.txt.zip")
    assert left(tmp_path) == []
