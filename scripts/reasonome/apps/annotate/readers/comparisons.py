"""Several comparisons in one table: the columns that say which one a row is of, and a table of each."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from reasonome.apps.annotate.readers.columns import ALIASES, is_missing, key, listed
from reasonome.apps.annotate.readers.table import Table, repeated_genes
from reasonome.facts.text import counted, some

# Columns of these names say that statistics are of a comparison, also where all rows are of the same one.
_ALWAYS = ("contrast", "comparison", "coef")
_FEWEST_ROWS = 10  # of a value, on average, in a column whose name does not say that it tells comparisons apart
_MOST_REPEATED = 0.2  # the share of genes that stand in several rows for other reasons, such as several probes


def comparison_columns(table: Table) -> list[str]:
    """The columns that say which comparison a row is of: the chosen one, else all that are called so.

    A column whose values have less than two rows each, on average, does not count.
    """
    if "comparison" in table.chosen:
        return [table.columns["comparison"]]
    called = [column for column in _once(table.header) if key(column) in ALIASES["comparison"]]
    if "group" in table.chosen and table.columns["group"] in called:
        called.remove(table.columns["group"])
    return [column for column in called if 2 * table.frame[column].nunique() <= len(table.frame)]


def compares_within_groups(table: Table) -> bool:
    """Whether rows of the same group are of several comparisons, or of one that has a column of its own.

    A column that only names the groups, as "T cells" beside cluster 3, compares nothing.
    """
    columns = comparison_columns(table)
    if "comparison" in table.chosen or any(key(column) in _ALWAYS for column in columns):
        return True
    groups = table.frame.groupby(table.columns["group"], sort=False)
    return any((groups[column].nunique() > 1).any() for column in columns)


def split(table: Table) -> Iterator[tuple[str, Table]]:
    """(name of a comparison, its rows) in the order of the table; one without a name where it has a single one.

    Raises InputError where genes stand in several rows with other numbers that a further column tells apart.
    """
    columns = _splitting(table)
    if not columns:
        _refuse_mixed(table)
        yield "", table
        return
    for _, rows in table.frame.groupby(columns, sort=False):
        values = [(column, rows[column].iloc[0]) for column in columns]
        name = ", ".join(f"without a {column}" if is_missing(value) else value for column, value in values)
        part = replace(table, name=f"{table.name} {name}", frame=rows)
        _refuse_mixed(part)
        yield name, part


def split_note(table: Table, names: list[str]) -> str:
    """A sentence on the columns by which a table was split, and how many comparisons there are."""
    columns = listed(_splitting(table))
    return f"{counted(len(names), 'comparison')} by {columns}, each with its own lists: {some(names)}"


def _splitting(table: Table) -> list[str]:
    """The columns of groups and of comparisons that have several values."""
    columns = comparison_columns(table)
    if "group" in table.columns and table.columns["group"] not in columns:
        columns.insert(0, table.columns["group"])
    return [column for column in columns if table.frame[column].nunique() > 1]


def _once(header: list[str]) -> list[str]:
    """The columns whose names no other column has."""
    return [column for column in header if header.count(column) == 1]


def _refuse_mixed(table: Table) -> None:
    """Raise InputError where a further column tells apart the rows of genes that have several with other numbers."""
    if "gene" not in table.columns or not {"log2_fold_change", "statistic"} & table.columns.keys():
        return
    rows = table.statistics()
    repeated = repeated_genes(rows)
    if len(repeated) <= _MOST_REPEATED * rows["gene"].nunique():
        return
    for column in _once(table.header):
        if column not in table.columns.values() and _tells_apart(table.frame[column].loc[rows.index], rows):
            genes = counted(len(repeated), "gene stands", "genes stand")
            what = f"{genes} in several rows with other numbers, and '{column}' tells these rows apart"
            fix = (
                f"if it says which comparison a row is of, `--columns comparison={column}` makes lists of each; else "
                "leave it out, and the strongest row of a gene counts"
            )
            raise table.error(what, field=column, fix=fix)


def _tells_apart(column: pd.Series, rows: pd.DataFrame) -> bool:
    """Whether a column has few values, and no gene stands twice with the same one."""
    values = column.nunique()
    if values < 2 or values * _FEWEST_ROWS > len(rows):
        return False
    return not pd.DataFrame({"gene": rows["gene"], "value": column}).duplicated().any()
