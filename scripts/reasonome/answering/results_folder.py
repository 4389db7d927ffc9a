"""The folder of results: where it may be, its lock, and its answers, which are asked once and used again."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import getfile
from pathlib import Path

from filelock import FileLock, Timeout
from huggingface_hub import constants

from reasonome.answering.answers import write_answers
from reasonome.answering.asked_model import AskedModel
from reasonome.answering.rows import AnswerRow, read_answers
from reasonome.benchmarks.rows import Row
from reasonome.config import Decoding, Style
from reasonome.core import atomic
from reasonome.core.atomic import Json
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.core.manifest import canonical, file_sha256, text_sha256
from reasonome.core.terminal import say
from reasonome.task import Task

MANIFEST = "manifest.json"
# The answers, and the digests of their questions and of themselves.
ANSWERS, STAMP = "answers.jsonl", "answers.json"
CACHE = "answers.cache.jsonl"  # of a model behind an endpoint, answer by answer
LOCK = ".reasonome.lock"
_ANOTHER = "give another folder"


@dataclass(frozen=True)
class ResultsKind:
    """What one kind of results is called ("annotation"), its page and tables, and keys that its manifest has."""

    name: str
    page: str
    tables: tuple[str, ...]
    manifest_keys: frozenset[str]

    @property
    def files(self) -> tuple[str, ...]:
        """All files that results of this kind have."""
        return (self.page, *self.tables, ANSWERS, STAMP, CACHE, MANIFEST)


def json_object(path: Path) -> dict[str, Json]:
    """The JSON object in a file; empty for a missing file and for other content."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def check_folder(out: Path, model: Path | None, kind: ResultsKind) -> None:
    """Raise InputError where `out` is a file or leads nowhere, overlaps with the model's folder, or has others' files.

    `model` is None for a model that has no folder.
    """
    if os.path.exists(out) and not os.path.isdir(out):
        raise InputError("this is a file, and results need a folder", file=out, field="--out", fix=_ANOTHER)
    if os.path.islink(out) and not os.path.exists(out):
        what = f"this is a link to {os.path.realpath(out)}, and there is nothing"
        raise InputError(what, file=out, field="--out", fix=f"make or mount that folder, or {_ANOTHER}")
    if model is not None:
        _refuse_models_folder(out, model)
    _refuse_files_of_others(out, kind)


def _refuse_models_folder(out: Path, model: Path) -> None:
    place, folder = Path(os.path.realpath(out)), Path(os.path.realpath(model))
    if place.is_relative_to(folder) or folder.is_relative_to(place):
        how = "is" if place == folder else "lies in" if place.is_relative_to(folder) else "holds"
        what = f"this {how} the folder of the model, whose files results would replace or mingle with"
        raise InputError(what, file=out, field="--out", fix=f"{_ANOTHER}, such as my_results")


def _refuse_files_of_others(out: Path, kind: ResultsKind) -> None:
    manifest = json_object(out / MANIFEST)
    of = f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"
    if os.path.lexists(out / MANIFEST) and not kind.manifest_keys <= manifest.keys():
        what = f"{MANIFEST} in this folder is not of {of}, and would be replaced"
        raise InputError(what, file=out, field="--out", fix=_ANOTHER)
    stamp = json_object(out / STAMP)
    begun = manifest or ("asked" in stamp and stamp.get("kind", kind.name) == kind.name)
    taken = [name for name in kind.files if os.path.lexists(out / name)]
    if taken and not begun:
        what = f"{', '.join(taken)} in this folder {'is' if len(taken) == 1 else 'are'} not of an earlier {kind.name}"
        fix = f"{_ANOTHER}, or move them away"
        raise InputError(f"{what}, and would be replaced", file=out, field="--out", fix=fix)


@contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Lock `folder`, which is made if missing, for this process. Raises InputError where another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        what = "another process writes results to this folder now"
        raise InputError(what, file=folder, fix="wait until it ends, or give another folder") from None
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        lock.release()


def claim(folder: Path, kind: ResultsKind) -> None:
    """Mark the folder as that of an unfinished run, before anything else is written."""
    if "asked" not in json_object(folder / STAMP):
        atomic.write_json(folder / STAMP, {"asked": None, "kind": kind.name})
    (folder / MANIFEST).unlink(missing_ok=True)


@contextmanager
def offline() -> Iterator[None]:
    """Make every request to the Hugging Face hub an error within the block.

    The hub's client reads HF_HUB_OFFLINE when it is imported, which may have happened long before: so this sets the
    client's own switch.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def asking_code(task: Task) -> tuple[str, str]:
    """The files of code that decide the answers to a prompt."""
    return getfile(write_answers), getfile(type(task))


def answers_by_id(
    model: AskedModel,
    task: Task,
    style: Style,
    decoding: Decoding,
    examples: Sequence[Row],
    out: Path,
    kind: ResultsKind,
) -> Mapping[str, list[AnswerRow]]:
    """The answers to each question by its id; those of an earlier run with the same model, questions and code.

    InputError as of the model's `announce` and `write_answers`; of the former before anything in `out` is touched.
    """
    if not examples:
        return {}
    code = code_sha256(*asking_code(task))
    parts = [model.digest, task.name, style.model_dump(mode="json"), decoding.model_dump(), code]
    digest = text_sha256(canonical([*parts, [example.model_dump(mode="json") for example in examples]]))
    path, stamp = out / ANSWERS, json_object(out / STAMP)
    kept = stamp.get("asked") == digest and path.is_file()
    if kept and stamp.get("sha256") != file_sha256(path):
        say(f"{path} was changed or damaged since it was written: it is not used, and all is asked again")
        kept = False
    if kept:
        say(f"the answers of an earlier run are used: {path}")
    else:
        model.announce(task, style, decoding, examples, path)
        claim(out, kind)
        model.write_answers(task, style, decoding, examples, path)
        atomic.write_json(out / STAMP, {"asked": digest, "kind": kind.name, "sha256": file_sha256(path)})
    answers: dict[str, list[AnswerRow]] = {}
    for row in read_answers(path):
        answers.setdefault(row.id, []).append(row)
    return answers
