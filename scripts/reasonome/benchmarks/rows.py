"""The rows of a benchmark's files, read and checked line by line."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from reasonome.core import atomic
from reasonome.core.errors import InputError

SPLITS = ("train", "valid", "test")


def read_rows(path: str | Path, model: type[BaseModel]) -> list:
    """The rows of a JSONL file as `model`; InputError names the line of a row that is malformed."""
    rows = []
    for number, row in enumerate(atomic.read_jsonl(path), 1):
        try:
            rows.append(model.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(
                first["msg"], file=path, line=number, field=".".join(map(str, first["loc"])) or None
            ) from None
    return rows
