"""Annotation from Python, of files, data frames and AnnData objects.

from reasonome.apps.annotate.in_python import annotate_sets  # before scanpy

annotate_sets(adata, model="http://localhost:8080/v1", out="my_clusters")
"""

import importlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.answering.asked_model import find_model
from reasonome.apps import checked
from reasonome.apps.annotate import enrichr, job
from reasonome.apps.annotate.inputs import is_anndata, read_memory
from reasonome.apps.annotate.making import annotation_project, made_with_model
from reasonome.apps.annotate.tables import NUMBERS, TSV
from reasonome.config.annotations import Annotation
from reasonome.core.errors import InputError
from reasonome.core.terminal import say

# Numba, which Scanpy uses, may load an OpenMP that makes torch several times slower than torch's own; both use the one
# that is loaded first.
NUMBA_CAME_FIRST = "numba" in sys.modules and "torch" not in sys.modules
importlib.import_module("torch")


def annotate_sets(
    sets: str | os.PathLike | pd.DataFrame | Any | Sequence[str | os.PathLike],
    model: str | os.PathLike | None,
    out: str | os.PathLike,
    config: str | os.PathLike = "config",
    name: str = "sets",
    adapter: str | os.PathLike | None = None,
    upload: bool = False,
    **settings: Any,
) -> pd.DataFrame:
    """Test gene sets and ask a model about them, write tables and a page to `out`, and return annotations.tsv.

    `sets` is a file or several, a table of genes, clusters or differential expression, or an AnnData on which Scanpy's
    rank_genes_groups has run; `name` is what a table or an AnnData is called. `model`, `adapter` and `upload` are as of
    `reasonome annotate --help`; without a model there are terms alone. `settings` are those of
    config/annotations.yaml, such as species="mouse" or top=50. Raises InputError as `reasonome annotate` does, also for
    unknown and invalid settings.
    """
    in_memory = isinstance(sets, pd.DataFrame | pd.Series) or is_anndata(sets)
    files = [type(sets).__name__] if in_memory else _paths(sets)
    annotation = checked(Annotation, {"sets": files, **settings}, "docs/annotate.md")
    if NUMBA_CAME_FIRST:
        say(f"import {__name__} before scanpy: answers may take three times as long now")
    called = None if model is None else os.fspath(model)
    project = annotation_project(Path(config), (), called)
    enrichr.fetch(project, annotation)
    if in_memory:
        parts = read_memory(sets, name, annotation, job.known_genes(project, annotation))
        gene_lists = {f"{name} {lists.comparison}".strip(): lists for lists in parts}
    else:
        gene_lists = job.read_lists(project, annotation)
    asked = made_with_model(project, annotation, called, partial(find_model, project, adapter=adapter, upload=upload))
    job.annotate_lists(project, annotation, gene_lists, asked, Path(out), "annotate_sets(…) in Python")
    table = pd.read_csv(Path(out) / TSV, sep="\t", dtype=str, keep_default_na=False)
    return table.assign(**{column: pd.to_numeric(table[column]) for column in NUMBERS})


def _paths(sets: object) -> list[str]:
    """The paths of one file or several, as text; raises InputError for anything else."""
    paths = [sets] if isinstance(sets, str | os.PathLike) else sets
    if isinstance(paths, list | tuple) and all(isinstance(path, str | os.PathLike) for path in paths):
        return [os.fspath(path) for path in paths]
    what = f"expected a file, files, a DataFrame, a Series or an AnnData, found {type(sets).__name__}"
    fix = 'give for example "my.gmt"; call annotate_sets for each of several tables, and give genes as pandas.Series'
    raise InputError(what, field="sets", fix=fix)
