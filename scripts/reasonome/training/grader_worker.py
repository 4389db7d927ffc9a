"""The process that runs a user's grader: answers one call after another, so that a hanging one can be ended.

python scripts/reasonome/training/grader_worker.py FILE FUNCTION

It writes a line of JSON for each thing it does. The first says whether the function is there: {} or {"missing": …} or
{"error": …, "line": …}, or {"takes": …, "line": …} if it takes other arguments. Each line that it reads then is
[answer, example], and each reply {"value": number or null}, {"bad": …} or {"error": …, "line": …}. It ends with its
input, and with the process that started it. It imports nothing of the library, so that it starts at once and a grader
finds its own modules.
"""

import ctypes
import importlib.util
import inspect
import json
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

STOP_SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)
PR_SET_PDEATHSIG = 1


def main() -> None:
    file, name = Path(sys.argv[1]).resolve(), sys.argv[2]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The channels are not the grader's: it reads nothing, and what it prints goes where errors go.
    calls, replies = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    _finish_what_is_under_way()
    sys.path[0] = str(file.parent)

    function, reply = _loaded(file, name)
    print(json.dumps(reply), file=replies, flush=True)
    if function is None:
        return
    for call in calls:
        answer, example = json.loads(call)
        print(json.dumps(_called(function, answer, example, file)), file=replies, flush=True)


def _finish_what_is_under_way() -> None:
    """Let signals that tell a job to stop pass: training finishes its step, for which it needs its grader.

    Processes that the grader forks heed them, as a pool's must. They are held back while one is made: a signal that
    came to it before it is ready would be lost.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: None)
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS),
        after_in_child=_heed_signals,
    )


def _heed_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _loaded(file: Path, name: str) -> tuple[Callable | None, dict[str, Any]]:
    """Import the grader; returns its function, or None, and the first reply."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None  # it is a .py file
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # whatever a user's file raises, exits included
        return None, _failure(error, file)
    function = getattr(module, name, None)
    if callable(function):
        return _fitting(function)
    functions = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    return None, {"missing": functions}


def _fitting(function: Callable) -> tuple[Callable | None, dict[str, Any]]:
    """The function, or None if it takes other arguments than two, and the first reply."""
    takes = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
    try:
        takes.bind({}, {})
    except TypeError:
        code = getattr(function, "__code__", None)
        return None, {"takes": str(takes), "line": code and code.co_firstlineno}
    return function, {}


def _called(function: Callable, answer: dict, example: dict, file: Path) -> dict[str, Any]:
    try:
        value = function(answer, example)
    except BaseException as error:  # likewise
        return _failure(error, file)
    if value is None:
        return {"value": None}
    if inspect.iscoroutine(value):
        value.close()
        return {"bad": "a coroutine (write `def`, not `async def`)"}
    try:
        if math.isfinite(value):
            return {"value": float(value)}
    except (TypeError, ValueError, OverflowError):  # no number, or an integer beyond all floats
        pass
    return {"bad": f"{value!r:.100}"}


def _failure(error: BaseException, file: Path) -> dict[str, Any]:
    """The last line of the error, and the last line of the user's file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    if isinstance(error, SyntaxError) and error.filename == str(file):
        lines.append(error.lineno)
    return {"error": traceback.format_exception_only(error)[-1].strip(), "line": lines[-1] if lines else None}


if __name__ == "__main__":
    main()
