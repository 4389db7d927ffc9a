"""Gene identifiers as programs write them: HLA.DRA, TP53:ENSG00000141510, ACTB///ACTG1; and dates of spreadsheets."""

import re
from collections.abc import Iterator
from typing import NamedTuple

DOTS, WITH_ID, SEVERAL = "symbol with '.' for '-'", "symbol with an id", "several genes"
# Kind of a spelling → what genes of it are, in a sentence.
KINDS = {
    DOTS: "symbols with '.' for '-'",
    WITH_ID: "two identifiers in one",
    SEVERAL: "several genes in one, of which the first known one counts",
}

ENSEMBL = r"ENS[A-Z]*G\d{11}"
_VERSIONED = rf"{ENSEMBL}(?:\.\d+(?:_\d+)?)?"
UNIPROT = r"(?:[OPQ]\d[A-Z0-9]{3}|[A-NR-Z]\d[A-Z][A-Z0-9]{2}(?:\d[A-Z][A-Z0-9]{2})?)\d"
_TWO = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<one>\S+?)[:|_](?P<two>{_VERSIONED})",  # Cell Ranger, Seurat
        rf"(?P<one>{_VERSIONED})(?:[:|]|_(?!PAR_))(?P<two>\S+)",
        r"(?P<one>[^\s|]+)\|(?P<two>\d+)",  # TCGA
        r"(?P<one>\S+) \((?P<two>\d+)\)",  # DepMap
        rf"(?:sp|tr)\|(?P<one>{UNIPROT})(?:-\d+)?(?P<two>)\|\w+",  # FASTA of UniProt
    )
)
_BETWEEN = re.compile(r"\s*(?:///|;)\s*")  # GEO2R and Affymetrix; DIA-NN and MaxQuant
_GROUP = re.compile(rf"{UNIPROT}(?:-\d+)?(?:;{UNIPROT}(?:-\d+)?)+|[^\s/]+(?:\s*///\s*[^\s/]+)+")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Stems of symbols that are read as a month: SEPT2 and SEP2 both become 2-Sep.
_STEMS = {month: (month,) for month in _MONTHS} | {"mar": ("march", "marc", "mar"), "sep": ("sept", "sep")}
_MONTH = rf"({'|'.join(_MONTHS)})"
_DAY_MONTH = re.compile(rf"(\d{{1,2}})-{_MONTH}(?:-(?:\d\d){{1,2}})?", re.IGNORECASE)  # 2-Sep, 02-SEP, 2-Sep-2020
_MONTH_DAY = re.compile(rf"{_MONTH}-(\d{{1,2}})", re.IGNORECASE)  # Sep-2


class Spelling(NamedTuple):
    """One of KINDS, and the identifiers that a text of this kind holds."""

    kind: str
    parts: tuple[str, ...]


def spellings(identifier: str) -> Iterator[Spelling]:
    """The ways in which an identifier may hold others, which are shorter or have fewer points.

    Whether these are genes is not looked up.
    """
    for pattern in _TWO:
        if match := pattern.fullmatch(identifier):
            yield Spelling(WITH_ID, tuple(filter(None, match.groups())))
    if len(parts := tuple(filter(None, _BETWEEN.split(identifier)))) > 1:
        yield Spelling(SEVERAL, parts)
    if "." in identifier:
        yield Spelling(DOTS, (identifier.replace(".", "-"),))


def is_one_gene(cell: str) -> bool:
    """Whether a text with blanks or delimiters in it is surely one identifier or one group, and no list of genes."""
    return bool(_GROUP.fullmatch(cell)) or any(pattern.fullmatch(cell) for pattern in _TWO)


def date_symbols(identifier: str) -> tuple[str, ...]:
    """The texts, in lower case, that an English spreadsheet program reads as this date; () for what is none.

    2-Sep may be sept2 or sep2.
    """
    if match := _DAY_MONTH.fullmatch(identifier):
        day, month = match.groups()
    elif match := _MONTH_DAY.fullmatch(identifier):
        month, day = match.groups()
    else:
        return ()
    return tuple(f"{stem}{int(day)}" for stem in _STEMS[month.lower()]) if 1 <= int(day) <= 31 else ()
