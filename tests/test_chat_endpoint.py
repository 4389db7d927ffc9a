"""The client of chat endpoints against a local one that misbehaves the way real ones do."""

import json
import logging
import traceback

import pytest
from misbehaving_endpoint import GOOD, KEY, KEY_VARIABLE, completion
from pydantic import ValidationError
from refusals import refused

from reasonome.answering import chat_endpoint
from reasonome.answering.chat_endpoint import ApiAnswer, Question, cost, is_local, served_models, token_totals, unasked
from reasonome.config.backbones import Endpoint, Price


def settings(server, **changes):
    values = {"model": "m1", "base_url": server.url, "api_key_variable": KEY_VARIABLE, "timeout_seconds": 5}
    return Endpoint(**values | changes)


def questions(*texts):
    return {f"GO:{n}": Question([{"role": "user", "content": text}]) for n, text in enumerate(texts)}


def ask(settings, questions, cache, **parameters):
    return chat_endpoint.ask(settings, {"model": settings.model, **parameters}, questions, cache)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


# --- good answers, bad endpoints ---------------------------------------------------------------------


def test_answers_are_returned_cached_and_not_asked_again(endpoint, tmp_path, monkeypatch):
    server, cache = endpoint(), tmp_path / "new" / "cache.jsonl"
    first = ask(settings(server), questions("a", "b"), cache, temperature=0.0)
    assert list(first) == ["GO:0", "GO:1"]
    assert first["GO:1"] == ApiAnswer("answer to b", "stop", 11, 5)
    assert token_totals(first.values()) == {"prompt_tokens": 22, "completion_tokens": 10}
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "m1",
        "messages": [{"role": "user", "content": server.asked[0]}],
        "temperature": 0.0,
    }

    monkeypatch.delenv(KEY_VARIABLE)
    assert ask(settings(server), questions("a", "b"), cache, temperature=0.0) == first, "without a key"
    assert len(server.requests) == 2
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    ask(settings(server), questions("a", "b", "c"), cache, temperature=0.0)
    assert server.asked[2:] == ["c"]
    ask(settings(server), questions("a"), cache, temperature=0.5)  # another question altogether
    assert len(server.requests) == 4 and len(lines(cache)) == 4


def test_another_endpoint_is_asked_again(endpoint, tmp_path):
    first, second, cache = endpoint(), endpoint((200, {}, completion("another model"))), tmp_path / "cache.jsonl"
    assert ask(settings(first), questions("a"), cache)["GO:0"].text == "answer to a"
    assert ask(settings(second), questions("a"), cache)["GO:0"].text == "another model"
    for version in ("2024-10-21", "2025-01-01", "2025-01-01"):
        ask(settings(first, api_version=version), questions("a"), cache)
    assert ask(settings(first), questions("a"), cache)["GO:0"].text == "answer to a"
    assert (len(first.requests), len(second.requests)) == (3, 1)


def test_without_base_url_the_key_goes_to_openai_alone(endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint().url)  # a variable that the SDK would obey
    client = chat_endpoint._Client(Endpoint(model="m1", api_key_variable=KEY_VARIABLE), {}, tmp_path / "cache.jsonl")
    assert str(client.sdk.base_url) == "https://api.openai.com/v1/"


def test_equal_messages_are_asked_once_a_sample(endpoint, tmp_path):
    server, cache = endpoint(), tmp_path / "cache.jsonl"
    answers = ask(settings(server), questions("a", "a", "b"), tmp_path / "other.jsonl")
    assert answers["GO:0"] == answers["GO:1"] != answers["GO:2"]
    assert server.answered == {"a": 1, "b": 1}

    server = endpoint()
    samples = {str(n): Question([{"role": "user", "content": "a"}], sample=n) for n in range(3)}
    assert len(unasked(settings(server), {"model": "m1"}, samples.values(), cache)) == 3
    ask(settings(server), samples, cache)
    assert server.answered == {"a": 3} and len(lines(cache)) == 3
    assert unasked(settings(server), {"model": "m1"}, samples.values(), cache) == []
    ask(settings(server), samples, cache)
    assert server.answered == {"a": 3}


@pytest.mark.parametrize(
    ("script", "requests"),
    [
        ([(429, {"Retry-After": "0"}, "{}"), (500, {}, "oops")], 3),
        ([(503, {}, ""), (502, {}, "<html>")], 3),
        (["cut"], 2),
    ],
    ids=[
        "429 then 500",
        "503 then 502",
        "cut connection",
    ],
)
def test_a_passing_failure_is_retried(endpoint, tmp_path, script, requests):
    server, cache = endpoint(*script), tmp_path / "cache.jsonl"
    answers = ask(settings(server), questions("a"), cache)
    assert answers == {"GO:0": ApiAnswer("answer to a", "stop", 11, 5)}
    assert len(server.requests) == requests and len(lines(cache)) == 1


def test_a_slow_answer_times_out_and_is_asked_again(endpoint, tmp_path):
    server = endpoint(1.0)
    answers = ask(settings(server, timeout_seconds=0.3), questions("a"), tmp_path / "cache.jsonl")
    assert answers["GO:0"].text == "answer to a" and len(server.requests) == 2


@pytest.mark.slow
def test_retry_after_is_honoured(endpoint, tmp_path):
    server = endpoint((429, {"Retry-After": "1"}, "{}"))
    ask(settings(server), questions("a"), tmp_path / "cache.jsonl")
    assert server.times[1] - server.times[0] >= 1.0  # the back-off alone would be 0.01 s


def test_concurrency_is_bounded_and_used(endpoint, tmp_path):
    server = endpoint(*[0.1] * 9)
    ask(settings(server, concurrency=3), questions(*"abcdefghi"), tmp_path / "cache.jsonl")
    assert server.most_busy == 3


def test_usage_and_content_may_be_missing(endpoint, tmp_path):
    none = '{"choices": [{"message": {"content": null}, "finish_reason": "length"}], "usage": null}'
    half = completion("b", usage={"prompt_tokens": 7, "completion_tokens": None})
    filtered = completion(None, "content_filter", usage={"completion_tokens": 5})
    server = endpoint((200, {}, none), (200, {}, half), (200, {}, filtered))
    answers = ask(settings(server, concurrency=1), questions("a", "b", "c"), tmp_path / "cache.jsonl")
    assert list(answers.values()) == [
        ApiAnswer("", "length", 0, 0),
        ApiAnswer("b", "stop", 7, 0),
        ApiAnswer("", "content_filter", 0, 5),
    ]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_a_text_that_stands_in_the_field_for_reasoning_is_read(endpoint, tmp_path, field):
    def body(content, reason):
        choice = {
            "message": {"content": content, field: "They repair DNA.\nProcess: DNA repair"},
            "finish_reason": reason,
        }
        return (200, {}, json.dumps({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}))

    server = endpoint(body("", "stop"), body(None, "length"), body("Process: x", "stop"))
    answers = ask(settings(server, concurrency=1), questions("a", "b", "c"), tmp_path / "cache.jsonl")
    assert list(answers.values()) == [
        ApiAnswer("They repair DNA.\nProcess: DNA repair", "stop", 9, 4, in_reasoning=True),
        ApiAnswer("", "length", 9, 4),  # thinking that was cut off is no answer
        ApiAnswer("Process: x", "stop", 9, 4),
    ]
    assert ask(settings(server), questions("a", "b", "c"), tmp_path / "cache.jsonl") == answers


def test_half_an_emoji_is_an_answer_and_is_not_paid_for_again(endpoint, tmp_path):
    server, cache = endpoint((200, {}, completion("repair \ud83d"))), tmp_path / "cache.jsonl"
    answers = ask(settings(server), questions("a"), cache)
    assert answers["GO:0"].text == "repair \ufffd"
    assert ask(settings(server), questions("a"), cache) == answers and len(server.requests) == 1


def test_the_model_that_answered_and_the_time_it_took_are_kept(endpoint, tmp_path):
    server, cache = endpoint((200, {}, completion("b", model="m1-2024-08-06"))), tmp_path / "cache.jsonl"
    ask(settings(server), questions("a"), cache)
    (line,) = lines(cache)
    assert line["model"] == "m1" and line["answer"]["model"] == "m1-2024-08-06" and line["answer"]["seconds"] > 0


def test_azure(endpoint, tmp_path):
    server = endpoint()
    azure = settings(server, base_url=server.url.removesuffix("/v1"), api_version="2024-10-21")
    assert ask(azure, questions("a"), tmp_path / "cache.jsonl")["GO:0"].text == "answer to a"
    path, headers, _ = server.requests[0]
    assert path == "/openai/deployments/m1/chat/completions?api-version=2024-10-21"
    assert headers["api-key"] == KEY


def test_azure_refusing_one_prompt_does_not_stop_the_run(endpoint, tmp_path):
    refusal = '{"error": {"code": "content_filter", "message": "filtered"}}'
    server, cache = endpoint((400, {}, refusal)), tmp_path / "cache.jsonl"
    answers = ask(settings(server, concurrency=1), questions("a", "b"), cache)
    assert [answer.finish_reason for answer in answers.values()] == ["content_filter", "stop"]
    assert ask(settings(server), questions("a", "b"), cache) == answers and len(server.requests) == 2


# --- interrupted runs --------------------------------------------------------------------------------


def test_answers_under_way_when_the_endpoint_refuses_are_kept(endpoint, tmp_path):
    server, cache = endpoint(0.4, 0.4, (401, {}, "{}")), tmp_path / "cache.jsonl"
    with refused():
        ask(settings(server, concurrency=3), questions(*"abcdef"), cache)
    assert len(server.requests) == 3 and len(lines(cache)) == 2, "no new question after the refusal"
    ask(settings(server, concurrency=3), questions(*"abcdef"), cache)
    assert server.answered == dict.fromkeys("abcdef", 1)


def test_much_goes_wrong_and_nothing_is_lost_or_answered_twice(endpoint, tmp_path):
    """Sixty questions, two runs, failures of every kind on the way, one of them for good."""
    trouble = [(429, {"Retry-After": "0"}, "{}"), (500, {}, "x"), "cut"]
    trouble += [(502, {}, "<html>"), GOOD, GOOD, 0.05] * 3
    server, cache = endpoint(*trouble, *[GOOD] * 20, (403, {}, "{}"), *trouble), tmp_path / "cache.jsonl"
    asked = questions(*(f"question {n}" for n in range(60)))
    with refused():
        ask(settings(server), asked, cache)
    before = len(lines(cache))
    assert 0 < before < 60 and sum(server.answered.values()) == before
    answers = ask(settings(server), asked, cache)
    assert [answer.text for answer in answers.values()] == [f"answer to question {n}" for n in range(60)]
    assert server.answered == {f"question {n}": 1 for n in range(60)} and len(lines(cache)) == 60


def test_a_torn_last_line_is_dropped_and_asked_again(endpoint, tmp_path):
    server, cache = endpoint(), tmp_path / "cache.jsonl"
    answers = ask(settings(server, concurrency=1), questions("a", "b"), cache)
    keys = [line["key"] for line in lines(cache)]
    cache.write_bytes(cache.read_bytes()[:-7])
    assert ask(settings(server), questions("a", "b"), cache) == answers
    assert server.asked == ["a", "b", "b"]
    assert [line["key"] for line in lines(cache)] == keys


def test_a_damaged_line_is_reported_with_its_number(endpoint, tmp_path):
    server, cache = endpoint(), tmp_path / "cache.jsonl"
    ask(settings(server), questions("a"), cache)
    cache.write_text(cache.read_text() + '{"key": "x"}\n')
    with refused():
        ask(settings(server), questions("a"), cache)


# --- errors for users --------------------------------------------------------------------------------


def failing(error: object, status: int = 200) -> tuple[int, dict, str]:
    return status, {}, json.dumps({"error": error})


REFUSED = {"message": f"no luck with {KEY}", "code": "refused"}


@pytest.mark.parametrize(
    ("act", "requests"),
    [
        (failing(REFUSED, 400), 1),
        (failing(REFUSED, 401), 1),
        (failing(REFUSED, 404), 1),
        # of status 200, in the server's words
        (failing({"message": f"no key {KEY}", "code": 401}), 1),
        ((200, {}, completion("Process: DN", "abort")), 1),
        ((200, {"Content-Type": "text/html"}, f"{'x' * 190}{KEY}{'y' * 100}"), 1),
        # what may pass is asked for again
        ((500, {}, "oops"), 3),
    ],
    ids=str,
)
def test_a_failure_is_told_without_the_key_and_only_what_may_pass_is_asked_again(endpoint, tmp_path, act, requests):
    server = endpoint(*[act] * 3)
    with refused():
        ask(settings(server, concurrency=1, max_retries=2), questions("a"), tmp_path / "cache.jsonl")
    assert len(server.requests) == requests


def test_nobody_listens(endpoint, tmp_path):
    server = endpoint()
    server.stop()
    with refused():
        ask(settings(server, max_retries=1), questions("a"), tmp_path / "cache.jsonl")


def test_the_key_is_seen_nowhere(endpoint, tmp_path, capfd, caplog):
    """The endpoint itself repeats the key in its refusal; nothing that people or files see may hold it."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="openai")
    refusal = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})
    server, cache = endpoint((500, {}, KEY), (200, {}, None), (401, {}, refusal)), tmp_path / "cache.jsonl"
    with refused() as caught:
        ask(settings(server, concurrency=1), questions("a", "b"), cache)
    printed = "".join(traceback.format_exception(caught.value))
    output = capfd.readouterr()
    assert "asking m1" in output.err and "answer to a" in cache.read_text() and "401" in printed
    for text in (printed, repr(caught.value), output.out, output.err, cache.read_text(), caplog.text):
        assert KEY not in text


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_asks_for_another_key_is_not_told_to_be_started(endpoint, status):
    server = endpoint(pages={"/v1/models": status})
    with refused(field="--model", fix=f"put its key into {KEY_VARIABLE}") as caught:
        served_models(settings(server))
    assert f"{server.url} answered {status}" in caught.value.what


@pytest.mark.parametrize("value", [None, f"{KEY} x"])
def test_a_missing_or_impossible_key(tmp_path, monkeypatch, value):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(KEY_VARIABLE, value)
    elsewhere = Endpoint(model="m1", base_url="https://nowhere.invalid/v1", api_key_variable=KEY_VARIABLE)
    with refused():
        ask(elsewhere, questions("a"), tmp_path / "cache.jsonl")


def test_a_server_elsewhere_leads_nowhere_else_either(endpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(chat_endpoint, "is_local", lambda _: False)
    elsewhere = endpoint()
    server = endpoint((307, {"Location": f"{elsewhere.url}/chat/completions"}, "gone"))
    with refused():
        ask(settings(server), questions("a"), tmp_path / "cache.jsonl")
    assert elsewhere.requests == []


def test_a_server_on_this_machine_needs_no_key(endpoint, tmp_path, monkeypatch):
    monkeypatch.delenv("TEST_ENDPOINT_KEY")
    server = endpoint()
    assert [answer.text for answer in ask(settings(server), questions("a"), tmp_path / "cache.jsonl").values()]
    assert server.requests[0][1]["authorization"] == "Bearer none"


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost:8080/v1", True),
        ("http://127.0.0.9/v1", True),
        ("http://[::1]:1/v1", True),
        ("http://localhost.example.org/v1", False),
        ("http://127.0.0.1.example.org/v1", False),
        ("http://192.168.0.2/v1", False),
        ("http://0.0.0.0:8080/v1", True),
        ("http://[::]:8080/v1", True),
        ("http://0.0.0.1:8080/v1", False),
        (None, False),
    ],
)
def test_what_is_on_this_machine(address, local):
    assert is_local(Endpoint(model="m1", base_url=address)) == local


def test_neither_a_proxy_nor_a_redirect_takes_a_question_for_this_machine_elsewhere(endpoint, tmp_path, monkeypatch):
    elsewhere = endpoint()
    server = endpoint((307, {"Location": f"{elsewhere.url}/chat/completions"}, "gone"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, elsewhere.url.removesuffix("/v1"))
    with refused():
        ask(settings(server), questions("a"), tmp_path / "cache.jsonl")
    assert len(server.requests) == 1 and elsewhere.requests == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base_url": "localhost:8000"}, "base_url"),
        ({"base_url": "https://me:pw@x.org/v1"}, "base_url"),
        ({"base_url": "https://x.org/v1?key=1"}, "base_url"),
        ({"base_url": "https://x.org/v 1"}, "base_url"),
        *(({"extra_body": {"seed": 1, key: 2}}, f"'{key}' is set by") for key in ("messages", "model", "stream", "n")),
        ({"base_url": None, "api_version": "2024-10-21"}, "Azure, which needs base_url"),
    ],
)
def test_settings_that_cannot_work(changes, message):
    with pytest.raises(ValidationError, match=message):
        Endpoint(**{"model": "m1"} | changes)


def test_the_cost_of_tokens():
    assert cost(Price(prompt=2.5, completion=10), 400_000, 50_000) == pytest.approx(1.5)
    assert cost(None, 400_000, 50_000) is None


def test_running_totals_are_shown(endpoint, tmp_path, capfd):
    model = settings(endpoint(), price={"prompt": 1000, "completion": 2000})
    ask(model, questions("a", "b"), tmp_path / "cache.jsonl")
    shown = capfd.readouterr().err
    assert "prompt_tokens=22, completion_tokens=10, cost=0.04" in shown  # 22 / 1000 + 10 / 500
