"""Genes that differ between two conditions: tables of DESeq2, edgeR, limma, Scanpy and Seurat."""

import math
from collections.abc import Collection, Iterable

from reasonome.annotation.gene_list import GeneList, GeneLists
from reasonome.annotation.readers.checked import checked, counted, some
from reasonome.annotation.readers.columns import key, not_used, placed, roles, used
from reasonome.annotation.readers.options import LOG2_FOLD_CHANGE, ListOptions
from reasonome.annotation.readers.statistics import GeneStatistics, Thresholds, infinite, read_rows
from reasonome.facts.files.plain_table import PlainTable

KIND = "differential"
# The program and the columns that only its tables have.
_PROGRAMS = {
    "DESeq2": {"basemean"},
    "edgeR": {"logcpm"},
    "limma": {"aveexpr"},
    "Scanpy": {"names", "scores"},
    "Seurat": {"pct1", "pct2"},
}
_NEEDED = ("gene", "adjusted p", "log2 fold change")


def is_differential(columns: Iterable[str]) -> bool:
    """Whether a table has a fold change and a p value, so that it is one of these."""
    found = roles(columns).keys()
    return "log2 fold change" in found and bool(found & {"adjusted p", "p"})


def read(table: PlainTable, name: str, options: ListOptions) -> GeneLists:
    """The genes that pass the thresholds, by falling |statistic|, else |log2 fold change|: one list, or up and down.

    The universe are the genes whose p value is known: those that a filter took the adjusted one from were measured, and
    those without any p value were not tested. InputError for a missing or repeated column, a cell that is no
    number, a p value that cannot be, and a table without any adjusted p.
    """
    found = placed(table)
    if missing := [role for role in _NEEDED if role not in found]:
        raise table.header_error(
            f"there is no column of the {' or the '.join(missing)} among {', '.join(map(repr, table.columns))}",
            field=missing[0],
            fix="name the columns as DESeq2 does: gene, log2FoldChange, padj",
        )
    rows = read_rows(table, found)
    if rows and all(row.adjusted_p is None for row in rows):
        raise table.header_error(
            "no gene has an adjusted p value",
            field=found["adjusted p"],
            fix="export the table again with adjusted p values; DESeq2 leaves them out of genes with few counts only",
        )
    change = LOG2_FOLD_CHANGE if options.log2_fold_change is None else options.log2_fold_change
    thresholds = Thresholds(options.adjusted_p, change, either_way=True)
    passing = sorted(filter(thresholds.passes, rows), key=_strength, reverse=True)
    up = [row for row in passing if row.log2_fold_change > 0]
    down = [row for row in passing if row.log2_fold_change < 0]
    parts = {f"{name} up": up, f"{name} down": down} if options.split else {name: passing}
    program = next((of for of, columns in _PROGRAMS.items() if columns <= set(map(key, table.columns))), "")
    told = [
        f"read as differential expression{f' ({program})' if program else ''} of {counted(len(rows), 'gene')}",
        used(found, ["gene", "adjusted p", "log2 fold change", "statistic"]),
        *not_used(table, found),
        f"{len(passing):,} of {counted(len(rows), 'gene')} pass ({thresholds}): {len(up):,} up, {len(down):,} down",
        *_left_out(table, rows),
    ]
    if options.top is not None:
        by = f"|{found['statistic']}|" if "statistic" in found else "|log2 fold change|"
        told.append(f"{counted(options.top, 'gene')} of a list at most, those of the largest {by}")
    both = {row.gene for row in up} & {row.gene for row in down}
    lists = tuple(_list(title, rows, str(thresholds), options.top, both) for title, rows in parts.items())
    universe, sentence = _universe(rows)
    return GeneLists(lists, KIND, (*told, sentence), universe)


def _list(name: str, rows: list[GeneStatistics], rule: str, top: int | None, both: Collection[str]) -> GeneList:
    taken = rows[:top]
    return checked(
        name,
        [row.listed() for row in taken],
        ranked=True,
        description=f"{len(taken):,} of {counted(len(rows), 'gene')} with {rule}",
        flags=(*infinite(taken), *_contrary(taken, both)),
        empty=f"no gene passes ({rule}): loosen the thresholds",
    )


def _contrary(rows: Iterable[GeneStatistics], both: Collection[str]) -> tuple[str, ...]:
    """The flag for genes of which one row passes upwards and another downwards."""
    genes = list(dict.fromkeys(row.gene for row in rows if row.gene in both))
    return (f"in the table as up and as down: {some(genes)}",) if genes else ()


def _universe(rows: list[GeneStatistics]) -> tuple[tuple[str, ...], str]:
    """The genes that were tested, and the sentence that says which those are."""
    has_p = any(row.p is not None for row in rows)
    tested = [row for row in rows if (row.p if has_p else row.adjusted_p) is not None]
    genes = tuple(dict.fromkeys(row.gene for row in tested))
    of = "a p value" if has_p else "an adjusted p value"
    told = f"tested, and so the universe unless `--universe` is given: {counted(len(genes), 'gene')} with {of}"
    if filtered := sum(row.adjusted_p is None for row in tested):
        told += f", {filtered:,} of them without an adjusted one, which a filter took"
    if left := len(rows) - len(tested):
        why = "not tested" if has_p else "perhaps tested, which only p values would say"
        told += f"; {why}: {counted(left, 'row')} without one"
    return genes, told


def _strength(row: GeneStatistics) -> tuple[float, float]:
    """What orders the genes: the statistic where there is one, then the fold change."""
    return abs(row.statistic) if row.statistic is not None else -math.inf, abs(row.log2_fold_change)


def _left_out(table: PlainTable, rows: list[GeneStatistics]) -> list[str]:
    counts = {
        "without a gene": len(table.rows) - len(rows),
        "without an adjusted p value (NA)": sum(row.adjusted_p is None for row in rows),
        "with an adjusted p value, without a fold change (NA)": sum(
            row.adjusted_p is not None and row.log2_fold_change is None for row in rows
        ),
    }
    return [f"in no set: {counted(count, 'row')} {what}" for what, count in counts.items() if count]
