"""Right answers to questions of a rehearsal: of an endpoint on this machine, and in tables of pairs."""

import csv
import io
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

from reasonome.benchmarks.rows import Row, read_rows
from reasonome.cluster.rehearsal.configuration import Question, Rehearsal
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.prompts.prompts import Prompt

SPLITS = ("train", "valid", "test")
_STEP = "These genes act together."
UNKNOWN = "This question is not known here."


class Answered(NamedTuple):
    """A question, and a right completion with reasoning where its style has room for some."""

    row: Row
    prompt: Prompt
    text: str


def answered(project: Project, question: Question, splits: Iterable[str] = SPLITS) -> Iterator[Answered]:
    """The questions of a benchmark in a style, whose prompts have been written, with right completions."""
    benchmark, name = question
    task, style = project.task(benchmark), project.style(benchmark, name)
    for split in splits:
        for row in read_rows(project.results.prompts(benchmark, name) / f"{split}.jsonl", task.Example):
            prompt = task.prompt(row, style)
            bare = task.completion(row, prompt, style, None)
            span = task.name_span(bare, style) if bare else None
            if bare and span:
                proposal = {"proposed": bare[slice(*span)], "steps": [_STEP]}
                yield Answered(row, prompt, task.completion(row, prompt, style, proposal) or bare)


def write_pairs(project: Project, made: Rehearsal) -> None:
    """Fill the tables of pairs: a right completion, and the same with a wrong answer in its place."""
    for table, question in made.pairs.items():
        task, style = project.task(question[0]), project.style(*question)
        known = list(answered(project, question, ["train"]))
        rows = [one.row for one in known]
        lines = [["id", "chosen", "rejected"]]
        for one in known:
            wrong = task.wrong(one.row, one.prompt, rows, Random(one.row.id))
            span = task.name_span(one.text, style)
            if wrong is not None and span is not None:
                lines.append([one.row.id, one.text, one.text[: span[0]] + wrong + one.text[span[1] :]])
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        if table.read_text(encoding="utf-8") != text.getvalue():  # a newer table would train again
            atomic.write_text(table, text.getvalue())


class Endpoint:
    """An OpenAI-compatible endpoint on this machine, which gives right answers to the questions that it is taught."""

    def __init__(self, name: str) -> None:
        """`name` says which port it takes, if that is free: at an address of its own nothing is asked twice."""
        self._by_text: dict[str, str] = {}
        self._by_listing: dict[str, str] = {}
        port = 20_000 + crc32(name.encode()) % 10_000
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self.answer))
        except OSError:
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.answer))

    @property
    def address(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def teach(self, known: Iterable[Answered]) -> None:
        """Let it know these answers."""
        for one in known:
            self._by_text[one.prompt.messages[-1]["content"]] = one.text
            if one.prompt.listing:
                self._by_listing[one.prompt.listing] = one.text

    def answer(self, asked: str) -> str:
        """The answer to a message: to a question as prompts have it, or to one that lists the same genes."""
        if asked in self._by_text:
            return self._by_text[asked]
        listed = (listing for listing in self._by_listing if listing in asked)
        return self._by_listing.get(max(listed, key=len, default=""), UNKNOWN)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Answer while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _handler(answer: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """A chat completion of one choice."""
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = answer(request["messages"][-1]["content"])
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            body = json.dumps(
                {"id": "1", "object": "chat.completion", "created": 0, "model": request["model"]}
                | {"choices": [choice], "usage": usage}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing of each request."""

    return Handler
