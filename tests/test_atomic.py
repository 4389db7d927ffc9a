"""Outputs are whole or not there at all, and nothing else is left behind."""

import errno
import json
import os

import pytest
from refusals import refused

from reasonome.core import atomic


def fill(folder, **files):
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_a_file_is_replaced_and_its_folders_made(tmp_path):
    path = tmp_path / "a" / "b" / "x.txt"
    atomic.write_text(path, "one")
    atomic.write_text(path, "zwei ü")
    assert tree(tmp_path) == {"a/b/x.txt": "zwei ü"}


def test_until_the_block_ends_the_old_file_stands(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with atomic.replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old" and temporary.parent == path.parent
    assert tree(tmp_path) == {"x.txt": "new"}


@pytest.mark.parametrize("before", [{}, {"x.txt": "old"}])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path, before, error):
    for name, text in before.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(error), atomic.replacing(tmp_path / "x.txt") as temporary:
        temporary.write_text("half")
        raise error
    assert tree(tmp_path) == before and len(list(tmp_path.iterdir())) == len(before)


def test_a_folder_takes_the_place_of_a_folder(tmp_path):
    fill(tmp_path / "model", old="1", shared="1")
    with pytest.raises(ValueError), atomic.replacing(tmp_path / "model") as temporary:
        fill(temporary, new="2")
        raise ValueError
    with atomic.replacing(tmp_path / "model") as temporary:
        fill(temporary, shared="2", new="2")
        assert tree(tmp_path / "model") == {"old": "1", "shared": "1"}
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    assert tree(tmp_path / "model") == {"shared": "2", "new": "2"}


def test_a_move_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    path.write_text("old")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        atomic.write_text(path, "new")
    assert tree(tmp_path) == {"x.txt": "old"}


def test_equal_values_give_equal_bytes(tmp_path):
    atomic.write_json(tmp_path / "a", {"b": [1, None], "a": "ü"})
    atomic.write_json(tmp_path / "b", {"a": "ü", "b": [1, None]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text(encoding="utf-8")) == {"a": "ü", "b": [1, None]}
    assert "ü" in (tmp_path / "a").read_text(encoding="utf-8")


def test_rows_are_read_as_they_were_written(tmp_path):
    rows = [{"a": "ü\u2028", "b": [1, None]}, {}]
    with refused(fix="snakemake"):
        atomic.read_jsonl(tmp_path / "rows.jsonl")
    atomic.write_jsonl(tmp_path / "rows.jsonl", rows)
    assert atomic.read_jsonl(tmp_path / "rows.jsonl") == rows
    (tmp_path / "empty.jsonl").touch()
    assert atomic.read_jsonl(tmp_path / "empty.jsonl") == []


@pytest.mark.parametrize("bad", [b'{"a": "to', b"\n", b'{"a": "\xff"}\n', b'["a"]\n'])
def test_a_torn_or_malformed_row_is_named_by_its_line(tmp_path, bad):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": "b"}\n' + bad)
    with refused(path, 2):
        atomic.read_jsonl(path)


def test_a_full_disk_is_named_whatever_the_writer_raises(tmp_path):
    class TensorError(Exception):
        pass

    with pytest.raises(OSError, match="model") as caught, atomic.replacing(tmp_path / "model") as temporary:
        temporary.write_bytes(b"half")
        raise TensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_job_left_behind_is_removed(tmp_path):
    left_over = tmp_path / ".model.0a1b2c3d.partial"
    left_over.mkdir()
    (left_over / "model.safetensors").write_bytes(b"half")
    with atomic.replacing(tmp_path / "model") as temporary:
        temporary.write_bytes(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_only_the_columns_wanted_are_kept(tmp_path):
    path = tmp_path / "rows.jsonl"
    atomic.write_jsonl(path, [{"a": 1, "b": 2, "c": 3}, {"a": 4, "c": 6}])
    assert atomic.read_columns(path, ["a"], {"b": 0}) == {"a": [1, 4], "b": [2, 0]}
    with refused(path, 2, "b"):
        atomic.read_columns(path, ["a", "b"])
    (tmp_path / "empty.jsonl").write_text("")
    assert atomic.read_columns(tmp_path / "empty.jsonl", ["a"]) == {"a": []}


def test_a_folder_that_a_killed_job_had_moved_aside_comes_back_where_no_new_one_stands(tmp_path):
    path, aside = tmp_path / "model", tmp_path / ".model.01234567.old"
    fill(aside, a="old")
    with pytest.raises(ValueError), atomic.replacing(path):
        raise ValueError
    assert tree(tmp_path) == {"model/a": "old"}
    fill(aside, a="older")
    with atomic.replacing(path) as temporary:
        fill(temporary, a="newer")
    assert tree(tmp_path) == {"model/a": "newer"}


def test_what_a_link_leads_to_is_replaced_not_the_link(tmp_path):
    fill(tmp_path / "disk", file="old")
    fill(tmp_path / "disk" / "model", old="1")
    (tmp_path / "folder").mkdir()
    for name, target in {
        "file": "../disk/file",
        "second": "file",
        "model": "../disk/model",
        "new": "../disk/new",
    }.items():
        (tmp_path / "folder" / name).symlink_to(target)
    atomic.write_text(tmp_path / "folder" / "second", "new")
    atomic.write_text(tmp_path / "folder" / "new", "made")
    with atomic.replacing(tmp_path / "folder" / "model") as temporary:
        fill(temporary, new="2")
    assert tree(tmp_path / "disk") == {"file": "new", "new": "made", "model/new": "2"}
    assert all(path.is_symlink() for path in (tmp_path / "folder").iterdir())
    assert len(list((tmp_path / "folder").iterdir())) == 4
