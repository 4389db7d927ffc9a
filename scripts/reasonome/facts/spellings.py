"""Gene identifiers as programs write them: HLA.DRA, TP53:ENSG00000141510, ACTB///ACTG1; and dates of spreadsheets."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

DOTS, WITH_ID, GENOME, SEVERAL = "symbol with '.' for '-'", "symbol with an id", "symbol with a genome", "several genes"
# Kind of a spelling → what genes of it are, in a sentence.
KINDS = {
    DOTS: "symbols with '.' for '-'",
    WITH_ID: "two identifiers in one",
    GENOME: "symbols behind the name of a genome",
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
        rf"(?:sp|tr)\|(?P<one>{UNIPROT})(?P<two>)\|\w+",  # FASTA of UniProt
    )
)
_GENOME = re.compile(r"(?:GRCh3[78]|GRCm3[89]|hg19|hg38|mm10|mm39)[_-]+(\S+)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:///|;)\s*")  # GEO2R and Affymetrix; DIA-NN and MaxQuant
_GROUP = re.compile(rf"{UNIPROT}(?:-\d+)?(?:;{UNIPROT}(?:-\d+)?)+|[^\s/]+(?:\s*///\s*[^\s/]+)+")


_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {text: month for month, text in enumerate(_ENGLISH, 1)} | {"sept": 9}
# Stems of symbols that are read as a month: SEPT2 and SEP2 both become 2-Sep.
_STEMS = {month: (text,) for month, text in enumerate(_ENGLISH, 1)} | {3: ("march", "marc", "mar"), 9: ("sept", "sep")}
_DAY_MONTH = re.compile(r"(\d{1,2})[-. /] ?([^\W\d_]{3,5})\.?(?:[-. /] ?(?:\d\d){1,2})?")  # 2-Sep, 2. Sep, 2-sept.-20
_MONTH_DAY = re.compile(rf"({'|'.join(_ENGLISH)})-(\d{{1,2}})", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")  # as pandas writes them
_NUMBERS = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(?:\d\d){1,2}")  # 9/2/2020 and 02.09.2020
# Spreadsheets store dates as days since this one; the numbers of 1990 to 2040.
_DAY_ZERO, _SERIALS = date(1899, 12, 30), range(32_874, 51_502)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E[+-]\d+", re.IGNORECASE)


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
    if match := _GENOME.fullmatch(identifier):
        yield Spelling(GENOME, (match[1],))
    if len(parts := tuple(filter(None, _BETWEEN.split(identifier)))) > 1:
        yield Spelling(SEVERAL, parts)
    if "." in identifier:
        yield Spelling(DOTS, (identifier.replace(".", "-"),))


def is_one_gene(cell: str) -> bool:
    """Whether a text with blanks or delimiters in it is surely one identifier or one group, and no list of genes."""
    return bool(_GROUP.fullmatch(cell)) or any(pattern.fullmatch(cell) for pattern in _TWO)


def date_symbols(identifier: str) -> tuple[str, ...]:
    """The texts, in lower case, that a spreadsheet program reads as this date; () for what is none.

    9/2/2020 is the second of September or the ninth of February: sept2, sep2 and feb9.
    """
    days = dict.fromkeys((day, month) for day, month in _days(identifier) if 1 <= day <= 31 and 1 <= month <= 12)
    return tuple(f"{stem}{day}" for day, month in days for stem in _STEMS[month])


def _days(identifier: str) -> list[tuple[int, int]]:
    """(day, month) of each way to read a date; they may lie outside the calendar."""
    if match := _DAY_MONTH.fullmatch(identifier):
        return [(int(match[1]), _MONTHS.get(match[2].lower(), 0))]
    if match := _MONTH_DAY.fullmatch(identifier):
        return [(int(match[2]), _MONTHS[match[1].lower()])]
    if match := _ISO.fullmatch(identifier):
        return [(int(match[2]), int(match[1]))]
    if match := _NUMBERS.fullmatch(identifier):
        first, second = int(match[1]), int(match[3])
        return [(first, second)] if match[2] == "." else [(second, first), (first, second)]
    return []


def serial_symbols(identifier: str) -> tuple[str, ...]:
    """The texts, in lower case, that a spreadsheet program stores as this number of a day; () for other numbers."""
    if not re.fullmatch("[0-9]{5}", identifier) or int(identifier) not in _SERIALS:
        return ()
    day = _DAY_ZERO + timedelta(days=int(identifier))
    return tuple(f"{stem}{day.day}" for stem in _STEMS[day.month])


def is_rounded(identifier: str) -> bool:
    """Whether this is a number as spreadsheets write it, 2.31E+13: of the RIKEN clone 2310009E13."""
    return bool(_ROUNDED.fullmatch(identifier))
