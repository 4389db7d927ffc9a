"""Sets that a model behind an endpoint names: one that works, and one that misbehaves the way real ones do."""

import gzip
import json
import re
from pathlib import Path

import pytest
from annotation_project import ANSWER, GOOD, SECOND
from misbehaving_endpoint import completion

from reasonome import cli

pytestmark = pytest.mark.slow

SERVES = {"/v1/models": {"object": "list", "data": [{"id": "m1", "object": "model"}]}}
NAMED = (200, {}, completion(ANSWER))


def test_a_model_behind_an_endpoint_names_sets_and_what_it_cannot_give_is_left_empty(annotating, endpoint):
    server = endpoint(NAMED, pages=SERVES)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    assert record["name"] == "DNA repair" and record["standing"] == "same"
    assert (record["confidence"], record["confidence_kind"]) == (None, "")
    page = (annotating.out / "annotations.html").read_text()
    assert f"Nothing was uploaded: the model answered on this machine, at {server.url}." in page
    assert "of style facts" in page  # what is known of the genes, for a model that was not trained here


def test_what_passes_is_asked_again(annotating, endpoint):
    server = endpoint((429, {}, "{}"), (500, {}, "{}"), "cut", "cut stream", NAMED, pages=SERVES)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    assert record["name"] == "DNA repair"
    assert len(server.requests) == 5


def test_a_refusal_is_told_and_what_was_answered_is_not_asked_again(annotating, endpoint, refused):
    server = endpoint(NAMED, (400, {}, '{"error": {"message": "too long"}}'), NAMED, pages=SERVES)
    path = annotating.file("mine.gmt", GOOD + SECOND)
    with refused():
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
    "message",
    [
        {"content": f"<think>\nThey look like\nProcess: cell cycle\n</think>\n\n{ANSWER}"},
        {"content": f"They look like repair.\n</think>\n\n```\n{ANSWER}\n```<|im_end|>"},
        {"content": ANSWER.replace("Process:", "## Process:")},
        {"content": "", "reasoning": f"They repair DNA.\n{ANSWER}"},
    ],
)
def test_a_reasoning_models_answer_is_read(annotating, endpoint, capsys, message):
    server = endpoint(body(message), pages=SERVES)
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    assert (record["name"], record["problems"]) == ("DNA repair", [])
    assert record["reasoning"] == "BRCA1 takes part in DNA repair."
    said = "1 of 1 answers stood in the server's field `reasoning`, and are read there"
    assert (said in capsys.readouterr().out) == ("reasoning" in message)


def test_no_choice_at_all_ended_at_its_limit_and_an_error_is_told_at_once(annotating, endpoint, refused):
    spent = {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 512}}
    server = endpoint((200, {}, json.dumps(spent)), pages=SERVES)
    path = annotating.file("mine.gmt", GOOD)
    (record,) = annotating(path, model=server.url)
    assert "1 of 1 answers ended at their limit of tokens: raise --max-new-tokens" in record["flags"]
    limit = {"error": {"message": "Rate limit exceeded: free-models-per-day", "code": 429}}
    server = endpoint((200, {}, json.dumps(limit)), pages=SERVES)
    with refused():
        annotating(path, model=server.url)
    assert len(server.requests) == 1


def test_a_model_behind_an_endpoint_has_room_to_think_and_the_option_that_the_flag_names(annotating, endpoint):
    server = endpoint(*[body({"content": None, "reasoning": "Okay, these"}, "length")] * 2, pages=SERVES)
    path = annotating.file("mine.gmt", GOOD)
    (record,) = annotating(path, model=server.url)
    assert server.requests[0][2]["max_tokens"] == 160 + 4096
    assert "1 of 1 answers ended at their limit of tokens: raise --max-new-tokens" in record["flags"]
    words = ["annotate", str(path), "--model", server.url, "--samples", "1", "--out", str(annotating.out)]
    assert cli.main([*words, "--max-new-tokens", "9000"]) == 0
    assert server.requests[1][2]["max_tokens"] == 9000


def test_a_refusal_names_options_that_the_command_has(annotating, endpoint, capsys, refused):
    told = "request (5321 tokens) exceeds the available context size (4096 tokens), try increasing it"
    server = endpoint((400, {}, json.dumps({"error": {"code": 400, "message": told}})), pages=SERVES)
    with refused() as error:
        annotating(annotating.file("mine.gmt", GOOD), model=server.url)
    options = set(re.findall(r"--[\w-]+", error.value.fix))
    with pytest.raises(SystemExit):
        cli.main(["annotate", "--help"])
    assert options == {"--max-new-tokens", "--style", "--model"} and "teachers.yaml" not in error.value.fix
    assert options <= set(re.findall(r"--[\w-]+", capsys.readouterr().out))


def test_a_model_that_the_server_lacks_and_a_server_that_is_not_there(annotating, endpoint, refused):
    server = endpoint(pages=SERVES)
    for model in (f"{server.url}#m2", "http://127.0.0.1:9/v1"):
        with refused():
            annotating(annotating.file("mine.gmt", GOOD), model=model)
    assert server.requests == [] and not annotating.out.exists()


def test_another_machine_is_asked_only_with_upload(annotating, monkeypatch, refused):
    def connect(*_, **__):
        raise AssertionError("something was sent")

    monkeypatch.setattr("socket.socket.connect", connect)
    monkeypatch.setattr("socket.getaddrinfo", connect)
    path = annotating.file("mine.gmt", GOOD)
    with refused():
        annotating(path, model="https://models.example.org/v1#big")
    assert not (annotating.out / "manifest.json").exists()
    annotating(path, model=None)
    before = {file.name: file.read_bytes() for file in annotating.out.iterdir()}
    with refused():
        annotating(path, model="https://models.example.org/v1#big")
    assert {file.name: file.read_bytes() for file in annotating.out.iterdir()} == before
    with refused():
        cli.main(["annotate", str(path), "--model", "https://models.example.org/v1", "--out", str(annotating.out)])


def test_a_gmt_of_ones_own_is_a_library(annotating, by_hand, refused):
    library = annotating.file("hallmarks.gmt", "MY REPAIR\tna\tBRCA1\tBRCA2\tATM\tRAD51\tCHEK2\n")
    (record,) = annotating(annotating.file("mine.gmt", GOOD), libraries=[str(library)])
    assert {term["library"] for term in record["enriched"]} == {"GO BP", "Reactome", "hallmarks"}
    for only in ([str(library)], ["GO BP"]):
        (record,) = annotating(annotating.file("mine.gmt", GOOD), only_libraries=only)
        assert [term["library"] for term in record["enriched"]] == [Path(only[0]).stem]
    library.with_suffix(".gmt.gz").write_bytes(gzip.compress(library.read_bytes()))
    with refused():
        annotating(annotating.file("mine.gmt", GOOD), libraries=[str(library), str(library.with_suffix(".gmt.gz"))])
    for name in ("nowhere.gmt", str(library.rename(library.with_name("GO BP.gmt")))):
        with refused(field="libraries"):
            annotating(annotating.file("mine.gmt", GOOD), libraries=[name])
