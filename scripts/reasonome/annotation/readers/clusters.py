"""Marker genes of clusters: Seurat's FindAllMarkers, Scanpy's rank_genes_groups, and tables of one column a cluster."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from reasonome.annotation.gene_list import GeneList, GeneLists
from reasonome.annotation.readers.checked import checked, counted, uniquely_named
from reasonome.annotation.readers.columns import (
    NAMED_GENE_COLUMNS,
    is_decimal_comma,
    is_missing,
    is_number,
    key,
    not_used,
    number,
    p_value,
    placed,
    roles,
    used,
)
from reasonome.annotation.readers.options import MARKER_LOG2_FOLD_CHANGE, MARKERS, ListOptions
from reasonome.annotation.readers.statistics import GeneStatistics, Thresholds, infinite, read_rows
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import PlainTable

KIND = "clusters"
# Scanpy's columns `0_n`, `0_p` of a cluster 0: the first letter of names, pvals and so on, or the word.
_WIDE = re.compile(r"(.+)_(names|n|pvals_adj|pvals|p|logfoldchanges|l|scores|s)")
_ROW_NUMBERS = {"", "unnamed0", "index"}


def is_long(columns: Iterable[str]) -> bool:
    """Whether a table has a row for each gene of each cluster."""
    return {"gene", "group"} <= roles(columns).keys()


def is_wide(columns: Iterable[str]) -> bool:
    """Whether a table has the columns of Scanpy's export for each cluster."""
    return any((match := _WIDE.fullmatch(column)) and match[2] in ("n", "names") for column in columns)


def is_columns_of_genes(table: PlainTable) -> bool:
    """Whether a table has a column for each cluster, with nothing but names in it."""
    columns = _columns_of_genes(table)
    if len(columns) < 2 or any(key(column) in NAMED_GENE_COLUMNS for column in columns):
        return False
    cells = [row[column].strip() for _, row in table.rows for column in columns]
    # Words are no gene symbols, and numbers may be statistics.
    return all(not cell or not (is_number(cell) or is_decimal_comma(cell) or " " in cell) for cell in cells)


def read(table: PlainTable, options: ListOptions) -> GeneLists:
    """One list for each cluster: its positive markers that pass the thresholds, the best first, `top` at most.

    Best is by score, else by adjusted p, then by p, then by fold change. InputError where a column is there twice or a
    cell is no number, where the rows have numbers in place of genes, and where the table has none of these layouts.
    """
    if is_long(table.columns):
        return _read_long(table, options)
    if is_wide(table.columns):
        return _read_wide(table, options)
    statistics = roles(table.columns).keys() & {"adjusted p", "log2 fold change"}
    if len(_columns_of_genes(table)) > 1 and not statistics:
        return _read_columns_of_genes(table, options)
    raise table.header_error(
        f"there are no clusters in the columns {', '.join(map(repr, table.columns))}",
        fix="give a column 'gene' and a column 'cluster', or one column of genes for each cluster",
    )


def _read_long(table: PlainTable, options: ListOptions) -> GeneLists:
    found = placed(table)
    rows = read_rows(table, found)
    groups: dict[str, list[GeneStatistics]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    told = [
        f"read as markers of {counted(len(groups), 'cluster')}{_program(table.columns)}",
        used(found, ["gene", "group", "adjusted p", "log2 fold change", "statistic"]),
        *not_used(table, found),
    ]
    if key(found.get("log2 fold change", "")) == "avglogfc":
        told.append("'avg_logFC' is to base e (Seurat before version 4), and was converted to log2")
    if "adjusted p" not in found and "p" in found:
        told.append(f"'{found['p']}' was not looked at: it is not adjusted for many tests")
    if left_out := len(table.rows) - len(rows):
        told.append(f"in no set: {counted(left_out, 'row')} without a gene")
    ranked = bool(found.keys() & {"adjusted p", "p", "log2 fold change", "statistic"})
    return _lists(groups, found.keys() & {"adjusted p", "log2 fold change"}, ranked, table, options, told)


def _read_wide(table: PlainTable, options: ListOptions) -> GeneLists:
    found: dict[str, dict[str, str]] = {}
    for column in table.columns:
        if match := _WIDE.fullmatch(column):
            table.place(column)
            found.setdefault(match[1], {})[match[2]] = column
    found = {group: columns for group, columns in found.items() if columns.keys() & {"n", "names"}}
    groups = {group: [_wide_row(table, at, columns) for at in table.rows] for group, columns in found.items()}
    groups = {group: [row for row in rows if row.gene] for group, rows in groups.items()}
    words = set().union(*found.values())
    told = [f"read as markers of {counted(len(groups), 'cluster')}, one block of columns each (Scanpy)"]
    if words & {"p", "pvals"} and "pvals_adj" not in words:
        told.append("p values were not looked at: columns called _p do not say whether they are adjusted")
    has = {"adjusted p"} if "pvals_adj" in words else set()
    has |= {"log2 fold change"} if words & {"l", "logfoldchanges"} else set()
    return _lists(groups, has, True, table, options, told)


def _wide_row(table: PlainTable, at: tuple[int, dict[str, str]], columns: dict[str, str]) -> GeneStatistics:
    line, cells = at

    def value(read, *words: str) -> float | None:
        column = next((columns[word] for word in words if word in columns), None)
        return None if column is None else read(cells[column], table.file, line, column)

    name = next(cells[columns[word]] for word in ("n", "names") if word in columns).strip()
    return GeneStatistics(
        line,
        "" if is_missing(name) else name,
        adjusted_p=value(p_value, "pvals_adj"),
        log2_fold_change=value(number, "l", "logfoldchanges"),
        statistic=value(number, "s", "scores"),
    )


def _read_columns_of_genes(table: PlainTable, options: ListOptions) -> GeneLists:
    columns = [table.place(column) for column in _columns_of_genes(table)]
    groups = {
        column: [
            GeneStatistics(line, cells[column].strip()) for line, cells in table.rows if not is_missing(cells[column])
        ]
        for column in columns
    }
    told = [f"read as {counted(len(columns), 'column')} of genes, one list each, the first row the strongest"]
    return _lists(groups, set(), True, table, options, told)


def _lists(
    groups: dict[str, list[GeneStatistics]],
    has: Collection[str],
    ranked: bool,
    table: PlainTable,
    options: ListOptions,
    told: list[str],
) -> GeneLists:
    if not groups:
        raise InputError(
            "there is no gene set in the table: no row has a gene",
            file=table.file,
            fix="give a column of genes; for a GMT give `--kind gmt`",
        )
    change = MARKER_LOG2_FOLD_CHANGE if options.log2_fold_change is None else options.log2_fold_change
    adjusted_p = options.adjusted_p if "adjusted p" in has else None
    thresholds = Thresholds(adjusted_p, change if "log2 fold change" in has else None, either_way=False)
    top = MARKERS if options.top is None else options.top
    lists = uniquely_named(_list(group, rows, thresholds, top, ranked) for group, rows in groups.items())
    place = "row" if table.file is None else "line"
    lists = tuple(replace(one, place=f"{place} {one.place}") if one.place else one for one in lists)
    rule = str(thresholds) or "the table has no statistics to filter by"
    told.append(f"markers that go up are taken ({rule}), {top:,} of a cluster at most")
    told += [f"{one.name}: {one.description or one.error}" for one in lists]
    roles_of = {"adjusted_p": "adjusted p", "log2_fold_change": "log2 fold change"}
    idle = {option: f"the table has no column of the {role}" for option, role in roles_of.items() if role not in has}
    idle["split"] = "markers are the genes that go up"
    return GeneLists(lists, KIND, (*told, *options.unused(idle)))


def _list(group: str, rows: list[GeneStatistics], thresholds: Thresholds, top: int, ranked: bool) -> GeneList:
    passing = [row for row in rows if thresholds.passes(row)]
    if any(row.statistic is not None for row in passing):
        passing.sort(key=lambda row: -(row.statistic or 0))
    else:
        passing.sort(key=_by_p)
    taken = passing[:top]
    name = f"cluster {group}" if group.isdigit() else group or "without a cluster"
    return checked(
        name,
        [row.listed() for row in taken],
        ranked,
        description=f"{len(taken):,} of {counted(len(passing), 'marker')} that pass, {len(rows):,} in the table",
        place=str(rows[0].line) if rows else "",
        flags=infinite(taken),
        empty=f"none of {counted(len(rows), 'gene')} passes: loosen the thresholds, or leave this cluster out",
    )


def _by_p(row: GeneStatistics) -> tuple[float, float, float]:
    return (
        1.0 if row.adjusted_p is None else row.adjusted_p,
        1.0 if row.p is None else row.p,
        -(row.log2_fold_change or 0),
    )


def _columns_of_genes(table: PlainTable) -> list[str]:
    """All columns but that of row numbers."""
    return [column for column in table.columns if key(column) not in _ROW_NUMBERS]


def _program(columns: Iterable[str]) -> str:
    keys = set(map(key, columns))
    if {"pct1", "pct2"} <= keys:
        return " (Seurat)"
    return " (Scanpy)" if {"names", "scores"} <= keys else ""
