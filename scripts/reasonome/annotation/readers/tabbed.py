"""What lines with tabs are where no column tells it: sets of a GMT, or a column of genes for each cluster."""

import re
from collections.abc import Sequence
from pathlib import Path

from reasonome.annotation.readers.columns import NAMED_GENE_COLUMNS, ROLES, is_missing, is_number, key
from reasonome.core.errors import InputError

# Ids, and what symbols of humans and mice look like: no spaces or underscores, which names of sets and columns have.
_GENE = re.compile(
    r"\d+|ENS[A-Z]*G\d{11}(\.\d+)?(_PAR_Y)?|(HGNC|MGI):\d+|(mt-)?[A-Z][A-Za-z0-9]{0,14}([-.][A-Za-z0-9]{1,8}){0,2}"
)
_NAMED = {name for names in ROLES.values() for name in names}


def is_gmt(lines: Sequence[str], path: Path) -> bool:
    """Whether lines with two tabs and more are a GMT, not columns of genes under a header.

    InputError where they may be either, and for a single line of nothing but genes.
    """
    rows = _rows(lines)
    if len(rows) == 1:
        name, description = rows[0][:2]
        if name != description and _is_gene(name) and _is_gene(description):
            raise InputError(
                f"this is one line with tabs, and its name '{name}' and description '{description}' look like genes",
                file=path,
                fix="write one gene a line, or commas instead of tabs; for a GMT of one set give `--kind gmt`",
            )
        return True
    if not _has_genes_below(rows):
        return True
    header = rows[0]
    if header[0] and all(map(_is_gene, header[2:])):
        raise InputError(
            "this may be a GMT, or a table with a column of genes for each cluster",
            file=path,
            fix="give `--kind gmt` or `--kind clusters`",
        )
    return False


def are_sets(lines: Sequence[str]) -> bool:
    """Whether every line has symbols of genes from its third field on, also the first, which is then no header.

    So a set called "cluster" is no column. Three symbols at least, as a header may have one or two that look like it.
    """
    first, *rest = _rows(lines)
    if len(first) < 5 or any(key(cell) in _NAMED for cell in first[2:]) or key(first[0]) in NAMED_GENE_COLUMNS:
        return False
    cells = [cell for row in [first, *rest] for cell in row[2:] if cell]
    return all(_is_gene(cell) and not is_number(cell) for cell in cells)


def is_pair_of_columns(lines: Sequence[str]) -> bool:
    """Whether these are two columns of genes under a header that is no pair of genes."""
    rows = _rows(lines)
    if len(rows[0]) != 2 or not _has_genes_below(rows) or any(is_number(row[1]) for row in rows[1:]):
        return False
    return not all(map(_is_gene, rows[0]))


def _rows(lines: Sequence[str]) -> list[list[str]]:
    return [[cell.strip().strip('"') for cell in line.split("\t")] for line in lines]


def _has_genes_below(rows: Sequence[Sequence[str]]) -> bool:
    """Whether all rows are as wide as the first, and the two first columns have genes below it, each once.

    The second field of a GMT is a description: a sentence, "na", an address, or the name again.
    """
    header, *rest = rows
    if len(rest) < 2 or any(len(row) != len(header) for row in rest) or len(set(header)) < len(header):
        return False
    if not all(header[1:]) or all(row[0] == row[1] for row in rest):
        return False
    return all(_are_genes([row[column] for row in rest]) for column in (0, 1))


def _are_genes(cells: Sequence[str]) -> bool:
    """Whether these are different genes, with blank cells behind the last alone."""
    genes = [cell for cell in cells if cell]
    return bool(genes) and genes == cells[: len(genes)] and len(set(genes)) == len(genes) and all(map(_is_gene, genes))


def _is_gene(cell: str) -> bool:
    return not is_missing(cell) and bool(_GENE.fullmatch(cell))
