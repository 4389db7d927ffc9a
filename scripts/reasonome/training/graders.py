"""A user's own graders: Python functions that stand beside the built-in rewards, each run in a process of its own."""

import contextlib
import dataclasses
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasonome.config import Grader
from reasonome.core.errors import InputError, nearest
from reasonome.core.manifest import file_sha256
from reasonome.tasks.base import Reward

WORKER = Path(__file__).with_name("grader_worker.py")
# That a grader's file may take to import what it needs; its calls have their own limit.
LOADING_SECONDS = 120
# Between the end of its channel and that of the process.
_CLOSING_SECONDS = 5
_LONGEST_REPLY = 1 << 20  # bytes
_WAIT_SECONDS = 3600  # at once: operating systems take no number of milliseconds beyond some 2·10⁹
# Its input ends with the process that asks, however that ends; then it ends a worker, of which no thread may listen.
_WATCHER = 'trap "" TERM USR1 INT HUP; read -r _; kill -9 "-$1"'


def grader_rewards(graders: Mapping[str, Grader], folder: Path = Path()) -> dict[str, Reward]:
    """The graders as rewards in [0, 1], by name; an answer that is not usable earns 0 without a call.

    Paths are from `folder`, the project's. Each grader gets a process when it is first asked, one in every training
    process. InputError for a missing file, and for one that has changed since the recipe was read.
    """
    return {
        name: Reward(GraderReward(name, grader, folder), 0.0, 1.0, semantic=True) for name, grader in graders.items()
    }


def answer_fields(answer: Any, example: Any) -> dict[str, Any]:
    """An answer as graders get it: all of its fields; of a ranking `genes` as symbols, and `written` as they stood."""
    fields = dataclasses.asdict(answer) | {"named": answer.named, "reasoned": answer.reasoned}
    ranked = getattr(answer, "ranked", None)
    return fields | {"written": answer.genes, "genes": ranked(example)} if ranked else fields


class GraderReward:
    """One grader as a batched reward: (answers, examples, similarity) → a value in [0, 1] per answer."""

    def __init__(self, name: str, grader: Grader, folder: Path):
        self.name, self.grader, self.folder = name, grader, folder.resolve()
        path, _, self.function = grader.function.rpartition(":")
        self.file = self.folder / path
        self._process: subprocess.Popen | None = None
        if not self.file.is_file():
            raise self._error("there is no such file", fix="paths are from the project's folder")
        if grader.sha256 not in ("unpinned", file_sha256(self.file)):
            fix = "run Snakemake again: a changed grader is another recipe"
            raise self._error("the file has changed since the recipe was read", fix=fix)

    def __call__(self, answers: Sequence[Any], examples: Sequence[Any], similarity_of: Any) -> list[float]:
        """Grade a batch; InputError where a call fails, takes too long or gives no number between 0 and 1."""
        pairs = zip(answers, examples, strict=True)
        return [self._grade(answer, example) if answer.named else 0.0 for answer, example in pairs]

    def close(self) -> None:
        """End the process, if there is one; the next call would start another."""
        if self._process is not None:
            self._finalizer()
            self._process = None

    def _grade(self, answer: Any, example: Any) -> float:
        if self._process is None:
            self._start()
        call = [answer_fields(answer, example), example.model_dump(mode="json")]
        of = f"the question '{example.id}'"
        reply = self._reply(json.dumps(call), self.grader.seconds, of)
        if "bad" in reply:
            what = f"{self.function} returned {reply['bad']}, for {of}"
            raise self._error(what, fix="return a number from 0 (worst) to 1 (best)")
        if "error" in reply:
            what = f"{self.function} failed for {of}: {reply['error']}"
            raise self._error(what, line=reply["line"], fix="see docs/graders.md for what it is given")
        return reply["value"]

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), str(self.file), self.function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.folder,
            start_new_session=True,
        )
        watcher = subprocess.Popen(
            ["sh", "-c", _WATCHER, "sh", str(self._process.pid)], stdin=subprocess.PIPE, start_new_session=True
        )
        os.set_blocking(self._process.stdin.fileno(), False)
        self._unread = b""
        self._finalizer = weakref.finalize(self, _end, self._process, watcher, os.getpid())
        of = "importing the file"
        reply = self._reply("", LOADING_SECONDS, of)
        if "missing" in reply:
            fix = nearest(self.function, reply["missing"])
            raise self._error(f"there is no function '{self.function}' in the file", fix=fix)
        if "error" in reply:
            raise self._error(f"it cannot be imported: {reply['error']}", line=reply["line"])

    def _reply(self, call: str, seconds: float, of: str) -> dict[str, Any]:
        """Ask the process, which has this long to read and to reply; InputError unless its next line is the reply.

        A reply begins with a token that is new for each call.
        """
        deadline = time.monotonic() + seconds
        token = secrets.token_hex(16).encode()
        if not self._sent(token + f" {call}\n".encode(), deadline, of) or (line := self._line(deadline, of)) is None:
            what = f"{self.function} took more than {seconds:g} seconds for {of}"
            raise self._error(what, fix=f"make it faster, or raise `seconds` of grader '{self.name}' in the recipe")
        found, _, reply = line.partition(b" ")
        if found != token:
            raise self._foreign(of)
        try:
            return json.loads(reply)
        except ValueError:  # what the grader wrote stands within it
            raise self._foreign(of) from None

    def _sent(self, line: bytes, deadline: float, of: str) -> bool:
        """Whether the process took the whole line in time: a thread of the grader may keep it from reading."""
        pipe = self._process.stdin.fileno()
        while line:
            if not _ready(pipe, select.POLLOUT, deadline):
                return False
            try:
                line = line[os.write(pipe, line) :]
            except BrokenPipeError:
                raise self._ended(f"before {of}") from None
        return True

    def _line(self, deadline: float, of: str) -> bytes | None:
        """The next line that the process writes, None where there is none in time."""
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._unread:
            if not _ready(pipe, select.POLLIN, deadline):
                return None
            piece = os.read(pipe, 1 << 16)
            if not piece:
                raise self._ended(f"at {of}")
            self._unread += piece
            if len(self._unread) > _LONGEST_REPLY:
                raise self._foreign(of)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _foreign(self, of: str) -> InputError:
        what = f"something other than the value of {self.function} came from its process, at {of}"
        fix = "a grader returns its value; it writes to no file descriptor that it did not open"
        return self._error(what, fix=fix)

    def _ended(self, when: str) -> InputError:
        try:
            status = self._process.wait(_CLOSING_SECONDS)
            how = f"signal {-status}" if status < 0 else f"exit status {status}"
        except subprocess.TimeoutExpired:
            how = "it closed its file descriptors"
        fix = "a grader returns its value; a process that ends itself, or runs out of memory, cannot"
        return self._error(f"the process of {self.function} ended {when} ({how})", fix=fix)

    def _error(self, what: str, *, line: int | None = None, fix: str | None = None) -> InputError:
        self.close()
        path = os.path.relpath(self.file, self.folder)
        return InputError(f"grader '{self.name}': {what}", file=path, line=line, fix=fix)


def _ready(pipe: int, event: int, deadline: float) -> bool:
    """Whether a pipe can be read from, or written to, before the deadline."""
    waiting = select.poll()
    waiting.register(pipe, event)
    while (left := deadline - time.monotonic()) > 0:
        if waiting.poll(1000 * min(left, _WAIT_SECONDS)):
            return True
    return False


def _end(process: subprocess.Popen, watcher: subprocess.Popen, starter: int) -> None:
    """End a worker, and the processes that it forked, whatever they do, and leave no zombie."""
    if os.getpid() != starter:  # a fork of the training process, as loads data, has a copy of this and no worker
        return
    with contextlib.suppress(ProcessLookupError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)
    watcher.kill()
    for ended in (process, watcher):
        ended.wait()
    for pipe in (process.stdin, process.stdout, watcher.stdin):
        pipe.close()
