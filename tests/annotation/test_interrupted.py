"""Two runs at the same time, and runs that are stopped: results are whole, and what was answered is used again."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_backbone as tiny_backbone_model
from annotation_project import GOOD, SECOND

from reasonome.annotation import lock
from reasonome.annotation.lock import only_process
from reasonome.errors import InputError

SCRIPTS = Path(lock.__file__).resolve().parents[2]
# Holds the folder until somebody ends it.
HOLDER = """
import sys, time
from pathlib import Path
from reasonome.annotation.lock import only_process
with only_process(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""
# Kills itself, as the kernel does with who takes too much memory: after the first batch, or before the page is written.
KILLED = """
import os, signal, sys
from reasonome import cli
from reasonome.annotation import page
from reasonome.generation import local

def kill(*given):
    os.kill(os.getpid(), signal.SIGKILL)

def one_batch(*given, generate=local.generate, **more):
    yield next(iter(generate(*given, **more)))
    kill()

if sys.argv[1] == "answers":
    local.generate = one_batch
else:
    page.render_page = kill
cli.main(sys.argv[2:])
"""


def python(program: str, *given: str, **more) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    return subprocess.Popen([sys.executable, "-c", program, *given], env=environment, text=True, **more)


def test_a_second_run_is_told_which_process_holds_the_folder(annotating, by_hand):
    holder = python(HOLDER, str(annotating.out), stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"process {holder.pid} on .* writes results to this folder now") as error:
            annotating(annotating.file("mine.gmt", GOOD))
        assert error.value.file == annotating.out
        assert [file.name for file in annotating.out.iterdir()] == [".lock"]
        assert by_hand.asked == []
    finally:
        holder.kill()
        holder.communicate()
    # The file is still there, and holds nobody back: its process is dead.
    assert (annotating.out / ".lock").is_file()
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert record["name"] == "DNA repair"
    assert not (annotating.out / ".lock").exists()


def test_a_folder_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="mine"), only_process(tmp_path / "out"):
        raise ValueError("mine")
    with only_process(tmp_path / "out"):
        assert (tmp_path / "out/.lock").read_text().startswith(f"process {os.getpid()} on ")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_system_without_locks_is_written_to_all_the_same(tmp_path, monkeypatch):
    def refuse(handle, how):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    with only_process(tmp_path):
        (tmp_path / "written").touch()
    assert [file.name for file in tmp_path.iterdir()] == ["written"]


@pytest.fixture
def tiny_model(annotating, backbone_model) -> str:
    """A model of random weights that answers in a moment."""
    folder = annotating.folder / "results/models/tiny/base"
    if not folder.exists():
        tiny_backbone_model.make(folder / "model", backbone_model)
        (folder / "manifest.json").write_text('{"name": "tiny"}')
    return "tiny/base"


def killed(annotating, when: str, model: str) -> list[str]:
    """The names of what a killed run leaves."""
    command = ["annotate", str(annotating.file("mine.gmt", GOOD + SECOND)), "--model", model, "--style", "names"]
    run = python(KILLED, when, *command, "--samples", "17", "--out", str(annotating.out), stderr=subprocess.PIPE)
    _, told = run.communicate()
    assert run.returncode == -signal.SIGKILL, told
    return sorted(file.name for file in annotating.out.iterdir())


def test_after_a_kill_while_it_answers_the_finished_batches_are_used(annotating, tiny_model, monkeypatch):
    local = pytest.importorskip("reasonome.generation.local")
    assert killed(annotating, "answers", tiny_model) == [".answers.jsonl.partial", ".lock"]
    answered = (annotating.out / ".answers.jsonl.partial").read_text().splitlines()[1:]
    assert [json.loads(line)["batch"] for line in answered] == [0]
    generate, skipped = local.generate, []

    def resumed(*given, skip, **more):
        skipped.append(set(skip))
        return generate(*given, skip=skip, **more)

    monkeypatch.setattr(local, "generate", resumed)
    records = annotating(annotating.out.parent / "mine.gmt", model=tiny_model, samples=17, style="names")
    assert skipped == [{0}]
    assert [len(record["samples"]) for record in records] == [17, 17]
    kept = {row["text"] for line in answered for row in json.loads(line)["rows"]}
    assert kept <= {sample["text"] for record in records for sample in record["samples"]}
    assert len(list(annotating.out.iterdir())) == 6


def test_after_a_kill_while_it_writes_no_torn_file_stays_and_nothing_is_asked_again(
    annotating, tiny_model, monkeypatch
):
    left = killed(annotating, "page", tiny_model)
    # What stands there is whole, and without a manifest it is not taken for finished.
    assert left == [".lock", "annotations.jsonl", "annotations.tsv", "answers.json", "answers.jsonl"]
    assert len(annotating.records()) == 2

    def refuse(*given):
        raise AssertionError("the model was asked again")

    (annotating.out / ".annotations.html.0123abcd.partial").write_text("<html>torn")
    monkeypatch.setattr("reasonome.annotation.annotate.write_answers", refuse)
    annotating(annotating.out.parent / "mine.gmt", model=tiny_model, samples=17, style="names")
    written = sorted(file.name for file in annotating.out.iterdir())
    assert written == [
        *("annotations.html", "annotations.jsonl", "annotations.tsv", "answers.json", "answers.jsonl"),
        "manifest.json",
    ]
