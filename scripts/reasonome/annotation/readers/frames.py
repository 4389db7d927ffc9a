"""Tables that are in memory: pandas DataFrames and Series, and the marker genes that Scanpy keeps in an AnnData."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from reasonome.annotation.readers.columns import names_genes, roles
from reasonome.annotation.readers.table import Table
from reasonome.core.errors import InputError

_STATISTICS = ("scores", "logfoldchanges", "pvals", "pvals_adj")


def table_of_frame(given: pd.DataFrame | pd.Series, name: str, chosen: Mapping[str, str]) -> Table:
    """The table as a file of it would have it; `name` stands for the file's.

    The index counts as the column of row names unless it only numbers the rows; a Series of numbers ranks the genes in
    its index, unless that only numbers them or the name says that the numbers are genes. InputError for no rows.
    """
    numbered = isinstance(given.index, pd.RangeIndex)
    if isinstance(given, pd.Series):
        ranks = is_numeric_dtype(given) and not numbered and not names_genes(str(given.name))
        numbered = not ranks
        frame = given.to_frame("score" if ranks and given.name is None else given.name)
    else:
        numbered = not given.index.name and (numbered or is_integer_dtype(given.index))
        frame = given
    if not len(frame):
        raise InputError(f"there are no rows in the table '{name}'", fix="give a table with at least one gene")
    text = frame.astype(object).where(frame.notna(), "").astype(str).set_axis(map(str, frame.columns), axis=1)
    if not numbered:
        text.insert(0, "", frame.index.astype(str), allow_duplicates=True)
    text.index = range(1, len(text) + 1)
    return Table(name, text, roles(list(text.columns), chosen, None, None))


def is_anndata(given: Any) -> bool:
    """Whether this has an AnnData's `uns`; a table may have a column of that name."""
    return hasattr(given, "uns") and not isinstance(given, pd.DataFrame | pd.Series)


def markers_of_anndata(adata: Any) -> pd.DataFrame:
    """The marker genes that Scanpy's `rank_genes_groups` left in `adata.uns`, a row for each gene of each group.

    InputError where there are none.
    """
    key = "rank_genes_groups"
    ranked = adata.uns.get(key, {})
    if "names" not in ranked:
        found = ", ".join(map(str, adata.uns)) or "nothing"
        what = f"there is no '{key}' with names of genes in adata.uns, only {found}"
        raise InputError(what, field="sets", fix="run scanpy.tl.rank_genes_groups(adata, ...) first")
    kept = [statistic for statistic in _STATISTICS if statistic in ranked]
    parts = [
        pd.DataFrame({"group": group, "names": ranked["names"][group], **{key: ranked[key][group] for key in kept}})
        for group in ranked["names"].dtype.names
    ]
    return pd.concat(parts, ignore_index=True)
