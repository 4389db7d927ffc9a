"""The option `--columns` of commands: what the columns of a user's table are called."""

import re

from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import one_field_each


def parse_columns(text: str) -> dict[str, str]:
    """{key: column} of `key=column, key=column`; a column may hold commas, spaces and anything else."""
    columns: dict[str, str] = {}
    for part in re.split(r",(?=\s*\w+\s*=)", text) if text else []:
        key, equals, column = (piece.strip() for piece in part.partition("="))
        if not (equals and column):
            fix = "write KEY=COLUMN,KEY=COLUMN, in quotes if a column has spaces"
            raise InputError(f"'{part}' is no KEY=COLUMN", field="--columns", fix=fix)
        if key in columns:
            raise InputError(f"'{key}' is given twice", field="--columns", fix="keep one of them")
        columns[key] = column
    one_field_each(columns)
    return columns
