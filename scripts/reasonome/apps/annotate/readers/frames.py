"""Tables in memory: pandas DataFrames and Series, and the marker genes that Scanpy keeps in an AnnData."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from reasonome.apps.annotate.readers.columns import names_genes, roles
from reasonome.apps.annotate.readers.table import Table
from reasonome.core.errors import InputError

_STATISTICS = ("scores", "logfoldchanges", "pvals", "pvals_adj")


def parse_frame(data: pd.DataFrame | pd.Series, name: str, chosen: Mapping[str, str]) -> Table:
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
    text = frame.astype(object).where(frame.notna(), "").astype(str).set_axis(map(str, frame.columns), axis=1)
    if not numbered:
        text.insert(0, "", frame.index.astype(str), allow_duplicates=True)
    text.index = range(1, len(text) + 1)
    by_role = roles(list(text.columns), chosen, None, None)
    return Table(name, text, by_role, chosen=frozenset(chosen))


def is_anndata(data: Any) -> bool:
    """Whether this has the attribute `uns` of an AnnData."""
    return hasattr(data, "uns")


def anndata_markers(adata: Any) -> pd.DataFrame:
    """The marker genes that Scanpy's `rank_genes_groups` wrote to `adata.uns`, a row for each gene of each group.

    Raises InputError where there are none.
    """
    key = "rank_genes_groups"
    ranked = adata.uns.get(key, {})
    if "names" not in ranked:
        entries = ", ".join(map(str, adata.uns)) or "nothing"
        what = f"there is no '{key}' with names of genes in adata.uns, only {entries}"
        raise InputError(what, field="sets", fix="run scanpy.tl.rank_genes_groups(adata, ...) first")
    kept = [statistic for statistic in _STATISTICS if statistic in ranked]
    parts = [
        pd.DataFrame({"group": group, "names": ranked["names"][group], **{key: ranked[key][group] for key in kept}})
        for group in ranked["names"].dtype.names
    ]
    return pd.concat(parts, ignore_index=True)
