"""Annotation from Python: files, data frames and AnnData objects by one function.

from reasonome.annotation.in_python import annotate_sets  # before scanpy

annotate_sets(adata, model="smollm2-135m/pretrain.demo-s0+sft.names-s0+grpo.soft-s0", out="my_clusters")
"""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.annotation import job
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.project_files import model_folder
from reasonome.annotation.readers import from_anndata, from_frame, is_anndata
from reasonome.annotation.readers.checked import some
from reasonome.annotation.settings import checked_settings
from reasonome.annotation.tables import NUMBERS, TSV
from reasonome.config import Annotation
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.core.terminal import printable, say

# Numba, which Scanpy runs on, may load an OpenMP with which torch is several times slower than with its own; the one
# that is loaded first serves both.
NUMBA_CAME_FIRST = "numba" in sys.modules and "torch" not in sys.modules
importlib.import_module("torch")


def annotate_sets(
    sets: str | os.PathLike | pd.DataFrame | Any | Sequence[str | os.PathLike],
    model: str,
    out: str | os.PathLike,
    config: str | os.PathLike = "config",
    name: str = "sets",
    **settings: Any,
) -> pd.DataFrame:
    """Name gene sets, write tables and a page to `out`, and return annotations.tsv.

    `sets` is a file or several, a table of genes, clusters or differential expression, or an AnnData on which Scanpy's
    rank_genes_groups has run; `name` is what a table or an AnnData is called. `model` is BACKBONE/CHAIN below
    results/models, or a folder. `settings` are those of config/annotations.yaml, such as species="mouse" or top=50.
    Raises InputError as `reasonome annotate` does, also for settings that there are none of or that cannot be.
    """
    places = {"model": model, "out": out, "config": config}
    model, out, config = (path_text(given, field) for field, given in places.items())
    _check_name(name)
    project = Project(config)
    files = [type(sets).__name__] if in_memory(sets) else [path_text(path, "sets") for path in listed(sets)]
    given = checked_settings({"sets": files, **settings})
    found = {name: read_memory(sets, name, given)} if in_memory(sets) else job.read_lists(given)
    folder = model_folder(project, model)
    if NUMBA_CAME_FIRST:
        say(f"import {__name__} before scanpy: answers may take three times as long now")
    job.annotate_lists(project, given, found, folder, Path(out), "annotate_sets(…) in Python")
    table = pd.read_csv(Path(out) / TSV, sep="\t", dtype=str, keep_default_na=False)
    return table.assign(**{column: pd.to_numeric(table[column]) for column in NUMBERS})


def in_memory(sets: Any) -> bool:
    """Whether this is an object rather than a file or files."""
    return isinstance(sets, pd.DataFrame | pd.Series) or is_anndata(sets)


def listed(sets: Any) -> list:
    """One file or several, as several; InputError for what is neither."""
    if isinstance(sets, str | os.PathLike):
        return [sets]
    if isinstance(sets, Sequence) and not isinstance(sets, bytes):
        if any(map(in_memory, sets)):
            what = "only one table or AnnData at a time"
            raise InputError(what, field="sets", fix="call annotate_sets for each of them")
        if len(sets) > 1 and all(isinstance(path, str) and not os.path.exists(path) for path in sets):
            what = f"none of these is a file: {some(sets)}"
            raise InputError(what, field="sets", fix="genes are given as pandas.Series(genes), files by their paths")
        return list(sets)
    what = f"expected a file, files, a DataFrame or an AnnData, found {type(sets).__name__}"
    raise InputError(what, field="sets", fix='give for example "my.gmt"')


def path_text(path: Any, field: str) -> str:
    """The path as text; InputError for what is no path."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise InputError(f"expected a path, found {type(path).__name__}", field=field, fix="give a str or a Path")
    text = os.fspath(path)
    if not text or "\0" in text:
        raise InputError(f"{text!r} is no path", field=field, fix="give a path with a name in it")
    return text


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"expected a name, found {name!r}", field="name", fix='give text, such as "day 7"')
    if any("\ud800" <= one <= "\udfff" for one in name):
        what = f"{printable(name)!r} has half a character (a surrogate), which cannot be written to a file"
        raise InputError(what, field="name", fix="give another name")


def read_memory(sets: Any, name: str, settings: Annotation) -> GeneLists:
    """The lists of a table or an AnnData."""
    options = job.list_options(settings)
    return from_anndata(sets, options=options) if is_anndata(sets) else from_frame(sets, name, options)
