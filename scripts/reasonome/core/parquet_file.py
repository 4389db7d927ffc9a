"""Parquet files that rules have made, checked as they are read."""

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow
from pyarrow import parquet

from reasonome.core.errors import InputError


def read_parquet(path: str | os.PathLike, columns: Sequence[str]) -> pyarrow.Table:
    """The table in a file, which has at least `columns`. InputError for a file that is missing, damaged or another."""
    fix = f"snakemake --cores 2 {path} makes it"
    if not Path(path).is_file():
        raise InputError("there is no such file", file=path, fix=fix)
    fix = f"remove it; {fix} anew"
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
