"""Files with people's own gene lists: which kind each is, and the lists in it."""

import csv
import io
import os
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

from reasonome.annotation.gene_list import SPECIES, GeneLists
from reasonome.annotation.readers import clusters, differential, gene_per_line, gmt, tabbed
from reasonome.annotation.readers.columns import ROLES, is_decimal_comma, is_number
from reasonome.annotation.readers.frames import from_anndata, from_frame, is_anndata, of_table, unknown_columns
from reasonome.annotation.readers.options import ListOptions
from reasonome.annotation.readers.preamble import without_comments, without_separator
from reasonome.annotation.readers.species import check_species
from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.plain_table import PlainTable, parse, read_text

__all__ = ["KINDS", "ListOptions", "from_anndata", "from_frame", "is_anndata", "read_gene_lists", "stem"]

KINDS = (gmt.KIND, gene_per_line.KIND, clusters.KIND, differential.KIND)
_ENDINGS = (".gz", ".gmt", ".grp", ".rnk", ".txt", ".csv", ".tsv", ".tab", ".list")
_GMT_ENDINGS = (".gmt", ".gmt.gz")
_OTHER_DELIMITERS = {" ": "spaces", "|": "bars (|)"}  # of tables that people have, and that are not guessed
_JSON = re.compile(r'\{\s*["}]')  # an object; a set may be called {x}
_HDF5 = b"\x89HDF\r\n\x1a\n"
_LINES, _CHARACTERS = 50, 10_000  # of the beginning, by which the kind of a file is told


def read_gene_lists(
    path: str | os.PathLike, *, kind: str | None = None, species: str = "human", options: ListOptions | None = None
) -> GeneLists:
    """The gene lists of a file, plain or gzipped; its kind is told by its content unless `kind` is given.

    A file with tabs whose name ends in .gmt is a GMT. Comments (#) at the top, and the line `sep=;` that Excel reads,
    are skipped, which `told` says.
    Lists that cannot be annotated are kept, with an error; so are lists whose ids are those of another species than
    `species` (human or mouse). Raises InputError for a file that is not text or not of the kind, for one of no known
    kind, and for another kind or species than there are.
    """
    path, options = Path(path), options or ListOptions()
    for field, value, valid in (("kind", kind, KINDS), ("species", species, SPECIES)):
        if value is not None and value not in valid:
            raise InputError(f"there is no {field} '{value}'", field=field, fix=nearest(value, valid))
    _refuse_hdf5(path)
    text, _ = read_text(path)
    if not text.strip():
        raise InputError("the file is empty", file=path, fix="give a file with genes in it")
    text, told = without_separator(text)
    kind = kind or _kind(text, path)
    if kind != gene_per_line.KIND:
        text, comments = without_comments(text, sets=kind == gmt.KIND)
        told += comments
    found = _reader(kind)(text, path, options)
    return check_species(replace(found, told=(*found.told, *told)), species)


def _refuse_hdf5(path: Path) -> None:
    if path.is_file():
        with open(path, "rb") as handle:
            if handle.read(len(_HDF5)) == _HDF5:
                raise InputError(
                    "this is an HDF5 file, as h5ad and loom files are",
                    file=path,
                    fix="in Python, give the AnnData to reasonome.annotation.readers.from_anndata(adata), or write "
                    "scanpy.get.rank_genes_groups_df(adata, None) as CSV",
                )


def _kind(text: str, path: Path) -> str | None:
    """The kind of a file by its first lines but comments; None for a table, whose columns tell it."""
    if path.name.lower().endswith(_GMT_ENDINGS) and "\t" in text:
        return gmt.KIND
    content = (line for line in io.StringIO(text, newline=None) if line.strip() and not line.startswith("#"))
    lines = [line.rstrip("\n")[:_CHARACTERS] for line in islice(content, _LINES)]
    if not lines:
        return gene_per_line.KIND
    if tabbed.are_sets(lines) and tabbed.is_gmt(lines, path):
        return gmt.KIND
    header = max((_cells(lines[0], delimiter) for delimiter in ",\t;"), key=len)
    if _JSON.match(lines[0]) or _is_table(header):
        return None
    for delimiter, name in _OTHER_DELIMITERS.items():
        if _is_table(_cells(lines[0], delimiter)):
            raise InputError(
                f"this is a table with {name} between fields", file=path, fix="put commas or tabs between them"
            )
    if len(lines) == 1 and gene_per_line.genes_of_line(lines[0]):
        return gene_per_line.KIND
    tabs = [line.rstrip().count("\t") for line in lines]
    if max(tabs) >= 2 and not _has_fractions(lines):
        return gmt.KIND if tabbed.is_gmt(lines, path) else None
    pair = _is_pair_of_columns(lines) or tabbed.is_pair_of_columns(lines)
    return None if max(tabs) >= 2 or len(header) > 2 or pair else gene_per_line.KIND


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _is_table(header: list[str]) -> bool:
    return clusters.is_long(header) or clusters.is_wide(header) or differential.is_differential(header)


def _has_fractions(lines: list[str]) -> bool:
    """Whether most cells behind the second are numbers with a point: a GMT has genes there, at most whole numbers."""
    cells = [cell for line in lines for cell in line.split("\t")[2:] if cell.strip()]
    return sum(is_number(cell) and not cell.strip().isdigit() for cell in cells) * 2 > len(cells)


def _is_pair_of_columns(lines: list[str]) -> bool:
    """Whether every line has two fields between which a comma or semicolon stands, and no second one is a number."""
    for delimiter in ",;":
        rows = list(csv.reader(lines, delimiter=delimiter))
        if all(len(row) == 2 for row in rows):
            return not any(is_number(row[1]) or is_decimal_comma(row[1]) for row in rows[1:])
    return False


def _reader(kind: str | None) -> Callable[[str, Path, ListOptions], GeneLists]:
    return {
        gmt.KIND: gmt.read,
        gene_per_line.KIND: lambda text, path, options: gene_per_line.read(text, path, stem(path), options),
        clusters.KIND: lambda text, path, options: clusters.read(_table(text, path), options),
        differential.KIND: lambda text, path, options: differential.read(_table(text, path), stem(path), options),
        None: _read_table,
    }[kind]


def _read_table(text: str, path: Path, options: ListOptions) -> GeneLists:
    table = _table(text, path)
    found = of_table(table, stem(path), options)
    if found is not None:
        return found
    if all(is_number(cell) for cell in table.columns[1:]):
        raise table.header_error(
            f"the first line is not a header: it has the numbers {', '.join(table.columns[1:4])}",
            fix="write a first line that names the columns, for example: gene,log2FoldChange,padj",
        )
    raise unknown_columns(table)


def _table(text: str, path: Path) -> PlainTable:
    return parse(text, path, [name for names in ROLES.values() for name in names], row_names=True)


def stem(path: Path) -> str:
    """The file's name without the endings of such files."""
    name = path.name
    while name.lower().endswith(_ENDINGS) and "." in name.lstrip("."):
        name = name[: name.rindex(".")]
    return name
