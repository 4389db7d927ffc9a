"""Answers that a folder of results keeps: used by the next run if they are to the same question and unchanged."""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reasonome.answering.rows import AnswerRow, read_answers
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256
from reasonome.core.terminal import say

# The answers; what was asked for them, with their digest; and the batches of a run that did not end.
ANSWERS, STAMP, PARTIAL = "answers.jsonl", "answers.json", ".answers.jsonl.partial"
_AGAIN = "it is not used, and the sets are asked about again"


def json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is no such file, or something else in it."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def are_in(folder: Path) -> bool:
    """Whether a run of annotation began to write to this folder."""
    return "asked" in json_object(folder / STAMP) or os.path.isfile(folder / PARTIAL)


def claim(folder: Path) -> None:
    """Mark the folder as one of annotation before anything else is written; says so where the mark was damaged."""
    stamp = folder / STAMP
    if "asked" in json_object(stamp):
        return
    if stamp.exists():
        say(f"{stamp} is damaged: {_AGAIN}")
    atomic.write_json(stamp, {"asked": None})


def answers(
    folder: Path, asked: str, expected: Sequence[tuple[str, int]], ask: Callable[[Path], Any]
) -> list[AnswerRow]:
    """The answers to the question of digest `asked`: those in the folder, else those that `ask` writes to its path.

    `expected` are the id and sample of every answer. Batches of a run that was killed stay for `ask` to use. What is
    damaged is never used, and said. InputError as of `ask`, and where its answers are twice to other questions.
    """
    if _are_kept(folder, asked):
        say(f"the answers of an earlier run are used: {folder / ANSWERS}")
        return read_answers(folder / ANSWERS)
    atomic.write_json(folder / STAMP, {"asked": None})  # until the answers that it speaks of are there
    _drop_damaged_batches(folder / PARTIAL)
    rows = _ask(folder / ANSWERS, ask)
    if not _are_to(expected, rows):  # `ask` used batches with other rows
        say(f"{folder / PARTIAL} was damaged: {_AGAIN}")
        rows = _ask(folder / ANSWERS, ask)
    if not _are_to(expected, rows):
        what = "these answers are not to the questions that were asked, although they were asked again"
        fix = "remove the file, see that nothing else writes to its folder, and run again"
        raise InputError(what, file=folder / ANSWERS, fix=fix)
    atomic.write_json(folder / STAMP, {"asked": asked, "sha256": file_sha256(folder / ANSWERS)})
    return rows


def _ask(path: Path, ask: Callable[[Path], Any]) -> list[AnswerRow]:
    ask(path)
    return read_answers(path)


def _are_to(expected: Sequence[tuple[str, int]], rows: Sequence[AnswerRow]) -> bool:
    return Counter((row.id, row.sample) for row in rows) == Counter(expected)


def _are_kept(folder: Path, asked: str) -> bool:
    """Whether answers to this question are there, as they were written; says where they were changed since."""
    stamp = json_object(folder / STAMP)
    if stamp.get("asked") != asked:
        return False
    path = folder / ANSWERS
    if not path.is_file():
        say(f"{path} is missing: the sets are asked about again")
        return False
    if stamp.get("sha256") != file_sha256(path):
        say(f"{path} was changed or damaged since it was written: {_AGAIN}")
        return False
    return True


def _drop_damaged_batches(path: Path) -> None:
    """Remove a file of batches in which a line has another shape; torn lines are left to who goes on with it."""
    lines = path.read_bytes().split(b"\n")[1:-1] if path.is_file() else []
    try:
        for line in lines:
            _check_batch(line)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        say(f"{path} is damaged: {_AGAIN}")
        path.unlink()


def _check_batch(line: bytes) -> None:
    """Raises one of the errors above where a line is no batch of answers."""
    try:
        batch = json.loads(line)
    except ValueError:  # torn by a power cut
        return
    if type(batch["batch"]) is not int or not batch["rows"]:
        raise ValueError
    for row in batch["rows"]:
        if type(row.pop("position")) is not int:
            raise ValueError
        AnswerRow.model_validate(row)
