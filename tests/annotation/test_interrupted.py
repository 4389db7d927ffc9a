"""Two runs at the same time, and runs that are stopped: results are whole, and what was answered is used again."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import annotation_project
import pytest
import tiny_backbone as tiny_backbone_model
from annotation_project import GOOD, SECOND

from reasonome.annotation import lock
from reasonome.annotation.lock import only_process
from reasonome.core.errors import InputError

FOLDERS = [Path(lock.__file__).resolve().parents[2], Path(__file__).resolve().parents[1]]  # of the library and of tests
# Holds the folder until somebody ends it.
HOLDER = """
import sys, time
from pathlib import Path
from reasonome.annotation.lock import only_process
with only_process(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""
# These kill themselves, as the kernel does with who takes too much memory: after the first batch of answers, and with
# half of a table written.
ONE_BATCH = """
import os, signal
from reasonome.answering import local

def one_batch(*given, generate=local.generate, **more):
    yield next(iter(generate(*given, **more)))
    os.kill(os.getpid(), signal.SIGKILL)

local.generate = one_batch
"""
HALF_A_TABLE = """
import os, signal
from annotation_project import ByHand
from reasonome.core import atomic
from reasonome.annotation import annotate

def half(path, rows):
    with atomic.replacing(path) as temporary:
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)

annotate.write_answers = ByHand()
atomic.write_jsonl = half
"""
ANNOTATE = """
import sys
from reasonome.annotation.in_python import annotate_sets
annotate_sets(*sys.argv[1:], style="names", samples=1, batch_size=1, max_new_tokens=16)
"""
WRITTEN = ["annotations.html", "annotations.jsonl", "annotations.tsv", "answers.json", "answers.jsonl", "manifest.json"]
SETTINGS = {"style": "names", "samples": 1, "batch_size": 1, "max_new_tokens": 16}


def python(program: str, *given: str, **more) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, FOLDERS))}
    return subprocess.Popen([sys.executable, "-c", program, *given], env=environment, text=True, **more)


def test_a_second_run_is_told_which_process_holds_the_folder(annotating, by_hand):
    holder = python(HOLDER, str(annotating.out), stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"process {holder.pid} on .* writes results to this folder now") as error:
            annotating(annotating.file("mine.gmt", GOOD))
        assert error.value.file == annotating.out
        assert [file.name for file in annotating.out.iterdir()] == [".reasonome-annotate.lock"]
        assert by_hand.asked == []
    finally:
        holder.kill()
        holder.communicate()
    # The file is still there, and holds nobody back: its process is dead.
    assert (annotating.out / ".reasonome-annotate.lock").is_file()
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert record["name"] == "DNA repair"
    assert not (annotating.out / ".reasonome-annotate.lock").exists()


def test_a_folder_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="mine"), only_process(tmp_path / "out"):
        raise ValueError("mine")
    with only_process(tmp_path / "out"):
        assert (tmp_path / "out/.reasonome-annotate.lock").read_text().startswith(f"process {os.getpid()} on ")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_lock_that_its_holder_removes_in_between_is_not_taken_for_the_folders(tmp_path, monkeypatch):
    flock, seen = lock.fcntl.flock, []

    def removed_before(handle, how):
        if not seen:
            (tmp_path / ".reasonome-annotate.lock").unlink()
        seen.append(os.fstat(handle).st_ino)
        flock(handle, how)

    monkeypatch.setattr(lock.fcntl, "flock", removed_before)
    with only_process(tmp_path):
        assert len(seen) == 2
        assert (tmp_path / ".reasonome-annotate.lock").stat().st_ino == seen[1]


def test_a_file_system_without_locks_is_written_to_all_the_same(tmp_path, monkeypatch):
    def refuse(handle, how):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    with only_process(tmp_path):
        (tmp_path / "written").touch()
    assert [file.name for file in tmp_path.iterdir()] == ["written"]


def killed(annotating, program: str, model: str) -> list[str]:
    """Annotate in another process that is killed; the names of what it leaves."""
    given = [str(annotating.file("mine.gmt", GOOD + SECOND)), model, str(annotating.out)]
    run = python(program + ANNOTATE, *given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, told = run.communicate()
    assert run.returncode == -signal.SIGKILL, told
    return sorted(file.name for file in annotating.out.iterdir())


def test_after_a_kill_while_it_answers_the_finished_batches_are_used(annotating, backbone_model, monkeypatch):
    local = pytest.importorskip("reasonome.answering.local")
    folder = annotating.folder / "results/models/tiny/base"
    if not folder.exists():
        tiny_backbone_model.make(folder / "model", backbone_model)
        annotation_project.write_model_manifest(folder)
    assert killed(annotating, ONE_BATCH, "tiny/base") == [
        ".answers.jsonl.partial",
        ".reasonome-annotate.lock",
        "answers.json",
    ]
    (answered,) = (annotating.out / ".answers.jsonl.partial").read_text().splitlines()[1:]
    generate, skipped = local.generate, []

    def resumed(*given, skip, **more):
        skipped.append(set(skip))
        return generate(*given, skip=skip, **more)

    monkeypatch.setattr(local, "generate", resumed)
    records = annotating(annotating.out.parent / "mine.gmt", model="tiny/base", **SETTINGS)
    assert skipped == [{json.loads(answered)["batch"]}] == [{0}]
    (kept,) = json.loads(answered)["rows"]
    assert {record["id"]: record["samples"][0]["text"] for record in records}[kept["id"]] == kept["text"]
    assert sorted(file.name for file in annotating.out.iterdir()) == WRITTEN


def test_after_a_kill_while_it_writes_nothing_torn_stays_and_nothing_is_asked_again(annotating, by_hand):
    left = killed(annotating, HALF_A_TABLE, annotation_project.MODEL)
    (torn,) = [name for name in left if name.endswith(".partial")]
    # Under their own names files are whole; without a manifest they are not taken for finished.
    assert [name for name in left if name != torn] == [
        ".reasonome-annotate.lock",
        "annotations.tsv",
        "answers.json",
        "answers.jsonl",
    ]
    records = annotating(annotating.out.parent / "mine.gmt", **SETTINGS)
    assert [record["name"] for record in records] == ["DNA repair", "DNA repair"]
    assert by_hand.asked == []
    assert sorted(file.name for file in annotating.out.iterdir()) == WRITTEN
