"""Batches of generation, and the file that keeps finished ones."""

import json

import pytest

from reasonome.generation.answers import PartialAnswers
from reasonome.generation.local import batches


def test_batches_hold_prompts_of_like_length_longest_first():
    assert batches([5, 9, 5, 7, 1], 2) == [[1, 3], [0, 2], [4]]
    assert batches([], 4) == []


def rows(*names):
    return [{"position": i, "id": name} for i, name in enumerate(names)]


def test_finished_batches_are_read_back_and_a_torn_line_is_dropped(tmp_path):
    target = tmp_path / "greedy.jsonl"
    with pytest.raises(RuntimeError), PartialAnswers(target, "digest") as partial:
        partial.add(0, rows("a", "b"))
        partial.add(1, rows("c"))
        raise RuntimeError("killed")
    kept = tmp_path / ".greedy.jsonl.partial"
    with open(kept, "ab") as handle:
        handle.write('{"batch": 2, "rows": [{"id": "β'.encode()[:-1])
    again = PartialAnswers(target, "digest")
    assert {number: [row["id"] for row in batch] for number, batch in again.batches.items()} == {
        0: ["a", "b"],
        1: ["c"],
    }
    with again as partial:
        partial.add(2, rows("d"))
        assert [json.loads(line)["batch"] for line in kept.read_text().splitlines()[1:]] == [0, 1, 2]
    assert not kept.exists(), "a finished job needs it no more"


def test_another_job_starts_afresh(tmp_path):
    target = tmp_path / "greedy.jsonl"
    with pytest.raises(RuntimeError), PartialAnswers(target, "old") as partial:
        partial.add(0, rows("a"))
        raise RuntimeError("killed")
    assert PartialAnswers(target, "new").batches == {}


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    import errno
    import os

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with (
        pytest.raises(OSError, match="greedy.jsonl.partial"),
        PartialAnswers(tmp_path / "greedy.jsonl", "d") as partial,
    ):
        monkeypatch.setattr(os, "fsync", full)
        partial.add(0, rows("a"))


def test_a_line_that_a_power_cut_left_ends_what_is_read_back(tmp_path):
    kept = tmp_path / ".greedy.jsonl.partial"
    kept.write_bytes(b'digest\n{"batch": 0, "rows": []}\n' + bytes(20) + b'\n{"batch": 2, "rows": []}\n')
    assert PartialAnswers(tmp_path / "greedy.jsonl", "digest").batches == {0: []}
