"""Rewards and metrics of one's own: Python functions of one answer at a time, with a time limit for each call."""

import dataclasses
import inspect
import json
import math
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import util
from math import nan
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import Row, read_rows
from reasonome.config import OwnFunction, Style
from reasonome.core.code_digest import source_sha256
from reasonome.core.errors import InputError, line_in, nearest
from reasonome.rewards import Answer, Reward, Similarity, uncompared
from reasonome.task import Task

if TYPE_CHECKING:
    from _typeshed import TraceFunction

# The limit for importing a function's file; its calls have their own.
LOADING_SECONDS = 120
_AGAIN = 1.0  # seconds until a call that has caught the end of its time is ended again


def own_rewards(own: Mapping[str, OwnFunction], folder: Path = Path()) -> dict[str, Reward]:
    """The functions as rewards in their range, by name; an answer that is not usable earns the least without a call.

    Paths are from `folder`, the project's. A file is imported when it is first asked, in every training
    process. InputError for a missing file, and for one that has changed since the configuration was read.
    """
    return {
        name: Reward(BatchedFunction(name, function, folder), function.low, function.high, semantic=True)
        for name, function in own.items()
    }


def try_rewards(own: Mapping[str, OwnFunction], task: Task, style: Style, file: Path) -> None:
    """Ask rewards about one right answer to a training question of a file.

    InputError as in training, which would come only when other steps have been trained.
    """
    rewards = own_rewards(own)
    for example in read_rows(file, task.Example):
        target = task.completion(example, task.prompt(example, style), style, None)
        answer = task.parse(target or "", style)
        if answer.named:
            for reward in rewards.values():
                reward.function([answer], [example], uncompared)
            break


def with_own_columns(
    table: pd.DataFrame, own: Mapping[str, OwnFunction], answered: Iterable[tuple[Answer, Row]]
) -> pd.DataFrame:
    """A table of scores with what functions of one's own give the answers of its rows, by column.

    InputError as in training, and for a column that is there already.
    """
    if not own:
        return table
    if taken := sorted({*own} & {*table}):
        raise InputError(f"scores have a column '{taken[0]}' already", field="metrics", fix="give yours another name")
    answers, examples = zip(*answered, strict=True)
    values = {name: each.values(answers, examples) for name, each in own_rewards(own).items()}
    expected = table["draws"] == 0 if "draws" in table else False  # without answers
    return table.assign(**{name: np.where(expected, nan, column) for name, column in values.items()})


def answer_fields(answer: Any, example: Row) -> dict[str, object]:
    """An answer as a function gets it: its fields; of a ranking `genes` as symbols, and `written` as they stood."""
    fields = dataclasses.asdict(answer) | {"named": answer.named, "reasoned": answer.reasoned}
    ranked = getattr(answer, "ranked", None)
    return fields | {"written": answer.genes, "genes": ranked(example)} if ranked else fields


class BatchedFunction:
    """One function as a batched reward: (answers, examples, similarity) → a value in its range per answer.

    Where it gives None it does not apply to the question, and the value is nan. Calls have a time limit in the main
    thread; in other threads, where no alarm can be set, they have none.
    """

    def __init__(self, name: str, own: OwnFunction, folder: Path):
        self.name, self.own, self.folder = name, own, folder.resolve()
        self.function = own.function.rpartition(":")[2]
        self.file = self.folder / own.path
        self._call: Callable[[dict, dict], object] | None = None
        self._applies: dict[str, bool] = {}  # to a question, as far as it has been asked
        if not self.file.is_file():
            raise self._error("there is no such file", fix="paths are from the project's folder")
        if own.sha256 != "unpinned" and own.sha256 != source_sha256(self.file):
            fix = "run Snakemake again: changed code is another recipe, and is scored again"
            raise self._error("the file has changed since the configuration was read", fix=fix)

    def __call__(self, answers: Sequence[Answer], examples: Sequence[Row], similarity: Similarity) -> list[float]:
        """Grade a batch; InputError where a call fails, takes too long, gives no number of the range, or gives None for
        one answer and a number for another to the same question.
        """
        pairs = zip(answers, examples, strict=True)
        values = [self._grade(answer, example) if answer.named else self.own.low for answer, example in pairs]
        # An answer that is not usable has no value either where another one has shown that the question has none.
        known = zip(values, examples, strict=True)
        return [value if self._applies.get(example.id, True) else nan for value, example in known]

    def _grade(self, answer: Answer, example: Row) -> float:
        call = self._call = self._call or self._imported()
        # As JSON has them: a function may change what it is given.
        given, row = json.loads(json.dumps([answer_fields(answer, example), example.model_dump(mode="json")]))
        question = f"the question '{example.id}'"
        try:
            returned = _within(self.own.seconds, lambda: call(given, row))
        except _TookTooLong:
            what = f"{self.function} took more than {self.own.seconds:g} seconds for {question}"
            fix = f"make it faster, or raise `seconds` of '{self.name}' in the configuration"
            raise self._error(what, fix=fix) from None
        except (Exception, SystemExit) as error:
            what = f"{self.function} failed for {question}: {_last_line(error)}"
            keys = f"an answer with {', '.join(given)}, and an example with {', '.join(row)}"
            fix = f"it is given {keys} (docs/your-own.md)"
            raise self._error(what, line=line_in(self.file, error), fix=fix) from error
        value = None if returned is None else _number(returned)
        low, high = self.own.low, self.own.high
        if returned is not None and (value is None or not low <= value <= high):
            what = f"{self.function} returned {_shown(returned)} for {question}, which is no number"
            fix = "return a number of this range, or None where the question has none; `low` and `high` say which"
            raise self._error(f"{what} from {low:g} to {high:g}", fix=fix)
        if self._applies.setdefault(example.id, value is not None) != (value is not None):
            what = f"{self.function} returned None for one answer to {question}, and a number for another"
            raise self._error(what, fix="decide by the question alone whether it has this reward")
        return nan if value is None else value

    def _imported(self) -> Callable[[dict, dict], object]:
        """The function of the file, which is imported with the modules beside it in reach."""
        spec = util.spec_from_file_location(f"own_function_{self.name}", self.file)
        assert spec is not None and spec.loader is not None  # it is a .py file
        module = sys.modules[spec.name] = util.module_from_spec(spec)
        execute = spec.loader.exec_module
        sys.path.insert(0, str(self.file.parent))
        try:
            _within(LOADING_SECONDS, lambda: execute(module))
        except _TookTooLong:
            what = f"importing the file took more than {LOADING_SECONDS} seconds"
            raise self._error(what, fix="make faster what stands outside its functions") from None
        except (Exception, SystemExit) as error:
            line = line_in(self.file, error)
            if isinstance(error, SyntaxError) and error.filename == str(self.file):
                line = error.lineno
            raise self._error(f"it cannot be imported: {_last_line(error)}", line=line) from error
        finally:
            sys.path.remove(str(self.file.parent))
        function = getattr(module, self.function, None)
        if not callable(function):
            names = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
            what = f"there is no function '{self.function}' in the file"
            raise self._error(what, fix=nearest(self.function, names))
        takes = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
        try:
            takes.bind({}, {})
        except TypeError:
            what = f"{self.function}{takes} does not take an answer and an example"
            code = getattr(function, "__code__", None)
            fix = f"write `def {self.function}(answer, example): …`"
            raise self._error(what, line=code and code.co_firstlineno, fix=fix) from None
        return function

    def _error(self, what: str, *, line: int | None = None, fix: str | None = None) -> InputError:
        path = os.path.relpath(self.file, self.folder)
        return InputError(f"'{self.name}': {what}", file=path, line=line, fix=fix)


def _last_line(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()


def _number(returned: Any) -> float | None:
    """What a function returned as a float; None for what is no finite number."""
    try:
        return float(returned) if math.isfinite(returned) else None
    except (TypeError, ValueError, OverflowError):  # no number, or an integer beyond all floats
        return None


def _shown(returned: object) -> str:
    if inspect.iscoroutine(returned):
        returned.close()
        return "a coroutine (write `def`, not `async def`)"
    value = _number(returned)
    return f"{returned!r:.100}" if value is None else str(value)


class _TookTooLong(BaseException):
    """The end of a call's time; no Exception, so that an `except Exception` of the call does not catch it."""


def _within(seconds: float, call: Callable[[], object]) -> object:
    """What the call returns; _TookTooLong where it takes longer, whatever it catches.

    An alarm ends it, in the main thread alone: in others the call has no limit. What a library computes outside Python
    is waited for.
    """
    if threading.current_thread() is not threading.main_thread():
        return call()
    is_late, value = False, None

    def end_here(frame: FrameType, event: str, argument: object) -> "TraceFunction":
        if event == "line":
            raise _TookTooLong
        return end_here

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal is_late
        is_late = True
        # A bare `except:` catches the alarm. The line that goes on then raises it again, outside the `try`.
        while frame is not None and frame.f_code is not _within.__code__:
            frame.f_trace = end_here
            frame = frame.f_back
        sys.settrace(end_here)
        raise _TookTooLong

    traced, before = sys.gettrace(), signal.signal(signal.SIGALRM, end)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, min(seconds, threading.TIMEOUT_MAX), _AGAIN)
            value = call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException:
        if not is_late:
            raise
    finally:
        sys.settrace(traced)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if is_late:
        raise _TookTooLong
    return value
