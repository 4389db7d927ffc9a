"""Marker genes of clusters: Seurat's FindAllMarkers, Scanpy's rank_genes_groups, and tables of one column a cluster."""

import pandas as pd

from reasonome.apps.annotate.gene_list import GeneList, GeneLists, ListedGene, checked, uniquely_named
from reasonome.apps.annotate.readers.columns import is_missing, listed
from reasonome.apps.annotate.readers.table import STATISTICS, Table, first_rows, listed_genes, unused
from reasonome.config import Annotation
from reasonome.facts.text import counted

LOG2_FOLD_CHANGE = 0.25  # the default of Seurat's FindAllMarkers
TOP = 100  # genes of a cluster
_ROW_NUMBERS = ("", "Unnamed: 0", "index")


def read(table: Table, settings: Annotation) -> GeneLists:
    """One list for each cluster: its positive markers that pass the thresholds, the best first, `top` at most.

    The order is by score, else by adjusted p, p and fold change. A table without a column of clusters must have a
    column of genes for each cluster. Raises InputError.
    """
    if "group" not in table.columns:
        return _columns_of_genes(table, settings)
    rows = table.statistics()
    if rows.empty:
        raise table.error("there is no gene set in the table: no row has a gene", fix="give a column of genes")
    passing, rule = _passing(rows, table, settings)
    ranked = any(role in table.columns for role in STATISTICS)
    top = settings.top or TOP
    lists = []
    for group, group_rows in rows.groupby("group", sort=False):
        markers, keys = _best_first(passing[passing["group"] == group])
        best, flags = first_rows(markers, keys, top, settings.seed) if ranked else (markers[:top], [])
        genes = listed_genes(best, best["log2_fold_change"].fillna(best["statistic"]))
        description = f"{len(best):,} of {counted(len(markers), 'marker')} that pass, {len(group_rows):,} in the table"
        place = f"{'row' if table.file is None else 'line'} {group_rows.index[0]}"
        empty = f"none of {counted(len(group_rows), 'gene')} passes: loosen the thresholds, or leave this cluster out"
        direction = f"higher in {_name(group)} than in the others"
        lists.append(checked(_name(group), genes, ranked, description, place, flags, empty, direction))
    notes = [
        f"read as markers of {counted(len(lists), 'cluster')}",
        table.used(),
        f"markers that go up are taken ({rule}), {top:,} of a cluster at most",
    ]
    if "adjusted_p" not in table.columns and "p" in table.columns:
        notes.append(f"'{table.columns['p']}' was not looked at: it is not adjusted for many tests")
    if left_out := len(table.frame) - len(rows):
        notes.append(f"in no set: {counted(left_out, 'row')} without a gene")
    return _lists(lists, notes, table, settings)


def _passing(rows: pd.DataFrame, table: Table, settings: Annotation) -> tuple[pd.DataFrame, str]:
    """The rows of upregulated markers that pass the thresholds, and the rule as text."""
    rule = []
    if "adjusted_p" in table.columns:
        rows = rows[rows["adjusted_p"] <= settings.adjusted_p]
        rule.append(f"adjusted p ≤ {settings.adjusted_p:g}")
    if "log2_fold_change" in table.columns:
        change = LOG2_FOLD_CHANGE if settings.log2_fold_change is None else settings.log2_fold_change
        rows = rows[(rows["log2_fold_change"] >= change) & (rows["log2_fold_change"] != 0)]
        rule.append(f"log2 fold change ≥ {change:g}")
    elif "statistic" in table.columns:
        rows = rows[rows["statistic"].isna() | (rows["statistic"] > 0)]
        rule.append(f"{table.columns['statistic']} > 0")
    return rows, " and ".join(rule) or "the table has no statistics to filter by"


def _best_first(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows, the best first, and what they are sorted by."""
    if rows["statistic"].notna().any():
        keys = rows[["statistic"]].fillna(0).sort_values("statistic", ascending=False, kind="stable")
    else:
        filled = rows.fillna({"adjusted_p": 1, "p": 1, "log2_fold_change": 0})
        by = ["adjusted_p", "p", "log2_fold_change"]
        keys = filled[by].sort_values(by, ascending=[True, True, False])
    return rows.loc[keys.index], keys


def _columns_of_genes(table: Table, settings: Annotation) -> GeneLists:
    columns = [column for column in table.header if column not in _ROW_NUMBERS]
    if len(columns) < 2 or {"adjusted_p", "log2_fold_change"} & table.columns.keys():
        what = f"there are no clusters in the columns {listed(table.header)}"
        fix = "say which they are: `--columns gene=NAME,group=NAME`; or give a column of genes for each cluster"
        raise table.error(what, fix=fix)
    top = settings.top or TOP
    lists = []
    for place, column in enumerate(table.header):
        if column in columns:
            genes = [cell for cell in table.frame.iloc[:, place] if not is_missing(cell)]
            description = f"{min(top, len(genes)):,} of {counted(len(genes), 'gene')} in the table"
            lists.append(checked(_name(column), map(ListedGene, genes[:top]), True, description))
    notes = [
        f"read as {counted(len(columns), 'column')} of genes, one list each, the first row the strongest",
        f"{top:,} genes of a list are taken at most",
    ]
    return _lists(lists, notes, table, settings)


def _lists(lists: list[GeneList], notes: list[str], table: Table, settings: Annotation) -> GeneLists:
    lists = uniquely_named(lists)
    notes += [f"{gene_list.name}: {gene_list.description or gene_list.error}" for gene_list in lists]
    unused_options = []
    for role in ("adjusted_p", "log2_fold_change"):
        if role not in table.columns:
            unused_options += unused(settings, f"the table has no column of the {role.replace('_', ' ')}", [role])
    unused_options += unused(settings, "markers are the genes that go up", ["split", "contrast"])
    unused_options += unused(settings, "it needs a number for all genes that were tested", ["gsea"])
    return GeneLists(lists, "clusters", (*notes, *unused_options))


def _name(group: str) -> str:
    return f"cluster {group}" if group.isdigit() else group or "without a cluster"
