"""What users give: files, and tables in memory. Tells their kind, and reads the gene lists in them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeGuard

import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from reasonome.apps.annotate.differential import (
    compares_within_groups,
    comparison_columns,
    comparisons,
    read_differential,
    refuse_mixed,
    splitting,
    within_groups,
)
from reasonome.apps.annotate.lists import GeneLists, read_clusters, read_genes, read_gmt
from reasonome.apps.annotate.table import Table, is_gmt, is_number, listed, names_genes, parse_table, read_file, roles
from reasonome.config.annotations import Annotation, Column
from reasonome.core.errors import InputError
from reasonome.facts.text import counted, some

_STATISTICS = ("scores", "logfoldchanges", "pvals", "pvals_adj")
_REST = "rest"  # what Scanpy compares a group with, unless told otherwise
_READERS = {"clusters": read_clusters, "differential": read_differential, "genes": read_genes}


class AnnData(Protocol):
    """An AnnData, as far as it is read: what Scanpy's analyses left."""

    uns: Mapping[str, Any]


def read_gene_lists(path: Path, settings: Annotation) -> list[GeneLists]:
    """The gene lists of a file, plain or gzipped, for each comparison in it apart; `notes` say how it was read.

    The settings decide its kind, else the ending .gmt, else the columns. Lists that cannot be annotated are kept, with
    an error. Raises InputError.
    """
    sets = holds_sets(path, settings)
    file = read_file(path, sets)
    parts = [read_gmt(file, settings)] if sets else _read(parse_table(file, settings.columns), settings)
    return [replace(parts[0], notes=(*parts[0].notes, *file.notes)), *parts[1:]]


def holds_sets(path: Path, settings: Annotation) -> bool:
    """Whether a file is read as a GMT."""
    return settings.kind == "gmt" or (settings.kind is None and is_gmt(path))


def read_memory(data: Any, name: str, settings: Annotation) -> list[GeneLists]:
    """As `read_gene_lists`, of a DataFrame, a Series or an AnnData on which Scanpy's rank_genes_groups has run."""
    frame = anndata_markers(data) if is_anndata(data) else data
    return _read(parse_frame(frame, name, settings.columns), settings)


def read_universe(path: Path) -> tuple[list[str], str]:
    """The tested genes in a file, and the SHA-256 of its bytes.

    The file has a gene a line, which a number may follow, or is a table with a column of genes or of row names. It is
    read only once, because it may be a pipe. Raises InputError as for tables, and for a file without genes.
    """
    file = read_file(path)
    genes = [gene for gene in parse_table(file, {}).genes() if gene]
    if not genes:
        fix = "write one gene a line, or give a table with a column called 'gene'"
        raise InputError("there is no gene in the file", file=file.path, fix=fix)
    return genes, file.sha256


def _read(table: Table, settings: Annotation) -> list[GeneLists]:
    """The lists of each comparison in a table; of markers of clusters, of each in which a cluster has some."""
    kind = _kind(table) if settings.kind in (None, "gmt") else settings.kind
    if table.frame.empty and kind != "genes":
        raise table.error("there are no rows in this table", fix="give a gene in each row below the header")
    columns = within_groups(table) if kind == "clusters" else splitting(table)
    parts = []
    for name, part in comparisons(table, columns):
        if kind != "clusters":
            refuse_mixed(part)
        parts.append(replace(_READERS[kind](part, settings), comparison=name))
    if len(parts) == 1:
        return parts
    first, *others = parts
    names = some([part.comparison for part in parts])
    note = f"{counted(len(parts), 'comparison')} by {listed(columns)}, each with its own lists: {names}"
    # What holds of all of them is said once.
    others = [replace(part, notes=tuple(said for said in part.notes if said not in first.notes)) for part in others]
    return [replace(first, notes=(note, *first.notes)), *others]


def _kind(table: Table) -> str:
    """The kind of a table, by its columns. Raises InputError where they do not decide it."""
    known = set(table.columns)
    is_differential = "log2_fold_change" in known and bool(known & {"adjusted_p", "p"})
    if {"gene", "group"} <= known and not (is_differential and compares_within_groups(table)):
        return "clusters"
    if is_differential:
        return "differential"
    others = [column for column in table.header if column not in comparison_columns(table)]
    if len(others) == 1 or (len(others) == 2 and known & {"statistic", "log2_fold_change"}):
        return "genes"
    first, *others = table.header
    are_clusters = all(map(str.isdigit, others)) and (not first or first.isdigit())  # each with a column of genes
    if all(map(is_number, others)) and not are_clusters:
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


def parse_frame(data: pd.DataFrame | pd.Series, name: str, chosen: Mapping[Column, str]) -> Table:
    """A DataFrame or Series as a table of text, called `name`.

    The index becomes the column of row names, unless it only numbers the rows. A Series of numbers ranks the genes in
    its index, unless that only numbers the rows or the Series is named as a column of genes. Raises InputError for an
    empty one.
    """
    numbered = isinstance(data.index, pd.RangeIndex)
    if isinstance(data, pd.Series):
        ranks = is_numeric_dtype(data) and not numbered and not names_genes(str(data.name))
        numbered = not ranks
        frame = data.to_frame("score" if ranks and data.name is None else data.name)
    else:
        numbered = not data.index.name and (numbered or is_integer_dtype(data.index))
        frame = data
    if not len(frame):
        raise InputError(f"there are no rows in the table '{name}'", fix="give a table with at least one gene")
    text = frame.astype(object).where(frame.notna(), "").astype(str).set_axis(list(map(str, frame.columns)), axis=1)
    if not numbered:
        text.insert(0, "", frame.index.astype(str), allow_duplicates=True)
    text = text.map(str.strip)  # as cells of files
    text.index = pd.RangeIndex(1, len(text) + 1)
    by_role = roles(list(text.columns), chosen, None, None)
    return Table(name, text, by_role, chosen=frozenset(chosen))


def is_anndata(data: object) -> TypeGuard[AnnData]:
    """Whether this has the attribute `uns` of an AnnData."""
    return hasattr(data, "uns")


def anndata_markers(adata: AnnData) -> pd.DataFrame:
    """The marker genes that Scanpy's `rank_genes_groups` wrote to `adata.uns`, a row for each gene of each group.

    Groups that were compared with another one, and not with the rest, are comparisons with it. Raises InputError where
    there are none.
    """
    key = "rank_genes_groups"
    ranked = adata.uns.get(key, {})
    if "names" not in ranked:
        entries = ", ".join(map(str, adata.uns)) or "nothing"
        what = f"there is no '{key}' with names of genes in adata.uns, only {entries}"
        raise InputError(what, field="sets", fix="run scanpy.tl.rank_genes_groups(adata, ...) first")
    kept = [statistic for statistic in _STATISTICS if statistic in ranked]
    reference = ranked.get("params", {}).get("reference", _REST)

    def called(group: str) -> dict[str, str]:
        return {"group": group} if reference == _REST else {"contrast": f"{group} vs {reference}"}

    parts = [
        pd.DataFrame(called(group) | {"names": ranked["names"][group]} | {key: ranked[key][group] for key in kept})
        for group in ranked["names"].dtype.names
    ]
    return pd.concat(parts, ignore_index=True)
