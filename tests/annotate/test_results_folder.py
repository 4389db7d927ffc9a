"""The folder of results: where it may not be, what is kept in it, and one process at a time."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import annotation_project
import pytest
from annotation_project import GOOD, SECOND
from refusals import refused

from reasonome.answering import results_folder
from reasonome.answering.results_folder import check_folder
from reasonome.apps.annotate.answers import NO_NAME
from reasonome.apps.annotate.job import RESULTS
from reasonome.core.manifest import file_sha256, folder_sha256

# of the library and of tests
FOLDERS = [Path(results_folder.__file__).resolve().parents[2], Path(__file__).resolve().parents[1]]
WRITTEN = ["annotations.html", "annotations.jsonl", "annotations.tsv", "answers.json", "answers.jsonl"]
WRITTEN += ["enrichment.tsv", "enrichment.xlsx", "figures", "identifiers.tsv", "manifest.json", "methods.txt"]


def files_in(folder) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# where it may not be


@pytest.fixture
def model(tmp_path):
    """A model's folder."""
    folder = tmp_path / "models/tiny/base"
    (folder / "model").mkdir(parents=True)
    (folder / "manifest.json").write_text('{"model": {}}')
    return folder


@pytest.mark.parametrize("place", [".", "model/new", "..", "../../../link"])
def test_the_models_folder_what_is_in_it_and_what_holds_it(model, tmp_path, place):
    (tmp_path / "link").symlink_to(model)
    with refused(field="--out", fix="give another folder, such as my_results"):
        check_folder(model / place, model, RESULTS)
    assert files_in(model) == ["manifest.json", "model"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("manifest.json", '{"model": {}, "step": "sft.names-s0"}'), ("annotations.tsv", "mine")],
)
def test_files_of_others_by_our_names(model, tmp_path, name, content):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text(content)
    with refused(tmp_path / "out", field="--out"):
        check_folder(tmp_path / "out", model, RESULTS)
    assert (tmp_path / "out" / name).read_text() == content


def test_files_by_other_names_and_what_a_killed_run_left_are_no_harm(model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("mine")
    check_folder(tmp_path / "out", model, RESULTS)
    (tmp_path / "out/annotations.tsv").write_text("old")
    (tmp_path / "out/answers.json").write_text('{"asked": null}')
    check_folder(tmp_path / "out", model, RESULTS)
    assert files_in(tmp_path / "out") == ["annotations.tsv", "answers.json", "notes.txt"]


# answers that are kept


DAMAGED = {
    "torn": ("answers.jsonl", lambda content: content[:-20], True),
    "edited": ("answers.jsonl", lambda content: content.replace(b"DNA", b"RNA"), True),
    "removed": ("answers.jsonl", None, False),
    "stamp torn": ("answers.json", lambda content: content[:-10], False),
}


@pytest.mark.parametrize(("name", "change", "told"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_answers_are_asked_for_again(annotating, by_hand, capsys, name, change, told):
    path = annotating.file("mine.gmt", GOOD + SECOND)
    first = annotating(path)
    whole = folder_sha256(annotating.out)
    if change is None:
        (annotating.out / name).unlink()
    else:
        (annotating.out / name).write_bytes(change((annotating.out / name).read_bytes()))
    assert annotating(path) == first
    assert ("was changed or damaged since it was written" in capsys.readouterr().out) is told
    assert len(by_hand.asked) == 2
    assert folder_sha256(annotating.out) == whole
    stamp = json.loads((annotating.out / "answers.json").read_text())
    assert stamp["sha256"] == file_sha256(annotating.out / "answers.jsonl")


@pytest.mark.parametrize("place", ["answers.annotate", "tables.write_tables", "page.render_page"])
def test_every_state_in_which_a_run_can_be_stopped_is_gone_on_with(annotating, by_hand, monkeypatch, place):
    path = annotating.file("mine.gmt", GOOD)
    annotating(path)

    def stop(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"reasonome.apps.annotate.{place}", stop)
        with pytest.raises(KeyboardInterrupt):
            annotating(path)
    nothing_written = place == "answers.annotate"  # so that the earlier results are whole
    assert (annotating.out / "manifest.json").exists() == nothing_written
    (record,) = annotating(path)
    assert record["name"] == "DNA repair"
    assert len(by_hand.asked) == 1


# one process at a time

# Holds the folder until somebody ends it.
HOLDER = """
import sys, time
from pathlib import Path
from reasonome.answering.results_folder import only_process
with only_process(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""
# Kills itself after the first batch of answers, as the kernel does with who takes too much memory.
ONE_BATCH = """
import os, signal, sys
from pathlib import Path
from reasonome.answering import local
from reasonome.answering.asked_model import find_model
from reasonome.apps.annotate import job
from reasonome.config.annotations import Annotation
from reasonome.tasks import load_project

def one_batch(*given, generate=local.generate, **more):
    yield next(iter(generate(*given, **more)))
    os.kill(os.getpid(), signal.SIGKILL)

local.generate = one_batch
sets, model, out = sys.argv[1:]
settings = Annotation(sets=[sets], batch_size=1, max_new_tokens=16)
project = load_project(Path("config"))
found = job.read_lists(project, settings)
job.annotate_lists(project, settings, found, find_model(project, model), Path(out), "a test")
"""


def python(program: str, *given: str, **more) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, FOLDERS))}
    return subprocess.Popen([sys.executable, "-c", program, *given], env=environment, text=True, **more)


@pytest.mark.slow
def test_a_second_run_is_told_that_the_folder_is_held(annotating, by_hand):
    holder = python(HOLDER, str(annotating.out), stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == "held\n"
        with refused(annotating.out, fix="wait until it ends, or give another folder"):
            annotating(annotating.file("mine.gmt", GOOD))
        assert files_in(annotating.out) == [".reasonome.lock"]
        assert by_hand.asked == []
    finally:
        holder.kill()
        holder.communicate()
    # The file is still there, and holds nobody back: its process is dead.
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert record["name"] == "DNA repair"
    assert files_in(annotating.out) == WRITTEN


@pytest.mark.slow
def test_after_a_kill_while_it_answers_the_finished_batches_are_used(annotating, tiny_backbone, monkeypatch):
    local = pytest.importorskip("reasonome.answering.local")
    folder = annotating.folder / "results/models/tiny/base"
    if not folder.exists():
        shutil.copytree(tiny_backbone, folder / "model")
        annotation_project.write_model_manifest(folder)
    given = [str(annotating.file("mine.gmt", GOOD + SECOND)), "tiny/base", str(annotating.out)]
    run = python(ONE_BATCH, *given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, told = run.communicate()
    assert run.returncode == -signal.SIGKILL, told
    assert files_in(annotating.out) == [".answers.jsonl.partial", ".reasonome.lock", "answers.json"]
    (answered,) = (annotating.out / ".answers.jsonl.partial").read_text().splitlines()[1:]
    generate, skipped = local.generate, []

    def resumed(*given, skip, **more):
        skipped.append(set(skip))
        return generate(*given, skip=skip, **more)

    monkeypatch.setattr(local, "generate", resumed)
    settings = {"batch_size": 1, "max_new_tokens": 16}
    records = annotating(annotating.out.parent / "mine.gmt", model="tiny/base", **settings)
    assert skipped == [{json.loads(answered)["batch"]}] == [{0}]
    (kept,) = json.loads(answered)["rows"]
    assert {record["id"]: record["answer"] for record in records}[kept["id"]] == kept["text"]
    assert files_in(annotating.out) == WRITTEN
    # A model of random weights names nothing, and says so; what tests find does not need it.
    assert records[0]["name"] == "" and NO_NAME in records[0]["flags"]
    assert records[0]["enriched"][0]["name"] == "DNA repair"
