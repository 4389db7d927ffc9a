"""Models that were changed or damaged since they were trained: refused with the file, before facts are read."""

import json
from pathlib import Path

import annotation_project
import pytest
from annotation_project import GOOD
from refusals import refused

from reasonome.answering.model_files import check_model
from reasonome.config.project.results import Results
from reasonome.core.manifest import folder_sha256

FILES = {"model.safetensors": "weights", "config.json": "{}", "tokenizer.json": "words"}
RESULTS = Results("results")
CHAIN = "pretrain.demo-s0+sft.names-s0"


@pytest.fixture
def model(tmp_path, monkeypatch) -> Path:
    """A trained model, and the one that it was made from."""
    monkeypatch.chdir(tmp_path)
    backbone = Path("results/models/mine")
    for name in ("base", CHAIN):
        folder = backbone / name / "model"
        folder.mkdir(parents=True)
        for file, text in FILES.items():
            (folder / file).write_text(text)
        (backbone / name / "manifest.json").write_text(json.dumps({"model": folder_sha256(folder)}))
    return backbone / CHAIN


def test_a_whole_model_is_one_also_with_other_files_beside(model):
    (model / "model/.snakemake_timestamp").touch()
    (model / "model/mine").mkdir()
    (model / "model/mine/config.json").write_text("{}")
    check_model(model, RESULTS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", "another"),
        ("config.json", None),
    ],
)
def test_a_file_that_is_not_that_of_the_manifest(model, name, content):
    path = model / "model" / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with refused(path, fix="remove"):
        check_model(model, RESULTS)


def test_a_file_that_would_be_loaded_too(model):
    path = model / "model/adapter_config.json"
    path.write_text("{}")
    with refused(path, fix="move it out of this folder"):
        check_model(model, RESULTS)
    path.unlink()
    check_model(model, RESULTS)


def test_a_base_model_is_fetched_again_not_trained(model):
    base = model.with_name("base")
    (base / "model/config.json").write_text("another")
    with refused(fix="remove results/models/mine/base and fetch it"):
        check_model(base, RESULTS)


def test_a_manifest_of_something_else(model):
    (model / "manifest.json").write_text("{}")
    with refused(fix="remove"):
        check_model(model, RESULTS)


def test_weights_that_were_swapped_are_neither_asked_nor_are_their_old_answers_used(annotating, by_hand, monkeypatch):
    path = annotating.file("mine.gmt", GOOD)
    annotating(path)
    before = folder_sha256(annotating.out)
    weights = annotating.folder / "results/models" / annotation_project.MODEL / "model/model.safetensors"
    weights.write_text("another model")
    monkeypatch.setattr("reasonome.apps.annotate.job.read_background", None)  # no terms are read for it
    try:
        with refused(fix="remove results/models/smollm2-135m/base and"):
            annotating(path)
    finally:
        weights.write_text("")
    assert folder_sha256(annotating.out) == before
