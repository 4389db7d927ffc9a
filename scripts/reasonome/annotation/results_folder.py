"""Where results may be written: told before anything is read or asked, so that nobody's files are lost."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from reasonome.annotation import kept_answers, lock, tables
from reasonome.annotation.kept_answers import json_object
from reasonome.core.errors import InputError

PAGE, MANIFEST = "annotations.html", "manifest.json"
RESULTS = (PAGE, tables.TSV, tables.JSONL, kept_answers.ANSWERS, kept_answers.STAMP, MANIFEST)
_ANOTHER = "give another folder"


def check_folder(out: Path, model: Path) -> None:
    """InputError where `out` overlaps with the model's folder, has files of others by our names, or cannot be written.

    Folders that are made to find out are removed again.
    """
    if os.path.exists(out) and not os.path.isdir(out):
        raise InputError("this is a file, and results need a folder", file=out, field="--out", fix=_ANOTHER)
    _refuse_models_folder(out, model)
    for name in (*RESULTS, kept_answers.PARTIAL, lock.NAME):
        if os.path.isdir(out / name):
            what = f"a folder is called {name}, as a file of results is"
            raise InputError(what, file=out, field="--out", fix=f"rename it, or {_ANOTHER}")
    _refuse_files_of_others(out)
    _try_to_write(out)


def _refuse_models_folder(out: Path, model: Path) -> None:
    place = Path(os.path.realpath(out))
    for folder in (Path(os.path.realpath(model)), Path(os.path.realpath(model / "model"))):
        if place.is_relative_to(folder) or folder.is_relative_to(place):
            how = "is" if place == folder else "lies in" if place.is_relative_to(folder) else "holds"
            what = f"this {how} the folder of the model, whose files results would replace or mingle with"
            raise InputError(what, file=out, field="--out", fix=f"{_ANOTHER}, such as my_sets")


def _refuse_files_of_others(out: Path) -> None:
    manifest = json_object(out / MANIFEST)
    if os.path.lexists(out / MANIFEST) and not _is_of_annotation(manifest):
        what = f"{MANIFEST} in this folder is not of an annotation, and would be replaced"
        raise InputError(what, file=out, field="--out", fix=_ANOTHER)
    taken = [name for name in RESULTS if os.path.lexists(out / name)]
    if taken and not (manifest or kept_answers.are_in(out)):
        what = f"{', '.join(taken)} in this folder {'is' if len(taken) == 1 else 'are'} not of an earlier annotation"
        raise InputError(
            f"{what}, and would be replaced", file=out, field="--out", fix=f"{_ANOTHER}, or move them away"
        )


def _is_of_annotation(manifest: Mapping) -> bool:
    return {"settings", "checked_with", "model"} <= manifest.keys()


def _try_to_write(out: Path) -> None:
    """Make the folder and a file in it, and remove what was made."""
    made = [folder for folder in (out, *out.parents) if not os.path.lexists(folder)]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        why = (
            "this is a link to nothing" if os.path.islink(out) and not os.path.exists(out) else os.strerror(error.errno)
        )
        what = f"results cannot be written here: {why}"
        raise InputError(what, file=out, field="--out", fix=f"{_ANOTHER}, in which you may write") from None
    finally:
        for folder in made:
            _remove_if_empty(folder)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # it was not made, or another process writes to it by now
        return
