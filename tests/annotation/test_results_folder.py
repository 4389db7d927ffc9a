"""Folders that results may not be written to: each is refused before anything is asked, and stays as it was."""

import json
import os
import shutil

import annotation_project
import pytest
from annotation_project import GOOD

from reasonome import cli
from reasonome.annotation.results_folder import RESULTS, check_folder
from reasonome.core.errors import InputError


@pytest.fixture
def model(tmp_path):
    """A model's folder."""
    folder = tmp_path / "models/tiny/base"
    (folder / "model").mkdir(parents=True)
    (folder / "manifest.json").write_text('{"model": {}}')
    return folder


def refused(out, model, message: str) -> InputError:
    with pytest.raises(InputError, match=message) as error:
        check_folder(out, model)
    assert error.value.field == "--out"
    assert error.value.file == out
    assert "give another folder" in error.value.fix
    return error.value


@pytest.mark.parametrize(
    ("place", "how"),
    [
        (".", "is"),
        ("model", "lies in"),
        ("model/new", "lies in"),
        ("new", "lies in"),
        ("..", "holds"),
        ("../..", "holds"),
        ("../base/../base", "is"),
    ],
)
def test_the_models_folder_what_is_in_it_and_what_holds_it(model, place, how):
    refused(model / place, model, f"this {how} the folder of the model")
    assert [file.name for file in sorted(model.iterdir())] == ["manifest.json", "model"]


def test_a_link_to_the_models_folder(model, tmp_path):
    (tmp_path / "link").symlink_to(model)
    refused(tmp_path / "link", model, "this is the folder of the model")


def test_a_models_manifest_survives_a_run_that_is_told_to_write_there(annotating, by_hand):
    folder = annotating.folder / "results/models" / annotation_project.MODEL
    before = (folder / "manifest.json").read_bytes()
    path = str(annotating.file("mine.gmt", GOOD))
    with pytest.raises(InputError, match="this is the folder of the model"):
        cli.main(["annotate", path, "--model", annotation_project.MODEL, "--out", str(folder)])
    assert (folder / "manifest.json").read_bytes() == before
    assert sorted(file.name for file in folder.iterdir()) == ["manifest.json", "model"]


@pytest.mark.parametrize("content", ['{"model": {}, "step": "sft.names-s0"}', "[]", "{", ""])
def test_a_manifest_that_is_not_of_an_annotation(model, tmp_path, content):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text(content)
    refused(tmp_path / "out", model, "manifest.json in this folder is not of an annotation")
    assert (tmp_path / "out/manifest.json").read_text() == content


@pytest.mark.parametrize("name", [name for name in RESULTS if name != "manifest.json"])
def test_files_of_others_by_our_names(model, tmp_path, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    refused(tmp_path / "out", model, f"{name} in this folder is not of an earlier annotation, and would be replaced")
    assert (tmp_path / "out" / name).read_text() == "mine"


def test_files_by_other_names_are_nobodys_business(model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("mine")
    check_folder(tmp_path / "out", model)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", [*RESULTS, ".answers.jsonl.partial", ".reasonome-annotate.lock"])
def test_a_folder_where_a_file_of_results_should_be(model, tmp_path, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    refused(tmp_path / "out", model, f"a folder is called {name}")


def test_what_a_run_that_was_killed_left_is_ours(model, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "annotations.tsv").write_text("old")
    (out / "answers.json").write_text('{"asked": null}')
    check_folder(out, model)
    (out / "answers.json").unlink()
    (out / ".answers.jsonl.partial").write_text("digest\n")
    check_folder(out, model)


def test_every_state_in_which_a_run_can_be_killed_is_gone_on_with(annotating, by_hand, monkeypatch):
    path = annotating.file("mine.gmt", GOOD)
    annotating(path)

    def stop(*given):
        raise KeyboardInterrupt

    for place in ("annotate.annotate", "tables.write_tables", "page.write_page"):
        with monkeypatch.context() as patched:
            patched.setattr(f"reasonome.annotation.{place}", stop)
            with pytest.raises(KeyboardInterrupt):
                annotating(path)
        assert not (annotating.out / "manifest.json").exists()
    (record,) = annotating(path)
    assert record["name"] == "DNA repair"
    assert len(by_hand.asked) == 1


def test_places_in_which_there_can_be_no_folder(model, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for out, message in [
        (tmp_path / "file/below", "Not a directory"),
        (tmp_path / "link", "this is a link to nothing"),
        (tmp_path / "link/below", "File exists|No such file"),
        (tmp_path / ("x" * 300), "File name too long"),
        (tmp_path / "new" / ("x" * 300), "File name too long"),
    ]:
        refused(out, model, message)
    assert not (tmp_path / "new").exists() and not (tmp_path / "nothing").exists()
    refused(tmp_path / "file", model, "this is a file, and results need a folder")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc")
def test_a_folder_of_the_kernels(model):
    refused(model.__class__("/proc/mine"), model, "results cannot be written here")


def test_a_place_that_may_only_be_read_is_told_with_the_option(model, tmp_path, monkeypatch):
    def refuse(*given, **more):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("reasonome.annotation.results_folder.tempfile.TemporaryFile", refuse)
    assert "in which you may write" in refused(tmp_path / "out", model, "Permission denied").fix
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", ["", "  "])
def test_no_name_at_all(annotating, out):
    with pytest.raises(InputError, match="there is no name of a folder") as error:
        cli.main(["annotate", "mine.gmt", "--model", annotation_project.MODEL, "--out", out])
    assert error.value.field == "--out"


def test_an_older_folder_of_annotations_is_replaced(annotating, by_hand):
    path = annotating.file("mine.gmt", GOOD)
    annotating(path)
    for name in ("answers.json", "answers.jsonl"):
        (annotating.out / name).unlink()
    annotating(path)
    assert len(by_hand.asked) == 2
    assert "settings" in json.loads((annotating.out / "manifest.json").read_text())
    shutil.rmtree(annotating.out)
