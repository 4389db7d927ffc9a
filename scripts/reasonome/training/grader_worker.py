"""The process that runs a user's grader: answers one call after another, so that a hanging one can be ended.

python scripts/reasonome/training/grader_worker.py FILE FUNCTION

Every line that it reads begins with a token, with which its reply begins, so that nothing else is taken for one. The
first line is a token alone, and the reply says whether the function is there. Each further one is a call, the token and
the JSON of [answer, example]; its reply is the token and {"value": number} or {"error": …, "line": …}. It ends with its
input. It imports nothing of the library, so that it starts at once and a grader finds its own modules.
"""

import importlib.util
import json
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

# Of an error's text, which may hold whatever the grader was given.
_LONGEST_ERROR = 2000
_TOLD_TO_STOP = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


def main() -> None:
    file, name = Path(sys.argv[1]).resolve(), sys.argv[2]
    # The channels are not the grader's: it reads nothing, and what it prints goes where errors go.
    calls, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # A job that is told to stop finishes its step, for which it needs its grader.
    for told in _TOLD_TO_STOP:
        signal.signal(told, lambda *_: None)
    # Held back meanwhile: a signal that came to a new process before it is ready for it would be lost.
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD_TO_STOP),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_TO_STOP),
        after_in_child=lambda: _leave_to_parent(calls.fileno(), answers.fileno()),
    )
    sys.path[0] = str(file.parent)

    process, token = os.getpid(), calls.readline().strip()
    function, reply = _loaded(file, name)
    _write(answers, process, token, reply)
    if function is None:
        return
    for line in calls:
        token, _, call = line.partition(" ")
        _write(answers, process, token, _called(function, *json.loads(call), file))


def _leave_to_parent(*channels: int) -> None:
    """In a process that the grader forks: the channels are not its own, and signals end it as they end any other."""
    null = os.open(os.devnull, os.O_RDWR)
    for channel in channels:
        os.dup2(null, channel)
    for told in _TOLD_TO_STOP:
        signal.signal(told, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_TO_STOP)


def _loaded(file: Path, name: str) -> tuple[Callable | None, dict[str, Any]]:
    """The function of the file, and the reply that says that it is there or why not."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # whatever a user's file raises, exits included
        return None, _failure(error, file)
    function = getattr(module, name, None)
    if callable(function):
        return function, {}
    functions = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    return None, {"missing": functions}


def _called(function: Callable, answer: dict, example: dict, file: Path) -> dict[str, Any]:
    try:
        value = function(answer, example)
        shown = f"{value!r:.100}"
    except BaseException as error:  # likewise
        return _failure(error, file)
    if isinstance(value, str | bytes) or not hasattr(type(value), "__float__"):
        return {"bad": f"{shown}, which is no number"}
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):  # an array of several, an integer beyond all floats
        return {"bad": f"{shown}, which is no number"}
    if not math.isfinite(number) or not 0 <= number <= 1:
        return {"bad": f"{number}, which is not between 0 and 1"}
    return {"value": number}


def _failure(error: BaseException, file: Path) -> dict[str, Any]:
    """The last line of the error, and the last line of the user's file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    if isinstance(error, SyntaxError) and error.filename == str(file):
        lines.append(error.lineno)
    said = traceback.format_exception_only(error)[-1].strip()
    return {"error": said[:_LONGEST_ERROR], "line": lines[-1] if lines else None}


def _write(stream: TextIO, process: int, token: str, reply: dict[str, Any]) -> None:
    """Reply; a process that the grader forked and let come back ends here in its place."""
    if os.getpid() != process:
        os._exit(0)
    stream.write(f"{token} {json.dumps(reply)}\n")
    stream.flush()


if __name__ == "__main__":
    main()
