"""Gene locations, as MAGMA's .gene.loc has them; positions are 1-based, both ends included."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines

CHROMOSOMES = (*map(str, range(1, 23)), "X", "Y", "MT")
_NUMBERED = {"23": "X", "24": "Y", "26": "MT", "M": "MT"}
_FIX = "give MAGMA's .gene.loc: id, chromosome, start, end, and perhaps strand and symbol, without a header"


class GeneLocation(NamedTuple):
    """The location of a gene, with all identifiers in its row."""

    line: int
    identifiers: tuple[str, ...]
    chromosome: str
    start: int
    end: int


def chromosome_name(text: str) -> str:
    """1 … 22, X, Y or MT for any spelling of a chromosome (chr1, 23, M); "" for any other sequence."""
    name = text.strip().upper().removeprefix("CHR").lstrip("0")
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

    A row has id, chromosome, start and end, then perhaps strand and symbol, separated by blanks. Raises InputError.
    """
    locations = [_location(text.split(), path, line) for line, text in lines(path) if text.strip()]
    located = [location for location in locations if location.chromosome]
    if not located:
        raise InputError("no row is of a chromosome 1 to 22, X, Y or MT", file=path, fix=_FIX)
    return located, len(locations) - len(located)


def _location(cells: Sequence[str], path: str | os.PathLike, line: int) -> GeneLocation:
    if not 4 <= len(cells) <= 6:
        raise InputError(f"expected 4 to 6 columns, found {len(cells)}", file=path, line=line, fix=_FIX)
    identifier, chromosome, start, end, *strand_and_symbol = cells
    first, last = position(start, path, line, "start"), position(end, path, line, "end")
    if last < first:
        raise InputError(f"the gene ends ({last}) before it starts ({first})", file=path, line=line, field="end")
    return GeneLocation(line, (identifier, *strand_and_symbol[1:]), chromosome_name(chromosome), first, last)


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
