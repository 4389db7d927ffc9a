"""A user's own graders: Python functions that stand beside the built-in rewards, each run in a process of its own."""

import atexit
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any

from reasonome.benchmarks.rows import read_rows
from reasonome.config import Grader
from reasonome.config.project import Project
from reasonome.config.rollouts import RolloutRecipe
from reasonome.core.code_digest import source_sha256
from reasonome.core.errors import InputError, nearest
from reasonome.rewards import Reward, uncompared

WORKER = Path(__file__).with_name("grader_worker.py")
# The limit for importing a grader's file; its calls have their own.
LOADING_SECONDS = 120


def grader_rewards(graders: Mapping[str, Grader], folder: Path = Path()) -> dict[str, Reward]:
    """The graders as rewards in their range, by name; an answer that is not usable earns the least without a call.

    Paths are from `folder`, the project's. Each grader gets a process when it is first asked, one in every training
    process. InputError for a missing file, and for one that has changed since the recipe was read.
    """
    return {
        name: Reward(GraderReward(name, grader, folder), grader.low, grader.high, semantic=True)
        for name, grader in graders.items()
    }


def try_graders(project: Project, recipe: RolloutRecipe) -> None:
    """Ask the graders of a recipe about one right answer to a training question of each benchmark.

    InputError as in training, which would come only when other steps have been trained.
    """
    rewards = grader_rewards(recipe.graders)
    for benchmark, name in recipe.questions if rewards else ():
        task, style = project.task(benchmark), project.style(benchmark, name)
        for example in read_rows(project.examples(benchmark, name) / "train.jsonl", task.Example):
            target = task.completion(example, task.prompt(example, style), style, None)
            answer = task.parse(target or "", style)
            if answer.named:
                for reward in rewards.values():
                    reward.function([answer], [example], uncompared)
                break


def answer_fields(answer: Any, example: Any) -> dict[str, Any]:
    """An answer as graders get it: all of its fields; of a ranking `genes` as symbols, and `written` as they stood."""
    fields = dataclasses.asdict(answer) | {"named": answer.named, "reasoned": answer.reasoned}
    ranked = getattr(answer, "ranked", None)
    return fields | {"written": answer.genes, "genes": ranked(example)} if ranked else fields


class GraderReward:
    """One grader as a batched reward: (answers, examples, similarity) → a value in its range per answer.

    Where it gives None it does not apply to the question, and the value is nan.
    """

    def __init__(self, name: str, grader: Grader, folder: Path):
        self.name, self.grader, self.folder = name, grader, folder.resolve()
        path, _, self.function = grader.function.rpartition(":")
        self.file = self.folder / path
        self._process: subprocess.Popen[str] | None = None
        self._applies: dict[str, bool] = {}  # to a question, as far as it has been asked
        if not self.file.is_file():
            raise self._error("there is no such file", fix="paths are from the project's folder")
        if grader.sha256 != "unpinned" and grader.sha256 != source_sha256(self.file):
            fix = "run Snakemake again: a changed grader is another recipe"
            raise self._error("the file has changed since the recipe was read", fix=fix)

    def __call__(self, answers: Sequence[Any], examples: Sequence[Any], similarity: Any) -> list[float]:
        """Grade a batch; InputError where a call fails, takes too long, gives no number of the range, or gives None for
        one answer and a number for another to the same question.
        """
        pairs = zip(answers, examples, strict=True)
        values = [self._grade(answer, example) if answer.named else self.grader.low for answer, example in pairs]
        # An answer that is not usable has no value either where another one has shown that the question has none.
        known = zip(values, examples, strict=True)
        return [value if self._applies.get(example.id, True) else nan for value, example in known]

    def close(self) -> None:
        """End the process and those that it forked, if there is one; the next call would start another."""
        if self._process is not None:
            _kill(self._process)
            self._process.communicate()
            self._process = None

    def _grade(self, answer: Any, example: Any) -> float:
        question = f"the question '{example.id}'"
        call = [answer_fields(answer, example), example.model_dump(mode="json")]
        reply = self._reply(self._process or self._start(), json.dumps(call) + "\n", self.grader.seconds, question)
        if "error" in reply:
            what = f"{self.function} failed for {question}: {reply['error']}"
            given, row = map(", ".join, call)
            fix = f"it is given an answer with {given}, and an example with {row} (docs/graders.md)"
            raise self._error(what, line=reply["line"], fix=fix)
        value, low, high = reply.get("value"), self.grader.low, self.grader.high
        if "bad" in reply or (value is not None and not low <= value <= high):
            given = reply.get("bad", value)
            what = f"{self.function} returned {given} for {question}, which is no number from {low:g} to {high:g}"
            fix = (
                "return a number of this range, or None where the question has none; `low` and `high` are in the recipe"
            )
            raise self._error(what, fix=fix)
        if self._applies.setdefault(example.id, value is not None) != (value is not None):
            what = f"{self.function} returned None for one answer to {question}, and a number for another"
            raise self._error(what, fix="decide by the question alone whether it has this reward")
        return nan if value is None else value

    def _start(self) -> subprocess.Popen[str]:
        process = self._process = subprocess.Popen(
            [sys.executable, str(WORKER), str(self.file), self.function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.folder,
            text=True,
            start_new_session=True,
        )
        atexit.register(self.close)
        reply = self._reply(process, "", LOADING_SECONDS, "importing the file")
        if "missing" in reply:
            fix = nearest(self.function, reply["missing"])
            raise self._error(f"there is no function '{self.function}' in the file", fix=fix)
        if "takes" in reply:
            what = f"{self.function}{reply['takes']} does not take an answer and an example"
            fix = f"write `def {self.function}(answer, example): …`"
            raise self._error(what, line=reply["line"], fix=fix)
        if "error" in reply:
            raise self._error(f"it cannot be imported: {reply['error']}", line=reply["line"])
        return process

    def _reply(self, process: subprocess.Popen[str], call: str, seconds: float, question: str) -> dict[str, Any]:
        """Ask the process, which is killed after so many seconds; InputError unless its next line is the reply."""
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), end)
        timer.start()
        try:
            assert process.stdin and process.stdout  # it has pipes
            process.stdin.write(call)
            process.stdin.flush()
            return json.loads(process.stdout.readline())
        except (BrokenPipeError, ValueError):  # ValueError: no line, or none of the worker's
            status = process.wait()
        finally:
            timer.cancel()
        if late.is_set():
            what = f"{self.function} took more than {seconds:g} seconds for {question}"
            raise self._error(what, fix=f"make it faster, or raise `seconds` of grader '{self.name}' in the recipe")
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        fix = "a grader returns its value; a process that ends itself, or runs out of memory, cannot"
        raise self._error(f"the process of {self.function} ended at {question} ({how})", fix=fix)

    def _error(self, what: str, *, line: int | None = None, fix: str | None = None) -> InputError:
        self.close()
        path = os.path.relpath(self.file, self.folder)
        return InputError(f"grader '{self.name}': {what}", file=path, line=line, fix=fix)


def _kill(process: subprocess.Popen) -> None:
    """Kill a process and those that it forked."""
    with contextlib.suppress(ProcessLookupError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)
