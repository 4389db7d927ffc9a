"""Sets that a model behind an endpoint names: one that works, and one that misbehaves the way real ones do."""

import gzip
import json
from pathlib import Path

import pytest
from annotation_project import ANSWER, GOOD, SECOND
from misbehaving_endpoint import completion
from refusals import refused

from reasonome import cli
from reasonome.core.manifest import folder_sha256

pytestmark = pytest.mark.slow

SERVES = {"/v1/models": {"object": "list", "data": [{"id": "m1", "object": "model"}]}}
NAMED = (200, {}, completion(ANSWER))


def test_a_model_behind_an_endpoint_names_sets_and_what_it_cannot_give_is_left_empty(annotating, endpoint):
    server = endpoint(NAMED, pages=SERVES)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    assert record["name"] == "DNA repair" and record["name_is_term"]
    page = (annotating.out / "annotations.html").read_text()
    assert f"Nothing was uploaded: the model answered on this machine, at {server.url}." in page


def test_a_refusal_is_told_and_what_was_answered_is_not_asked_again(annotating, endpoint):
    server = endpoint(NAMED, (400, {}, '{"error": {"message": "too long"}}'), NAMED, pages=SERVES)
    path = annotating.file("mine.gmt", GOOD + SECOND)
    with refused(fix="annotate: --top 50"):
        annotating(path, model=server.url)
    assert not (annotating.out / "manifest.json").exists()
    records = annotating(path, model=server.url)
    assert [record["name"] for record in records] == ["DNA repair", "DNA repair"]
    assert len(server.requests) == 3
    annotating(path, model=server.url)
    assert len(server.requests) == 3


def body(message, reason="stop"):
    return (200, {}, json.dumps({"choices": [{"message": message, "finish_reason": reason}]}))


@pytest.mark.parametrize(
    ("message", "paragraph"),
    [
        (
            {"content": f"<think>\nThey look like\nProcess: cell cycle\n</think>\n\n{ANSWER}"},
            "BRCA1 takes part in DNA repair.",
        ),
        ({"content": "", "reasoning": f"They repair DNA.\n{ANSWER}"}, "They repair DNA."),
    ],
    ids=["tags", "field"],
)
def test_a_reasoning_models_answer_is_read(annotating, endpoint, capsys, message, paragraph):
    server = endpoint(body(message), pages=SERVES)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    assert record["name"] == "DNA repair"
    assert "".join(part["text"] for part in record["paragraph"]).endswith(paragraph)
    said = "1 of 1 answers stood in the server's field `reasoning`, and are read there"
    assert (said in capsys.readouterr().out) == ("reasoning" in message)


def test_a_model_that_the_server_lacks_and_a_server_that_is_not_there(annotating, endpoint):
    server = endpoint(pages=SERVES)
    for model, fix in ((f"{server.url}#m2", "valid names: m1"), ("http://127.0.0.1:9/v1", "start it")):
        with refused(field="--model", fix=fix):
            annotating(annotating.file("mine.gmt", GOOD), model=model)
    assert server.requests == [] and not annotating.out.exists()


def test_another_machine_is_asked_only_with_upload(annotating, monkeypatch):
    def connect(*_, **__):
        raise AssertionError("something was sent")

    monkeypatch.setattr("socket.socket.connect", connect)
    monkeypatch.setattr("socket.getaddrinfo", connect)
    path = annotating.file("mine.gmt", GOOD)
    with refused(fix="add --upload if this may leave your machine"):
        annotating(path, model="https://models.example.org/v1#big")
    assert not (annotating.out / "manifest.json").exists()
    annotating(path, model=None)
    before = folder_sha256(annotating.out)
    with refused(fix="add --upload if this may leave your machine"):
        annotating(path, model="https://models.example.org/v1#big")
    assert folder_sha256(annotating.out) == before
    with refused(fix="add --upload if the genes may leave your"):
        cli.main(["annotate", str(path), "--model", "https://models.example.org/v1", "--out", str(annotating.out)])


def test_a_gmt_of_ones_own_is_a_library(annotating, by_hand):
    library = annotating.file("hallmarks.gmt", "MY REPAIR\tna\tBRCA1\tBRCA2\tATM\tRAD51\tCHEK2\n")
    (record,) = annotating(annotating.file("mine.gmt", GOOD), libraries=[str(library)])
    assert {term["library"] for term in record["enriched"]} == {"GO BP", "Reactome", "hallmarks"}
    for only in ([str(library)], ["GO BP"]):
        (record,) = annotating(annotating.file("mine.gmt", GOOD), only_libraries=only)
        assert [term["library"] for term in record["enriched"]] == [Path(only[0]).stem]
    library.with_suffix(".gmt.gz").write_bytes(gzip.compress(library.read_bytes()))
    with refused(fix="rename one of the files"):
        annotating(annotating.file("mine.gmt", GOOD), libraries=[str(library), str(library.with_suffix(".gmt.gz"))])
    for name in ("nowhere.gmt", str(library.rename(library.with_name("GO BP.gmt")))):
        with refused(field="libraries"):
            annotating(annotating.file("mine.gmt", GOOD), libraries=[name])
