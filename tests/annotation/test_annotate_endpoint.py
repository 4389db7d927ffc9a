"""Sets that a model behind an endpoint names: one that works, and one that misbehaves the way real ones do."""

import gzip

import pytest
from annotation_project import ANSWER, GOOD, SECOND
from misbehaving_endpoint import completion

from reasonome import cli
from reasonome.core.errors import InputError

SERVES = {"/v1/models": {"object": "list", "data": [{"id": "m1", "object": "model"}]}}
NAMED = (200, {}, completion(ANSWER))


def test_a_model_behind_an_endpoint_names_sets_and_what_it_cannot_give_is_left_empty(annotating, endpoint):
    server = endpoint(NAMED, pages=SERVES)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    assert record["name"] == "DNA repair" and record["standing"] == "confirmed"
    assert (record["confidence"], record["confidence_kind"]) == (None, "")
    page = (annotating.out / "annotations.html").read_text()
    assert f"Nothing was uploaded: the model answered on this machine, at {server.url}." in page
    assert "of style facts" in page  # what is known of the genes, for a model that was not trained here


def test_what_passes_is_asked_again(annotating, endpoint):
    server = endpoint((429, {}, "{}"), (500, {}, "{}"), "cut", "cut stream", NAMED, pages=SERVES)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    assert record["name"] == "DNA repair"
    assert len(server.requests) == 5


def test_a_refusal_is_told_and_what_was_answered_is_not_asked_again(annotating, endpoint):
    server = endpoint(NAMED, (400, {}, '{"error": {"message": "too long"}}'), NAMED, pages=SERVES)
    path = annotating.file("mine.gmt", GOOD + SECOND)
    with pytest.raises(InputError, match="answered 400: .*too long"):
        annotating(path, model=server.url)
    assert not (annotating.out / "manifest.json").exists()
    records = annotating(path, model=server.url)
    assert [record["name"] for record in records] == ["DNA repair", "DNA repair"]
    assert len(server.requests) == 3
    annotating(path, model=server.url)
    assert len(server.requests) == 3


def test_a_model_that_the_server_lacks_and_a_server_that_is_not_there(annotating, endpoint):
    server = endpoint(pages=SERVES)
    for model, message in (
        (f"{server.url}#m2", "serves no model 'm2'"),
        ("http://127.0.0.1:9/v1", "no server answers"),
    ):
        with pytest.raises(InputError, match=message):
            annotating(annotating.file("mine.gmt", GOOD), model=model)
    assert server.requests == [] and not annotating.out.exists()


def test_another_machine_is_asked_only_with_upload(annotating, monkeypatch):
    def connect(*_, **__):
        raise AssertionError("something was sent")

    monkeypatch.setattr("socket.socket.connect", connect)
    monkeypatch.setattr("socket.getaddrinfo", connect)
    path = annotating.file("mine.gmt", GOOD)
    with pytest.raises(InputError, match="1 prompt, at most .* would go to https://models.example.org/v1") as error:
        annotating(path, model="https://models.example.org/v1#big")
    assert "--upload" in error.value.fix and not (annotating.out / "manifest.json").exists()
    annotating(path, model=None)
    before = {file.name: file.read_bytes() for file in annotating.out.iterdir()}
    with pytest.raises(InputError, match="would go to"):
        annotating(path, model="https://models.example.org/v1#big")
    assert {file.name: file.read_bytes() for file in annotating.out.iterdir()} == before
    with pytest.raises(InputError, match="--model: https://models.example.org/v1 is another machine") as error:
        cli.main(["annotate", str(path), "--model", "https://models.example.org/v1", "--out", str(annotating.out)])


def test_a_gmt_of_ones_own_is_a_library(annotating, by_hand):
    library = annotating.file("hallmarks.gmt", "MY REPAIR\tna\tBRCA1\tBRCA2\tATM\tRAD51\tCHEK2\n")
    (record,) = annotating(annotating.file("mine.gmt", GOOD), libraries=[str(library)])
    assert {term["library"] for term in record["enriched"]} == {"GO BP", "hallmarks"}
    library.with_suffix(".gmt.gz").write_bytes(gzip.compress(library.read_bytes()))
    with pytest.raises(InputError, match="two libraries are called 'hallmarks'"):
        annotating(annotating.file("mine.gmt", GOOD), libraries=[str(library), str(library.with_suffix(".gmt.gz"))])
    with pytest.raises(InputError, match="there is no such file") as error:
        annotating(annotating.file("mine.gmt", GOOD), libraries=["nowhere.gmt"])
    assert error.value.field == "libraries"
