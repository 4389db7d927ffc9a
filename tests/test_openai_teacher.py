"""The API teacher against a local endpoint that misbehaves the way real ones do."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai._base_client
import pytest
from pydantic import ValidationError

import reasonome
from reasonome.config import OpenAITeacher
from reasonome.errors import InputError
from reasonome.teachers import Proposal
from reasonome.teachers.openai import (
    ApiAnswer,
    _Endpoint,
    ask,
    ask_async,
    prompts,
    to_proposals,
    token_totals,
)

KEY = "sk-a-key-that-nobody-may-see-4711"
TEMPLATE = Path(__file__).parents[1] / "config/prompts/teacher.gene_set_naming.txt"
REPAIR = "Process: DNA repair\nReasoning:\n<think>LIG3 seals nicks.</think>"


REQUIRED = {"kind": "openai", "model": "m1", "encoder": "minilm"}


def completion(text, finish_reason="stop"):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    return json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage})


class Endpoint(ThreadingHTTPServer):
    """Answers request number i with `script[i]`, and with a good completion after the script's end.

    An entry is (status, headers, body), "cut" (the line breaks within the body) or a pause in seconds.
    """

    daemon_threads = True

    def __init__(self, script):
        self.script, self.requests, self.times, self.lock = script, [], [], threading.Lock()
        self.busy = self.most_busy = 0
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            number = len(server.requests)
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append((self.path, headers, body))
            server.times.append(time.monotonic())
            server.busy += 1
            server.most_busy = max(server.most_busy, server.busy)
        act = server.script[number] if number < len(server.script) else (200, {}, None)
        if isinstance(act, float):
            time.sleep(act)
            act = (200, {}, None)
        with server.lock:
            server.busy -= 1
        if act == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            return
        status, headers, text = act
        data = (text or completion(f"answer to {body['messages'][-1]['content']}")).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            assert number < len(server.script), "only a client that gave up on a slow answer may hang up"

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint(monkeypatch):
    """Start an endpoint with a script; the SDK's back-off and ours shrink to milliseconds."""
    monkeypatch.setenv("TEACHER_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(openai._base_client, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("reasonome.teachers.openai._FIRST_DELAY", 0.01)
    servers = []

    def start(*script):
        server = Endpoint(list(script))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def settings(server, **changes):
    values = {"base_url": server.url, "api_key_variable": "TEACHER_KEY", "timeout_seconds": 5}
    return OpenAITeacher(**REQUIRED | values | changes)


def questions(*texts):
    return {f"GO:{n}": [{"role": "user", "content": text}] for n, text in enumerate(texts)}


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


# --- good answers, bad endpoints ---------------------------------------------------------------------


def test_answers_are_returned_cached_and_not_asked_again(endpoint, tmp_path):
    server, cache = endpoint(), tmp_path / "new" / "cache.jsonl"
    first = ask(settings(server), questions("a", "b"), cache)
    assert list(first) == ["GO:0", "GO:1"]
    assert first["GO:1"] == ApiAnswer("answer to b", "stop", 11, 5)
    assert token_totals(first) == {"prompt_tokens": 22, "completion_tokens": 10}
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "m1",
        "messages": [{"role": "user", "content": body["messages"][0]["content"]}],
        "temperature": 0.0,
        "max_tokens": 512,
    }

    assert ask(settings(server), questions("a", "b"), cache) == first
    assert len(server.requests) == 2
    ask(settings(server), questions("a", "b", "c"), cache)
    assert [body["messages"][0]["content"] for _, _, body in server.requests[2:]] == ["c"]
    ask(settings(server, temperature=0.5), questions("a"), cache)  # another question altogether
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
    teacher = OpenAITeacher(**REQUIRED, api_key_variable="TEACHER_KEY")
    assert str(_Endpoint(teacher, tmp_path / "cache.jsonl").client.base_url) == "https://api.openai.com/v1/"


def test_equal_messages_are_asked_once(endpoint, tmp_path):
    server = endpoint()
    answers = ask(settings(server), questions("a", "a", "b"), tmp_path / "cache.jsonl")
    assert answers["GO:0"] == answers["GO:1"] != answers["GO:2"]
    assert len(server.requests) == 2


def test_a_full_cache_needs_no_key(endpoint, tmp_path, monkeypatch):
    server, cache = endpoint(), tmp_path / "cache.jsonl"
    first = ask(settings(server), questions("a"), cache)
    monkeypatch.delenv("TEACHER_KEY")
    assert ask(settings(server), questions("a"), cache) == first


@pytest.mark.parametrize(
    ("script", "requests"),
    [
        ([(429, {"Retry-After": "0"}, "{}"), (500, {}, "oops")], 3),
        ([(503, {}, ""), (502, {}, "<html>")], 3),
        ([(200, {}, '{"choices": ['), (200, {}, '{"choices": []}'), (200, {}, "null")], 4),
        ([(200, {"Content-Type": "text/html"}, "<html>log in</html>")], 2),
        (["cut"], 2),
    ],
    ids=["429 then 500", "503 then 502", "malformed JSON", "a web page", "cut connection"],
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


def test_retry_after_is_honoured(endpoint, tmp_path):
    server = endpoint((429, {"Retry-After": "1"}, "{}"))
    ask(settings(server), questions("a"), tmp_path / "cache.jsonl")
    assert server.times[1] - server.times[0] >= 1.0  # the back-off alone would be 0.01 s


def test_concurrency_is_bounded_and_used(endpoint, tmp_path):
    server = endpoint(*[0.1] * 9)
    ask(settings(server, concurrency=3), questions(*"abcdefghi"), tmp_path / "cache.jsonl")
    assert server.most_busy == 3


def test_ask_async_within_a_running_loop(endpoint, tmp_path):
    server = endpoint()
    answers = asyncio.run(ask_async(settings(server), questions("a"), tmp_path / "cache.jsonl"))
    assert answers["GO:0"].text == "answer to a"


def test_usage_and_content_may_be_missing(endpoint, tmp_path):
    body = '{"choices": [{"message": {"content": null}, "finish_reason": "length"}], "usage": null}'
    server = endpoint((200, {}, body))
    answers = ask(settings(server), questions("a"), tmp_path / "cache.jsonl")
    assert answers["GO:0"] == ApiAnswer("", "length", 0, 0)


def test_null_parameters_are_not_sent_and_extra_body_is(endpoint, tmp_path):
    server = endpoint()
    model = settings(server, temperature=None, max_tokens=None, extra_body={"max_completion_tokens": 900})
    ask(model, questions("a"), tmp_path / "cache.jsonl")
    _, _, body = server.requests[0]
    assert body == {"model": "m1", "messages": body["messages"], "max_completion_tokens": 900}


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


def test_a_run_that_failed_goes_on_where_it_was(endpoint, tmp_path):
    good = (200, {}, None)
    server, cache = endpoint(good, good, (401, {}, "{}")), tmp_path / "cache.jsonl"
    with pytest.raises(InputError, match="401"):
        ask(settings(server, concurrency=1), questions(*"abcd"), cache)
    assert [line["answer"]["text"] for line in lines(cache)] == ["answer to a", "answer to b"]
    answers = ask(settings(server, concurrency=1), questions(*"abcd"), cache)
    assert [answer.text for answer in answers.values()] == [f"answer to {letter}" for letter in "abcd"]
    asked = [body["messages"][0]["content"] for _, _, body in server.requests]
    assert asked == ["a", "b", "c", "c", "d"]  # only the refused question came twice


def test_kill_9_costs_only_the_question_under_way(endpoint, tmp_path):
    good = (200, {}, None)
    server, cache = endpoint(good, good, 30.0), tmp_path / "cache.jsonl"
    values = settings(server, concurrency=1, timeout_seconds=60)
    program = (
        "from reasonome.teachers.openai import *\n"
        f"ask(OpenAITeacher(**{values.model_dump()!r}), {questions(*'abcd')!r}, {str(cache)!r})"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(reasonome.__file__).parents[1])}
    log = tmp_path / "log"
    with open(log, "wb") as err:
        process = subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=err)
        deadline = time.monotonic() + 60
        while len(server.requests) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL, log.read_text()
    answers = ask(values, questions(*"abcd"), cache)
    assert [answer.text for answer in answers.values()] == [f"answer to {letter}" for letter in "abcd"]
    assert [body["messages"][0]["content"] for _, _, body in server.requests] == ["a", "b", "c", "c", "d"]


def test_a_torn_last_line_is_dropped_and_asked_again(endpoint, tmp_path):
    server, cache = endpoint(), tmp_path / "cache.jsonl"
    answers = ask(settings(server, concurrency=1), questions("a", "b"), cache)
    whole = cache.read_bytes()
    cache.write_bytes(whole[:-7])
    assert ask(settings(server), questions("a", "b"), cache) == answers
    assert [body["messages"][0]["content"] for _, _, body in server.requests] == ["a", "b", "b"]
    assert cache.read_bytes() == whole


def test_a_damaged_line_is_reported_with_its_number(endpoint, tmp_path):
    server, cache = endpoint(), tmp_path / "cache.jsonl"
    ask(settings(server), questions("a"), cache)
    cache.write_text(cache.read_text() + '{"key": "x"}\n')
    with pytest.raises(InputError, match=r"cache\.jsonl:2: this line is not a cached answer") as caught:
        ask(settings(server), questions("a"), cache)
    assert "delete the line" in caught.value.fix


# --- errors for users --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fix"),
    [(400, "temperature and max_tokens may be null"), (401, "into TEACHER_KEY"), (404, "check model")],
)
def test_a_refusal_is_not_retried_and_names_what_to_check(endpoint, tmp_path, status, fix):
    body = json.dumps({"error": {"message": f"no luck with {KEY}", "code": "refused"}})
    server = endpoint(*[(status, {}, body)] * 3)
    with pytest.raises(InputError) as caught:
        ask(settings(server, concurrency=1), questions("a"), tmp_path / "cache.jsonl")
    message = str(caught.value)
    for part in (f"{server.url}/ answered {status}", "model 'm1'", "TEACHER_KEY", "no luck with <key>", fix):
        assert part in message
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("act", "message"),
    [
        ((500, {}, "oops"), "answered 500"),
        ((429, {"Retry-After": "0"}, "{}"), "answered 429"),
        ((200, {}, "{"), "no chat completions"),
        ("cut", "did not answer"),
    ],
)
def test_an_endpoint_that_stays_down(endpoint, tmp_path, act, message):
    server, cache = endpoint(*[act] * 3), tmp_path / "cache.jsonl"
    with pytest.raises(InputError, match=message) as caught:
        ask(settings(server, max_retries=2), questions("a"), cache)
    assert len(server.requests) == 3
    assert "run again later" in caught.value.fix and str(cache) in caught.value.fix


def test_nobody_listens(endpoint, tmp_path):
    server = endpoint()
    server.shutdown()
    server.server_close()
    with pytest.raises(InputError, match=f"{server.url}/ did not answer: Connection error"):
        ask(settings(server, max_retries=1), questions("a"), tmp_path / "cache.jsonl")


def test_the_key_is_seen_nowhere(endpoint, tmp_path, capfd, caplog):
    """The endpoint itself repeats the key in its refusal; nothing that people or files see may hold it."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="openai")
    refusal = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})
    server, cache = endpoint((500, {}, KEY), (200, {}, None), (401, {}, refusal)), tmp_path / "cache.jsonl"
    with pytest.raises(InputError) as caught:
        ask(settings(server, concurrency=1), questions("a", "b"), cache)
    printed = "".join(traceback.format_exception(caught.value))
    output = capfd.readouterr()
    assert "asking m1" in output.err and "answer to a" in cache.read_text() and "401" in printed
    for text in (printed, repr(caught.value), output.out, output.err, cache.read_text(), caplog.text):
        assert KEY not in text


@pytest.mark.parametrize(
    ("value", "message"), [(None, "is not set"), (" ", "is not set"), (f"{KEY} x", "cannot be a key")]
)
def test_a_missing_or_impossible_key(endpoint, tmp_path, monkeypatch, value, message):
    server = endpoint()
    monkeypatch.delenv("TEACHER_KEY")
    if value is not None:
        monkeypatch.setenv("TEACHER_KEY", value)
    with pytest.raises(InputError, match=f"TEACHER_KEY.*{message}") as caught:
        ask(settings(server), questions("a"), tmp_path / "cache.jsonl")
    assert KEY not in str(caught.value) and server.requests == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modle": "x"}, "modle"),
        ({"concurrency": 0}, "concurrency"),
        ({"temperature": -0.1}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"base_url": "localhost:8000"}, "base_url"),
        ({"base_url": "https://me:pw@x.org/v1"}, "base_url"),
        ({"base_url": "https://x.org/@v1"}, "base_url"),
        ({"base_url": "https://x.org?key=1"}, "base_url"),
        ({"base_url": "https://x.org/v1?key=1"}, "base_url"),
        ({"base_url": "https://x.org/v 1"}, "base_url"),
        ({"base_url": None, "api_version": "2024-10-21"}, "Azure, which needs base_url"),
    ],
)
def test_settings_that_cannot_work(changes, message):
    with pytest.raises(ValidationError, match=message):
        OpenAITeacher(**REQUIRED | changes)


# --- prompts and answers -----------------------------------------------------------------------------


def test_the_shipped_prompt_asks_for_the_contract_and_shows_only_the_genes():
    messages = prompts(TEMPLATE, {"GO:0": "LIG3, XRCC1"})["GO:0"]
    assert [message["role"] for message in messages] == ["system", "user"]
    assert "Genes: LIG3, XRCC1\n" in messages[1]["content"]
    assert "Process: name\nReasoning:\n<think>" in messages[1]["content"]
    assert "{" not in messages[1]["content"] and "[user]" not in messages[0]["content"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("Genes: {genes}", "not a prompt template"), ("[system]\nHi\n[user]\nGenes", "exactly once")],
)
def test_a_template_that_cannot_work(tmp_path, text, message):
    path = tmp_path / "teacher.mine.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        prompts(path, {"GO:0": "LIG3"})
    assert str(path) in str(caught.value)


def test_answers_become_proposals():
    rows = [{"id": f"GO:{n}", "subset": "bp", "name": "x", "genes": []} for n in range(3)]
    answers = {
        "GO:0": ApiAnswer(REPAIR, "stop", 1, 1),
        "GO:1": ApiAnswer("DNA repair, I think", "stop", 1, 1),
        "GO:2": ApiAnswer(REPAIR + "\n<think>XR", "length", 1, 1),
    }
    good, bad, cut = to_proposals(rows, answers)
    assert good == Proposal("GO:0", "bp", "DNA repair", ["LIG3 seals nicks."], REPAIR)
    assert bad.problem == "no_process_line, no_reasoning, text_outside"
    assert cut.problem == "length, unclosed_think"
