"""A list of genes, one a line, named as its file; a number behind the gene ranks it."""

import io
import math
import re
from collections.abc import Iterable
from pathlib import Path

from reasonome.annotation.gene_list import GeneLists, ListedGene
from reasonome.annotation.readers.checked import checked, counted, some
from reasonome.annotation.readers.columns import NAMED_GENE_COLUMNS, is_missing, is_number, key, number
from reasonome.annotation.readers.options import ListOptions
from reasonome.errors import InputError

KIND = "genes"
_SEPARATOR = re.compile(r"\s*[\t,;]\s*|\s+")


def read(text: str, path: Path, name: str, options: ListOptions) -> GeneLists:
    """The list of a file; lines that begin with # are comments, and the first line may name the columns.

    Raises InputError for a line of more than two fields, a second field that is no number, and a file without genes.
    """
    lines = enumerate(io.StringIO(text, newline=None), 1)
    rows = [(at, _fields(line.strip())) for at, line in lines if line.strip() and not line.lstrip().startswith("#")]
    return of_rows(rows, path, name, options)


def of_rows(rows: list[tuple[int, list[str]]], path: Path | None, name: str, options: ListOptions) -> GeneLists:
    """The list of (line, [gene] or [gene, number]) rows, the first perhaps a header; raises what `read` does."""
    if rows and _is_header(rows[0][1], rows[1:]):
        rows = rows[1:]
    genes = []
    for line, fields in rows:
        if len(fields) > 2 or (len(fields) == 2 and not (is_missing(fields[1]) or is_number(fields[1]))):
            raise InputError(
                f"expected one gene, or a gene and a number, found '{' '.join(fields)[:60]}'",
                file=path,
                line=line,
                fix="write one gene a line; a table needs a header that names its columns, and a GMT needs tabs",
            )
        weight = number(fields[1], path, line, "the second field") if len(fields) == 2 else None
        genes.append(ListedGene(fields[0], weight))
    if not genes:
        raise InputError("there is no gene in the file", file=path, fix="write one gene a line")
    ranked = any(gene.weight is not None for gene in genes)
    told = [f"read as one list of {counted(len(genes), 'line')}, one gene a line"]
    flags = []
    if ranked:
        genes, flags = _ranked(genes)
        told.append("genes in the order of the number behind them, the highest first")
        if options.top is not None and options.top < len(genes):
            told.append(f"the first {options.top:,} of {len(genes):,} genes are taken")
            genes = genes[: options.top]
    idle = options.unused("top") if ranked else options.unused()
    return GeneLists((checked(name, genes, flags=flags),), KIND, (*told, *idle))


def _fields(line: str) -> list[str]:
    return [field.strip('"') for field in _SEPARATOR.split(line)]


def _is_header(fields: list[str], others: Iterable[tuple[int, list[str]]]) -> bool:
    """Whether the first row names its columns: by a word for genes, or by a text where all others have a number."""
    if key(fields[0]) in NAMED_GENE_COLUMNS:
        return True
    if len(fields) != 2 or is_missing(fields[1]) or is_number(fields[1]):
        return False
    others = [row for _, row in others]
    return bool(others) and all(len(row) == 2 and (is_missing(row[1]) or is_number(row[1])) for row in others)


def _ranked(genes: list[ListedGene]) -> tuple[list[ListedGene], list[str]]:
    """The genes by falling weight, those without one last, and flags; infinite weights are dropped (JSON has none)."""
    order = sorted(genes, key=lambda gene: -math.inf if gene.weight is None else gene.weight, reverse=True)
    flags = []
    if endless := [gene.written for gene in order if gene.weight is not None and math.isinf(gene.weight)]:
        flags.append(f"ranked by an infinite number: {some(endless)}")
    if bare := [gene.written for gene in order if gene.weight is None]:
        flags.append(f"without a number, and so last: {some(bare)}")
    finite = [gene if gene.weight is None or math.isfinite(gene.weight) else ListedGene(gene.written) for gene in order]
    return finite, flags
