"""Users' files and tables of gene lists: tell their kind, and read the lists in them."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from reasonome.apps.annotate.gene_list import GeneLists
from reasonome.apps.annotate.readers import clusters, comparisons, differential, lists
from reasonome.apps.annotate.readers.columns import is_number, listed
from reasonome.apps.annotate.readers.files import is_gmt, read_file
from reasonome.apps.annotate.readers.frames import anndata_markers, is_anndata, parse_frame
from reasonome.apps.annotate.readers.table import Table, parse_table
from reasonome.config import Annotation
from reasonome.core.errors import InputError

_READERS = {"differential": differential.read, "genes": lists.read_genes}


def read_gene_lists(path: str | os.PathLike, settings: Annotation) -> list[GeneLists]:
    """The gene lists of a file, plain or gzipped, for each comparison in it apart.

    `notes` say how it was read, and what was skipped.

    The settings decide its kind, else the ending .gmt, else the columns. Lists that cannot be annotated are kept, with
    an error. Raises InputError.
    """
    path = Path(path)
    sets = holds_sets(path, settings)
    file = read_file(path, sets)
    parts = [lists.read_gmt(file, settings)] if sets else _read(parse_table(file, settings.columns), settings)
    return [replace(parts[0], notes=(*parts[0].notes, *file.notes)), *parts[1:]]


def holds_sets(path: Path, settings: Annotation) -> bool:
    """Whether a file is read as a GMT."""
    return settings.kind == "gmt" or (settings.kind is None and is_gmt(path))


def read_memory(data: Any, name: str, settings: Annotation) -> list[GeneLists]:
    """As `read_gene_lists`, of a DataFrame, a Series or an AnnData on which Scanpy's rank_genes_groups has run."""
    frame = anndata_markers(data) if is_anndata(data) else data
    return _read(parse_frame(frame, name, settings.columns), settings)


def read_universe(path: str | os.PathLike) -> tuple[list[str], str]:
    """The tested genes in a file, and the SHA-256 of its bytes.

    The file has a gene a line, which a number may follow, or is a table with a column of genes or of row names. It is
    read only once, because it may be a pipe. Raises InputError as for tables, and for a file without genes.
    """
    file = read_file(Path(path))
    genes = [gene for gene in parse_table(file, {}).genes() if gene]
    if not genes:
        fix = "write one gene a line, or give a table with a column called 'gene'"
        raise InputError("there is no gene in the file", file=file.path, fix=fix)
    return genes, file.sha256


def _read(table: Table, settings: Annotation) -> list[GeneLists]:
    """The lists of each comparison in a table. Markers of clusters are no comparisons."""
    kind = _kind(table) if settings.kind in (None, "gmt") else settings.kind
    if table.frame.empty and kind != "genes":
        raise table.error("there are no rows in this table", fix="give a gene in each row below the header")
    if kind == "clusters":
        return [clusters.read(table, settings)]
    parts = [replace(_READERS[kind](part, settings), comparison=name) for name, part in comparisons.split(table)]
    if len(parts) == 1:
        return parts
    first, *others = parts
    note = comparisons.split_note(table, [part.comparison for part in parts])
    # What holds of all of them is said once.
    others = [replace(part, notes=tuple(said for said in part.notes if said not in first.notes)) for part in others]
    return [replace(first, notes=(note, *first.notes)), *others]


def _kind(table: Table) -> str:
    """The kind of a table, by its columns. Raises InputError where they do not decide it."""
    roles = table.columns.keys()
    is_differential = "log2_fold_change" in roles and bool(roles & {"adjusted_p", "p"})
    if {"gene", "group"} <= roles and not (is_differential and comparisons.compares_within_groups(table)):
        return "clusters"
    if is_differential:
        return "differential"
    others = [column for column in table.header if column not in comparisons.comparison_columns(table)]
    if len(others) == 1 or (len(others) == 2 and roles & {"statistic", "log2_fold_change"}):
        return "genes"
    if all(map(is_number, table.header[1:])):
        raise table.error(
            f"the first line is not a header: it has the numbers {', '.join(table.header[1:4])}",
            fix="write a first line that names the columns, for example: gene,log2FoldChange,padj",
        )
    raise table.error(
        f"the columns {listed(table.header)} do not say which kind of gene list this is",
        fix="say what they are: `--columns gene=NAME,group=NAME` for markers of clusters, "
        "`--columns gene=NAME,log2_fold_change=NAME,adjusted_p=NAME` for differential expression, or "
        "`--columns gene=NAME,statistic=NAME` for a ranking; or give `--kind genes` for one list of its genes, "
        "`--kind clusters` for a column of genes for each cluster, or `--kind gmt` for sets with tabs",
    )
