"""Gene lists of tables that are in memory: pandas DataFrames, and the marker genes that Scanpy keeps in an AnnData."""

from typing import Any

import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.readers import clusters, differential, gene_per_line
from reasonome.annotation.readers.columns import NAMED_GENE_COLUMNS, is_missing, is_number
from reasonome.annotation.readers.columns import key as column_key
from reasonome.annotation.readers.options import ListOptions
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import PlainTable, of_frame

_STATISTICS = ("scores", "logfoldchanges", "pvals", "pvals_adj")


def from_frame(frame: pd.DataFrame | pd.Series, name: str, options: ListOptions | None = None) -> GeneLists:
    """The lists of a table as a file of it would have them; `name` stands for the file's.

    The index counts as the column of row names unless it only numbers the rows; a Series of numbers is a ranking of
    the genes in its index, unless that only numbers them or the name says that they are genes. Raises InputError for
    several levels of rows or columns, for columns of which no kind is known, and for numbers of which the name does not
    say that they rank the genes.
    """
    options = options or ListOptions()
    _refuse_levels(frame, name)
    numbered = isinstance(frame.index, pd.RangeIndex) or is_integer_dtype(frame.index)
    if isinstance(frame, pd.Series):
        ranks = is_numeric_dtype(frame) and column_key(str(frame.name)) not in NAMED_GENE_COLUMNS
        numbered = isinstance(frame.index, pd.RangeIndex) or (numbered and not ranks)
        frame = frame.to_frame("score") if ranks and frame.name is None else frame.to_frame()
    if frame.index.name or not numbered:
        frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
        frame.insert(0, "", frame.index.astype(str), allow_duplicates=True)
    table = of_frame(frame)
    if not table.rows:
        raise InputError(f"there are no rows in the table '{name}'", fix="give a table with at least one gene")
    return of_table(table, name, options) or _genes(table, name, options)


def is_anndata(given: Any) -> bool:
    """Whether this has an AnnData's `uns`; a table may have a column of that name."""
    return hasattr(given, "uns") and not isinstance(given, pd.DataFrame | pd.Series)


def from_anndata(adata: Any, key: str = "rank_genes_groups", options: ListOptions | None = None) -> GeneLists:
    """The marker genes that Scanpy's `rank_genes_groups` left in `adata.uns[key]`, one list for each group.

    InputError where there is no such key, or it is not of Scanpy's form.
    """
    fix = f"run scanpy.tl.rank_genes_groups(adata, ..., key_added='{key}') first"
    if key not in adata.uns:
        found = ", ".join(map(str, adata.uns)) or "nothing"
        raise InputError(f"there is no '{key}' in adata.uns, only {found}", field="key", fix=fix)
    ranked = adata.uns[key]
    groups = getattr(getattr(ranked.get("names"), "dtype", None), "names", None) if hasattr(ranked, "get") else None
    if not groups:
        what = f"adata.uns['{key}'] has no names of genes by group, as scanpy.tl.rank_genes_groups writes them"
        raise InputError(what, field="key", fix=fix)
    kept = [statistic for statistic in _STATISTICS if statistic in ranked]
    parts = [
        pd.DataFrame(
            {"group": group, "names": ranked["names"][group]}
            | {statistic: ranked[statistic][group] for statistic in kept}
        )
        for group in groups
    ]
    return from_frame(pd.concat(parts, ignore_index=True), key, options)


def of_table(table: PlainTable, name: str, options: ListOptions) -> GeneLists | None:
    """The lists of a table of statistics, of the kind that its columns tell; None if they tell none."""
    if clusters.is_long(table.columns) or clusters.is_wide(table.columns):
        return clusters.read(table, options)
    if differential.is_differential(table.columns):
        return differential.read(table, name, options)
    if clusters.is_columns_of_genes(table):
        return clusters.read(table, options)
    return None


def _genes(table: PlainTable, name: str, options: ListOptions) -> GeneLists:
    """One column of genes, and perhaps one of numbers."""
    columns = table.columns
    if len(columns) > 2 or len(set(columns)) < len(columns):
        raise unknown_columns(table)
    if len(columns) == 2:
        numbers = [c for c in columns if all(is_missing(row[c]) or is_number(row[c]) for _, row in table.rows)]
        if not numbers:
            raise unknown_columns(table)
        columns = [next(column for column in columns if column != numbers[-1]), numbers[-1]]
        gene_per_line.check_ranks(columns[1], table.file, None)
    rows = [(line, [cells[column] for column in columns]) for line, cells in table.rows]
    return gene_per_line.of_rows(rows, name, options)


def _refuse_levels(frame: pd.DataFrame | pd.Series, name: str) -> None:
    """InputError for a MultiIndex, of which nothing says which level has the genes."""
    for axis, index in zip(("rows", "columns"), frame.axes, strict=False):
        if isinstance(index, pd.MultiIndex):
            fix = "call reset_index() first" if axis == "rows" else "give its columns one name each"
            raise InputError(f"the table '{name}' has {index.nlevels} levels of {axis}", fix=fix)


def unknown_columns(table: PlainTable) -> InputError:
    """The error for a table that has columns of no known kind."""
    return table.header_error(
        f"no kind of gene list has the columns {', '.join(map(repr, table.columns[:12]))}",
        fix="name the columns gene, log2FoldChange and padj for differential expression; gene and cluster for markers",
    )
