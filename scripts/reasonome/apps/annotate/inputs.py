"""Users' files: tells their kind, and reads the gene lists in them."""

from dataclasses import replace
from pathlib import Path

from reasonome.apps.annotate.differential import (
    compares_within_groups,
    comparison_columns,
    comparisons,
    read_differential,
    split_note,
)
from reasonome.apps.annotate.lists import GeneLists, read_clusters, read_genes, read_gmt
from reasonome.apps.annotate.table import Table, is_gmt, is_number, listed, parse_table, read_file
from reasonome.config.annotations import Annotation
from reasonome.core.errors import InputError

_READERS = {"differential": read_differential, "genes": read_genes}


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
    """The lists of each comparison in a table. Markers of clusters are no comparisons."""
    kind = settings.kind or _kind(table)
    if table.frame.empty and kind != "genes":
        raise table.error("there are no rows in this table", fix="give a gene in each row below the header")
    if kind == "clusters":
        return [read_clusters(table, settings)]
    parts = [replace(_READERS[kind](part, settings), comparison=name) for name, part in comparisons(table)]
    if len(parts) == 1:
        return parts
    first, *others = parts
    note = split_note(table, [part.comparison for part in parts])
    # What holds of all of them is said once.
    others = [replace(part, notes=tuple(said for said in part.notes if said not in first.notes)) for part in others]
    return [replace(first, notes=(note, *first.notes)), *others]


def _kind(table: Table) -> str:
    """The kind of a table, by its columns. Raises InputError where they do not decide it."""
    roles = set(table.columns)
    is_differential = "log2_fold_change" in roles and bool(roles & {"adjusted_p", "p"})
    if {"gene", "group"} <= roles and not (is_differential and compares_within_groups(table)):
        return "clusters"
    if is_differential:
        return "differential"
    others = [column for column in table.header if column not in comparison_columns(table)]
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
