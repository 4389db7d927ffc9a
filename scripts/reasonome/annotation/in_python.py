"""Annotation from Python: files, data frames and AnnData objects by one function.

from reasonome.annotation.in_python import annotate_sets

annotate_sets(adata, model="smollm2-135m/pretrain.demo-s0+sft.names-s0+grpo.soft-s0", out="my_clusters")
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.annotation import job, project_files
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.readers import from_anndata, from_frame, is_anndata
from reasonome.annotation.settings import checked_settings
from reasonome.annotation.tables import NUMBERS, TSV
from reasonome.config import Annotation
from reasonome.project import Project


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
    project = Project(config)
    files = [type(sets).__name__] if in_memory(sets) else [os.fspath(path) for path in listed(sets)]
    given = checked_settings({"sets": files, **settings})
    found = {name: read_memory(sets, name, given)} if in_memory(sets) else job.read_lists(given)
    job.print_reading(found)
    sources = project_files.sources_of(project, given)
    project_files.check_there(sources)
    folder = project_files.model_folder(project, model)
    job.annotate_lists(project, given, found, sources, folder, Path(out), "annotate_sets(…) in Python")
    table = pd.read_csv(Path(out) / TSV, sep="\t", dtype=str, keep_default_na=False)
    return table.assign(**{column: pd.to_numeric(table[column]) for column in NUMBERS})


def in_memory(sets: Any) -> bool:
    """Whether this is an object rather than a file or files."""
    return isinstance(sets, pd.DataFrame | pd.Series) or is_anndata(sets)


def listed(sets: Any) -> list:
    """One file or several, as several."""
    return [sets] if isinstance(sets, str | os.PathLike) else list(sets)


def read_memory(sets: Any, name: str, settings: Annotation) -> GeneLists:
    """The lists of a table or an AnnData."""
    options = job.list_options(settings)
    return from_anndata(sets, options=options) if is_anndata(sets) else from_frame(sets, name, options)
