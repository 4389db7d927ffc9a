"""Downloads of source files against a local server that misbehaves the way real ones do."""

import io
import shutil
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

import fetch_source
from reasonome.errors import InputError
from reasonome.manifest import file_sha256, text_sha256

SHIPPED = Path(__file__).resolve().parent.parent / "config"
TABLE = "symbol\tname\nTP53\ttumor protein p53\n" * 1000


def zipped(*names) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name in names:
            out.writestr(name, TABLE)
    return archive.getvalue()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body, length = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    """Serve a body, run the program for it, and return the path that it was to write."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    config = shutil.copytree(SHIPPED, tmp_path / "config")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def run(body, name="table.txt", sha256="unpinned", status=200, length=None):
        server.answer = (status, body if isinstance(body, bytes) else body.encode(), length)
        sources = yaml.safe_load((config / "sources.yaml").read_text())
        url = f"http://127.0.0.1:{server.server_port}/files/{name}"
        sources["hgnc"]["files"]["table"] = {"url": url, "sha256": sha256}
        (config / "sources.yaml").write_text(yaml.safe_dump(sources))
        output = tmp_path / "results" / "table.txt"
        arguments = ["--config", config, "--source", "hgnc", "--file", "table", "--output", output]
        monkeypatch.setattr(sys, "argv", ["fetch_source.py", *map(str, arguments)])
        fetch_source.main()
        return output

    yield run
    server.shutdown()
    server.server_close()


def assert_nothing_written(tmp_path):
    folder = tmp_path / "results"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_good_file(fetch, tmp_path, capsys):
    output = fetch(TABLE, sha256=text_sha256(TABLE))
    assert output.read_text() == TABLE and list(output.parent.iterdir()) == [output]
    assert f"hgnc/table: sha256 {text_sha256(TABLE)}" in capsys.readouterr().out


def test_an_unpinned_file_says_its_sha256(fetch, capsys):
    output = fetch(TABLE)
    assert f"sha256 {file_sha256(output)}" in capsys.readouterr().out


def test_a_file_that_changed_upstream(fetch, tmp_path):
    with pytest.raises(InputError, match=f"now has sha256 {text_sha256(TABLE)}, expected {'0' * 64}") as caught:
        fetch(TABLE, sha256="0" * 64)
    assert caught.value.file == tmp_path / "config" / "sources.yaml"
    assert caught.value.field == "hgnc.files.table.sha256" and "pin the new sha256" in caught.value.fix
    assert_nothing_written(tmp_path)


def test_a_connection_that_breaks_off(fetch, tmp_path):
    size = len(TABLE)
    with pytest.raises(InputError, match=f"/files/table.txt gave {size} of {size + 1} bytes") as caught:
        fetch(TABLE, length=size + 1)
    assert caught.value.fix == "run again"
    assert_nothing_written(tmp_path)


def test_a_page_that_is_not_there(fetch, tmp_path):
    with pytest.raises(InputError, match="could not download http://127.0.0.1.*/files/table.txt: .*404") as caught:
        fetch("not here", status=404)
    assert caught.value.fix == "check the network and the URL"
    assert_nothing_written(tmp_path)


def test_a_failure_leaves_the_file_of_an_earlier_run(fetch):
    output = fetch(TABLE)
    for answer in ({"length": 10**6}, {"status": 503}, {"sha256": "0" * 64}):
        with pytest.raises(InputError):
            fetch("other", **answer)
        assert output.read_text() == TABLE and list(output.parent.iterdir()) == [output]


def test_an_archive_is_unpacked_and_its_own_sha256_checked(fetch, capsys):
    archive = zipped("ReactomePathways.gmt")
    output = fetch(archive, name="table.txt.zip")
    assert output.read_text() == TABLE and list(output.parent.iterdir()) == [output]
    digest = capsys.readouterr().out.split()[-1]
    assert fetch(archive, name="table.txt.zip?download=1", sha256=digest).read_text() == TABLE
    assert digest != text_sha256(TABLE)


@pytest.mark.parametrize("members", [[], ["a.gmt", "b.gmt"]])
def test_an_archive_without_the_one_file(fetch, tmp_path, members):
    with pytest.raises(InputError, match=f"holds {len(members)} files, expected one"):
        fetch(zipped(*members), name="table.txt.zip")
    assert_nothing_written(tmp_path)


@pytest.mark.parametrize("damage", ["<html>log in</html>", "bad CRC"])
def test_an_archive_that_is_none(fetch, tmp_path, damage):
    archive = bytearray(zipped("a.gmt"))
    archive[60] ^= 1
    with pytest.raises(InputError, match="gave no whole zip archive"):
        fetch(bytes(archive) if damage == "bad CRC" else damage, name="table.txt.zip")
    assert_nothing_written(tmp_path)


def test_a_shipped_file_is_not_downloaded(tmp_path, monkeypatch):
    arguments = ["--config", SHIPPED, "--source", "go-demo", "--file", "obo", "--output", tmp_path / "x"]
    monkeypatch.setattr(sys, "argv", ["fetch_source.py", *map(str, arguments)])
    with pytest.raises(InputError, match="go-demo/obo is shipped as resources/demo/go-basic.obo.gz"):
        fetch_source.main()


def test_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(InputError, match="could not download http://127.0.0.1:9/x.txt"):
        fetch_source.download("http://127.0.0.1:9/x.txt", tmp_path / "x.txt")
    assert list(tmp_path.iterdir()) == []
