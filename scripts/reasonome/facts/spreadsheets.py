"""What spreadsheet programs make of gene symbols: dates, as programs of several languages write them, and numbers."""

import re
import unicodedata
from datetime import date, timedelta

_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# What English, German, Dutch, French, Spanish, Italian and Portuguese programs write, without accents and final points.
_ABBREVIATIONS = (
    "jan janv ene gen",
    "feb febr fev fevr",
    "mar mrz mrt mars marz",
    "apr avr abr",
    "may mai mag mei",
    "jun juin giu",
    "jul juil lug",
    "aug aout ago",
    "sep sept set",
    "oct okt ott out",
    "nov",
    "dec dez dic",
)
_MONTHS = {text: month for month, texts in enumerate(_ABBREVIATIONS, 1) for text in texts.split()}
# Stems of symbols that are read as a month: SEPT2 and SEP2 both become 2-Sep.
_STEMS = {month: (text,) for month, text in enumerate(_ENGLISH, 1)} | {3: ("march", "marc", "mar"), 9: ("sept", "sep")}

_DAY_MONTH = re.compile(r"(\d{1,2})[-. /] ?([^\W\d_]{3,5})\.?(?:[-. /] ?(?:\d\d){1,2})?")  # 2-Sep, 2. Sep, 2-sept.-20
_MONTH_DAY = re.compile(rf"({'|'.join(_ENGLISH)})-(\d{{1,2}})", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")  # as pandas writes them
_NUMBERS = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(?:\d\d){1,2}")  # 9/2/2020 and 02.09.2020
# Spreadsheets store dates as days since this one; the numbers of 1990 to 2040.
_DAY_ZERO, _SERIALS = date(1899, 12, 30), range(32_874, 51_502)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E[+-]\d+", re.IGNORECASE)


def date_symbols(identifier: str) -> tuple[str, ...]:
    """The texts, in lower case, that a spreadsheet program reads as this date; () for what is none.

    9/2/2020 is the second of September or the ninth of February: sept2, sep2 and feb9.
    """
    days = dict.fromkeys((day, month) for day, month in _days(identifier) if 1 <= day <= 31 and 1 <= month <= 12)
    return tuple(f"{stem}{day}" for day, month in days for stem in _STEMS[month])


def _days(identifier: str) -> list[tuple[int, int]]:
    """(day, month) of each way to read a date; they may lie outside the calendar."""
    if match := _DAY_MONTH.fullmatch(identifier):
        return [(int(match[1]), _MONTHS.get(_without_accents(match[2]), 0))]
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


def _without_accents(text: str) -> str:
    """The text in lower case, without accents: mär becomes mar."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(character for character in apart if not unicodedata.combining(character))
