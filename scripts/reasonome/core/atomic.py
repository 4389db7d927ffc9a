"""Files written whole or not at all, so that bad input leaves no half an output behind; and read with clear errors."""

import errno
import glob
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from reasonome.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow
    from pandas import DataFrame
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

# What to do about a damaged file that a rule has made.
_REMOVE = "remove it and run snakemake again, which makes it anew"


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the place of `path` if the block succeeds.

    Works for files and folders. On any error the temporary is removed and `path` stays as it was. The data are flushed
    to disk before the move, so that a power cut leaves the old or the new file, never a mixture. Temporaries of killed
    jobs are removed, and an old folder that such a job had moved aside is restored if nothing took its place. OSError
    names `path`. A link stays, and its target is replaced. InputError for a link into a missing folder, a device and
    a pipe.
    """
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError("this is a device or a pipe, which no file may replace", file=path, fix="give a file's path")
    with naming_full_disks(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path = _behind_links(path)
        for left_over in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
            _remove(left_over)
        for aside in path.parent.glob(f".{glob.escape(path.name)}.*.old"):
            if path.exists():
                _remove(aside)
            else:
                os.replace(aside, path)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            yield temporary
            flush(temporary)
            if temporary.is_dir() and path.is_dir():
                _replace_folder(temporary, path)
            else:
                os.replace(temporary, path)
        except BaseException:
            _remove(temporary)
            raise


def _behind_links(path: Path) -> Path:
    """The final target of a link at `path`, which need not exist yet; `path` itself if it is no link."""
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    if target.is_symlink() or not target.parent.is_dir():
        raise InputError("this link leads nowhere", file=path, fix=f"remove it, or let it lead to a file: {target}")
    return target


@contextmanager
def naming_full_disks(path: str | os.PathLike) -> Iterator[None]:
    """Turn every error of a full or read-only disk into an OSError that names `path`.

    A failed write does not name its file, and the writers of tensors raise other exceptions.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
    except Exception as error:
        code = next(
            (code for code in (errno.ENOSPC, errno.EROFS, errno.EDQUOT) if os.strerror(code) in str(error)), None
        )
        if code is None:
            raise
        raise OSError(code, os.strerror(code), str(path)) from error


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write `text` (UTF-8) to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike, value: object) -> None:
    """Write `value` as indented JSON with sorted keys, so that equal values give equal bytes."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def write_jsonl(path: str | os.PathLike, rows: Iterable[Mapping[str, object]]) -> None:
    """Write one JSON object a line."""
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def append_line(path: Path, row: Mapping[str, object]) -> None:
    """Append a row to a file of JSON lines and flush it to disk; OSError names the file where the disk is full."""
    with naming_full_disks(path), open(path, "a", encoding="utf-8") as handle:
        handle.write(json.dumps(row, ensure_ascii=False) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def _replace_folder(new: Path, old: Path) -> None:
    """Move `new` to `old`; the old folder is deleted only after the move."""
    aside = old.with_name(f".{old.name}.{secrets.token_hex(4)}.old")
    os.replace(old, aside)
    try:
        os.replace(new, old)
    except OSError:
        os.replace(aside, old)
        raise
    shutil.rmtree(aside)


def flush(path: Path) -> None:
    """Flush a file, or all files of a folder, to disk, so that they survive a power cut."""
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.is_file():
            with open(file, "rb") as handle:
                os.fsync(handle.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def read_json(path: Path) -> dict:
    """Read a JSON object. Raises InputError."""
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=path, line=error.lineno, fix=_REMOVE) from error
    except UnicodeDecodeError as error:
        raise InputError("not JSON: this is no text", file=path, fix=_REMOVE) from error
    if not isinstance(value, dict):
        raise InputError("not a JSON object", file=path)
    return value


def read_model(path: str | os.PathLike, model: type[Model], fix: str) -> Model:
    """A JSON file as a pydantic model; InputError, with this fix, for a missing file and at its first mistake."""
    from pydantic import ValidationError

    if not Path(path).is_file():
        raise InputError("there is no such file", file=path)
    try:
        return model.model_validate_json(Path(path).read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or None
        raise InputError(first["msg"], file=path, field=where, fix=fix) from None


def read_jsonl(path: str | os.PathLike) -> list[dict]:
    """Read one JSON object a line; InputError for a missing file and, with its line, for a malformed row."""
    return list(_rows(path))


def read_columns(
    path: str | os.PathLike, columns: Sequence[str], defaults: Mapping[str, str | float] | None = None
) -> dict[str, list]:
    """The values of `columns`, and of the columns of `defaults`, which fill in rows without them.

    For files whose whole rows would take much memory. InputError as from `read_jsonl`, and for a row without one of
    `columns`.
    """
    defaults = defaults or {}
    values: dict[str, list] = {name: [] for name in (*columns, *defaults)}
    for number, row in enumerate(_rows(path), 1):
        for name in columns:
            if name not in row:
                raise InputError(f"the row has no '{name}'", file=path, line=number, field=name)
            values[name].append(row[name])
        for name, default in defaults.items():
            values[name].append(row.get(name, default))
    return values


def _rows(path: str | os.PathLike) -> Iterator[dict]:
    if not Path(path).is_file():
        raise InputError("file is missing", file=path, fix=f"snakemake {path}")
    with open(path, "rb") as handle:  # bytes, so that a row that is not UTF-8 is reported too
        for number, line in enumerate(handle, 1):
            try:
                row = json.loads(line.decode("utf-8"))
            except ValueError as error:
                raise InputError(f"Invalid JSON: {error}", file=path, line=number) from None
            if not isinstance(row, dict):
                raise InputError("a row should be an object", file=path, line=number)
            yield row


def write_tsv(path: str | os.PathLike, table: "DataFrame") -> None:
    """Write a table as TSV, whole or not at all; six significant digits, empty for nan."""
    with replacing(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, float_format="%.6g")


def read_parquet(path: str | os.PathLike, columns: Sequence[str], fix: str | None = None) -> "pyarrow.Table":
    """The table in a file, which has at least `columns`. InputError for a file that is missing, damaged or another.

    `fix` is for a file that a user names; others are made by Snakemake.
    """
    import pyarrow
    from pyarrow import parquet

    made = f"snakemake --cores 2 {path} makes it"
    if not Path(path).is_file():
        raise InputError("there is no such file", file=path, fix=fix or made)
    fix = fix or f"remove it; {made} anew"
    try:
        table = parquet.read_table(path, page_checksum_verification=True)
    except (pyarrow.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        if getattr(error, "errno", None):  # the disk's fault, not the file's
            raise
        raise InputError("this is not a parquet file, or it is damaged", file=path, fix=fix) from error
    if missing := [column for column in columns if column not in table.column_names]:
        what = f"column(s) {', '.join(missing)} are missing"
        raise InputError(what, file=path, field=missing[0], fix=fix)
    return table
