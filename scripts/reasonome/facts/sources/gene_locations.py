"""Gene locations: MAGMA's .gene.loc, or a table with a header; positions are 1-based, both ends included."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.files.text_file import lines

CHROMOSOMES = (*map(str, range(1, 23)), "X", "Y", "MT")
# Usual names of columns, in any case; several identifiers of a row are tried in this order.
IDENTIFIERS = ("ensembl_gene_id", "gene_id", "entrez_id", "hgnc_id", "symbol", "gene_symbol", "gene_name", "gene")
PLACES = {"chromosome": ("chromosome", "chr", "chrom"), "start": ("start",), "end": ("end", "stop")}
_NUMBERED = {"23": "X", "24": "Y", "26": "MT", "M": "MT"}
_MAGMA = re.compile(r"\S+\s+\S+\s+\d+\s+\d+(\s+\S+){0,2}\s*")
_FIX = "give MAGMA's .gene.loc (id, chromosome, start, end, strand, symbol), or a table with those columns in a header"

# A place in one text, perhaps with alleles and a build: 1:55039974, chr1:55,039,974:G:A, 1_55039974_G_A_b38.
_PLACE = re.compile(
    r"(?P<chromosome>(?:chr)?[0-9a-z.]+)[:_-](?P<position>[0-9][0-9,]*(?:\.0)?)"
    r"(?:[:_-][acgtn*:_/>,-]+?)?(?:[:_](?P<build>b3[678]|hg1[89]|hg38|grch3[78]))?",
    re.IGNORECASE,
)
_FIRST_GENE = 10_000  # no gene is before it: a smaller number numbers loci, as in 12:1
GRCH38 = re.compile(r"(?:grch|hg|b|build)?\s*38(?:\.?p\d+)?", re.IGNORECASE)
LIFT = "lift it over to GRCh38 (UCSC's liftOver, Ensembl's assembly converter)"


class GeneLocation(NamedTuple):
    """The location of a gene, with all identifiers in its row."""

    line: int
    identifiers: tuple[str, ...]
    chromosome: str
    start: int
    end: int


def chromosome_name(text: str) -> str:
    """1 … 22, X, Y or MT for any spelling of a chromosome (chr1, 23, M); "" for any other sequence."""
    name = text.strip().upper().removeprefix("CHR").lstrip("0").removesuffix(".0")
    name = _NUMBERED.get(name, name)
    return name if name in CHROMOSOMES else ""


def known_chromosome(text: str, path: str | os.PathLike | None, line: int | None, field: str | None) -> str:
    """The `chromosome_name` of a text; "" where it is empty. Raises InputError for any other sequence."""
    name = chromosome_name(text)
    if text and not name:
        what = f"expected a chromosome 1 to 22, X, Y or MT, found '{text[:40]}'"
        raise InputError(what, file=path, line=line, field=field, fix="write 1 to 22, X, Y or MT, with chr or without")
    return name


def read_locations(path: str | os.PathLike) -> tuple[list[GeneLocation], int]:
    """The genes on chromosomes, and the number of rows on other sequences (patches, alternate loci).

    A file without a header is MAGMA's: id, chromosome, start and end, then perhaps strand and symbol, separated by
    blanks. A header has column names of IDENTIFIERS and PLACES. Raises InputError.
    """
    numbered = [(line, text) for line, text in lines(path) if text.strip()]
    is_magma = _MAGMA.fullmatch(numbered[0][1])
    locations = list(_magma(numbered, path) if is_magma else _headed(path))
    located = [location for location in locations if location.chromosome]
    if not located:
        raise InputError("no row is of a chromosome 1 to 22, X, Y or MT", file=path, fix=_FIX)
    return located, len(locations) - len(located)


def _magma(numbered: Sequence[tuple[int, str]], path: str | os.PathLike) -> Iterator[GeneLocation]:
    for line, text in numbered:
        cells = text.split()
        if not 4 <= len(cells) <= 6:
            raise InputError(f"expected 4 to 6 columns, found {len(cells)}", file=path, line=line, fix=_FIX)
        identifier, chromosome, start, end, *strand_and_symbol = cells
        yield _location([identifier, *strand_and_symbol[1:]], chromosome, start, end, path, line)


def _headed(path: str | os.PathLike) -> Iterator[GeneLocation]:
    columns = {"identifier": IDENTIFIERS, **PLACES}
    table = read_table(path, [name for names in columns.values() for name in names])
    found = {column.casefold(): column for column in table.columns}
    at = {field: [found[name] for name in names if name in found] for field, names in columns.items()}
    for field, names in columns.items():
        if not at[field]:
            raise table.header_error(f"no column has the gene's {field}: {', '.join(names)}", field=field, fix=_FIX)
    for line, row in table.rows:
        chromosome, start, end = (row[at[field][0]].strip() for field in PLACES)
        yield _location([row[name].strip() for name in at["identifier"]], chromosome, start, end, path, line)


def _location(
    cells: Sequence[str], chromosome: str, start: str, end: str, path: str | os.PathLike, line: int
) -> GeneLocation:
    identifiers = tuple(value for value in cells if value not in ("", "-"))
    if not identifiers:
        raise InputError("this gene has neither an id nor a symbol", file=path, line=line, field="symbol")
    first, last = position(start, path, line, "start"), position(end, path, line, "end")
    if last < first:
        raise InputError(f"the gene ends ({last}) before it starts ({first})", file=path, line=line, field="end")
    if not chromosome:
        raise InputError("this gene has no chromosome", file=path, line=line, field="chromosome")
    return GeneLocation(line, identifiers, chromosome_name(chromosome), first, last)


def position(text: str, path: str | os.PathLike | None, line: int | None, field: str | None) -> int:
    """A position as a number from 1, also from 81,230,992 and 81230992.0.

    Raises InputError for anything else, and for more than ten digits, which no chromosome has.
    """
    plain = text.strip().removesuffix(".0")
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", plain):
        plain = plain.replace(",", "")
    plain = plain.lstrip("0")
    if not re.fullmatch(r"[0-9]{1,10}", plain):
        what = f"expected a position, a whole number from 1 to 9,999,999,999, found '{text[:40]}'"
        raise InputError(what, file=path, line=line, field=field, fix="write base pairs, as 81230992 or 81,230,992")
    return int(plain)


def written_place(text: str, path: str | os.PathLike | None, line: int | None, field: str | None) -> tuple[str, int]:
    """(chromosome, position) of a text such as 1:55039974 or 1_55039974_G_A. Raises InputError."""
    match = _PLACE.fullmatch(text.strip())
    if match is None:
        what = f"expected CHROMOSOME:POSITION, found '{text[:40]}'"
        raise InputError(what, file=path, line=line, field=field, fix="write 1:55039974")
    check_build(match["build"] or "", path, line, field)
    chromosome = known_chromosome(match["chromosome"], path, line, field)
    return chromosome, position(match["position"], path, line, field)


def is_place(text: str) -> bool:
    """Whether a text is a place as `written_place` reads it, and no number of a locus."""
    match = _PLACE.fullmatch(text.strip())
    if match is None or not chromosome_name(match["chromosome"]):
        return False
    return float(match["position"].replace(",", "")) >= _FIRST_GENE


def check_build(build: str, path: str | os.PathLike | None, line: int | None, field: str | None) -> None:
    """InputError where a genome build is named that is not GRCh38."""
    if build and not GRCH38.fullmatch(build):
        what = f"this position is of {build[:40]}, and positions are read as of GRCh38"
        raise InputError(what, file=path, line=line, field=field, fix=LIFT)
