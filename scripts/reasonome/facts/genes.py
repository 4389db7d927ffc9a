"""Who is which gene: current, previous and alias symbols and database ids -> current symbol."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from reasonome.core.errors import InputError

_ENSEMBL = r"ENS[A-Z]*G\d{11}"
_UNIPROT = r"(?:[OPQ]\d[A-Z0-9]{3}|[A-NR-Z]\d[A-Z][A-Z0-9]{2}(?:\d[A-Z][A-Z0-9]{2})?)\d"
# Version, and the copy on chromosome Y as GENCODE has it; isoform; number as float.
_ID = re.compile(rf"({_ENSEMBL})(?:\.\d+)?(?:_PAR_Y)?|({_UNIPROT})-\d+|(\d+)\.0", re.IGNORECASE)
# Prefixes without punctuation and case -> how the id begins where it is kept, and what must follow.
_DATABASES = {
    **{name: (f"{name.upper()}:", r"\d+") for name in ("hgnc", "mgi", "rgd")},
    **dict.fromkeys(("ncbigene", "geneid", "ncbigeneid", "entrez", "entrezgene", "entrezid"), ("", r"\d+")),
    "ensembl": ("", _ENSEMBL),
    **dict.fromkeys(("uniprot", "uniprotkb"), ("", _UNIPROT)),
}

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Symbols that spreadsheet programs read as a month: SEPT2 and SEP2 both become 2-Sep.
_STEMS = {month: (month,) for month in _MONTHS} | {"mar": ("march", "marc", "mar"), "sep": ("sept", "sep")}
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(rf"0?(\d{{1,2}})-({_MONTH})(?:-\d\d(?:\d\d)?)?|({_MONTH})-0?(\d{{1,2}})", re.IGNORECASE)
# Dates kept as numbers count days from this one; those of 1990 to 2040 have five digits.
_DAY_ZERO, _SERIALS = date(1899, 12, 30), range(32_874, 51_502)
_GUESSES = 3
_MISSING = {"na", "n/a", "nan", "none", "null", "-"}  # how tables write that there is no value


class Gene(NamedTuple):
    """One gene as the symbol authority has it; `groups` are (id, name) pairs. Unknown is "" or ().

    `other_ids` are further ids, those of other databases with their prefix: MGI:98834. `coding` is whether it has a
    protein product, None where the authority does not say.
    """

    symbol: str
    name: str = ""
    hgnc_id: str = ""
    entrez_id: str = ""
    ensembl_id: str = ""
    uniprot_ids: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    other_ids: tuple[str, ...] = ()
    coding: bool | None = None


class Resolution(NamedTuple):
    """What an identifier turned out to be.

    `symbol` is the current symbol, or None. `how` is current, id, previous, alias, the same with " (case)"
    where only the case differed, "spreadsheet date", ambiguous (then `candidates` has all of them),
    "spreadsheet number" or "missing value" (never resolved; `candidates` has what it may have been), or unknown.
    """

    symbol: str | None
    how: str
    candidates: tuple[str, ...] = ()


class GeneTable:
    """Resolves gene identifiers of any kind.

    The kinds are tried in this order, and the first that knows the identifier decides: current symbol,
    database id, previous symbol, alias, then all of them without regard to case, then a symbol that a spreadsheet
    program turned into a date. An identifier that means several genes of the deciding kind is ambiguous and is
    not guessed. Ids may have their database's prefix (NCBIGene:7157, HGNC:11998, UniProtKB:P04637); a bare number
    is an Entrez id. What tables write for a missing value (NA, N/A, NaN, None, null, -) is a gene only where a
    current symbol is written exactly so: NA is an alias of XK, and NaN of SCN11A. InputError where two genes have the
    same symbol.
    """

    def __init__(self, genes: Iterable[Gene]):
        self.genes: dict[str, Gene] = {}
        for gene in genes:
            if self.genes.setdefault(gene.symbol, gene) is not gene:
                what = f"the symbol {gene.symbol} belongs to several genes"
                fix = "the source that is the authority for symbols must give each to one gene"
                raise InputError(what, fix=fix)
        self._lookups: list[tuple[str, Mapping[str, tuple[str, ...]]]] = [
            ("current", {symbol: (symbol,) for symbol in self.genes}),
            ("id", self._index(_ids)),
            ("previous", self._index(lambda gene: gene.previous)),
            ("alias", self._index(lambda gene: gene.aliases)),
        ]

    def __contains__(self, symbol: str) -> bool:
        """Whether `symbol` is a current symbol, written exactly so."""
        return symbol in self.genes

    def resolve(self, identifier: str, strict: bool = False) -> Resolution:
        """Find the gene that `identifier` means.

        `strict` is for curated files, which use official symbols only: no aliases, no other case, and no
        previous symbol shorter than three characters. Viral proteins are why: Reactome has `tat` (not TAT),
        `PB1` (not the alias of PBRM1) and `NP` (not the old symbol of PNP).
        """
        identifier = identifier.strip()
        found = self._written_so(identifier, strict)
        if identifier.casefold() in _MISSING and found.how != "current":
            return Resolution(None, "missing value", (found.symbol,) if found.symbol else found.candidates)
        if found.how != "unknown":
            return found
        if dated := self._from_date(identifier, strict):
            return _resolution("spreadsheet date", dated)
        if dated := self._from_serial(identifier):
            return Resolution(None, "spreadsheet number", dated)
        return found

    def _written_so(self, identifier: str, strict: bool) -> Resolution:
        """What an identifier means as it is written, case aside; unknown if nothing."""
        key = _id_key(identifier)
        for how, index in self._lookups:
            if strict and (how == "alias" or (how == "previous" and len(identifier) < 3)):
                continue
            found = index.get(key if how == "id" else identifier)
            if found:
                return _resolution(how, found)
        if not strict:
            for how, index in self._folded:
                found = index.get((key if how == "id" else identifier).casefold())
                if found:
                    return _resolution(f"{how} (case)", found)
        return Resolution(None, "unknown")

    def best_guess(self, identifier: str) -> str:
        """Symbols that somebody may have meant by an identifier that resolves to none, joined by "|"; or "".

        In this order: all genes that an ambiguous one may mean, the same letters and digits with other
        punctuation or case, one wrong, missing or extra character (at most three of those).
        """
        resolution = self.resolve(identifier)
        if resolution.symbol:
            return resolution.symbol
        if resolution.candidates:
            return "|".join(resolution.candidates)
        guesses = self._plain.get(_plain(identifier), ()) or self._one_edit_away(identifier)
        return "|".join(sorted(guesses)[:_GUESSES])

    def _index(self, identifiers_of) -> dict[str, tuple[str, ...]]:
        return _collect((i, gene.symbol) for gene in self.genes.values() for i in identifiers_of(gene) if i)

    @cached_property
    def _folded(self) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
        return [
            (how, _collect((key.casefold(), symbol) for key, symbols in index.items() for symbol in symbols))
            for how, index in self._lookups
        ]

    @cached_property
    def _plain(self) -> dict[str, tuple[str, ...]]:
        return _collect((_plain(symbol), symbol) for symbol in self.genes)

    @cached_property
    def _letters(self) -> str:
        return "".join(sorted(set().union(*self._folded[0][1])))

    def _from_date(self, identifier: str, strict: bool) -> tuple[str, ...]:
        """The genes whose symbol, as month and number, is this date; current and old symbols before aliases."""
        match = _DATE.fullmatch(identifier)
        if not match:
            return ()
        number, month = match[1] or match[4], (match[2] or match[3]).lower()
        names = [f"{stem}{int(number)}" for stem in _STEMS[month]]
        current, _, previous, alias = (index for _, index in self._folded)
        for indexes in [(current, previous)] if strict else [(current, previous), (alias,)]:
            found = {symbol for index in indexes for name in names for symbol in index.get(name, ())}
            if found:
                return tuple(sorted(found))
        return ()

    def _from_serial(self, identifier: str) -> tuple[str, ...]:
        """The genes whose symbol is the date that such a number stands for."""
        if not re.fullmatch("[0-9]{5}", identifier) or int(identifier) not in _SERIALS:
            return ()
        day = _DAY_ZERO + timedelta(days=int(identifier))
        return self._from_date(f"{day.day}-{_MONTHS[day.month - 1]}", strict=False)

    def _one_edit_away(self, identifier: str) -> set[str]:
        # Four characters and fewer are one edit away from too much; numbers are ids, and longer texts no symbols.
        if not 5 <= len(identifier) <= 40 or identifier.isdigit():
            return set()
        current = self._folded[0][1]
        edited = _one_edit(identifier.casefold(), self._letters)
        return {symbol for text in edited for symbol in current.get(text, ())}


def _ids(gene: Gene) -> Iterator[str]:
    yield from (gene.hgnc_id, gene.entrez_id, gene.ensembl_id, *gene.uniprot_ids)
    yield from map(_id_key, gene.other_ids)


def _id_key(identifier: str) -> str:
    """The id as it is kept: without version, _PAR_Y or isoform, with a prefix only for HGNC, MGI and RGD.

    A text that is no id, or not one of the database that its prefix names, comes back as it is.
    """
    *prefixes, rest = identifier.split(":")
    match = _ID.fullmatch(rest)
    if match:
        rest = match[1] or match[2] or match[3]
    if not prefixes:
        return rest
    databases = {_DATABASES.get(_plain(prefix)) for prefix in prefixes}
    database = databases.pop()
    if databases or database is None or not re.fullmatch(database[1], rest, re.IGNORECASE):
        return identifier
    return database[0] + rest


def _resolution(how: str, symbols: tuple[str, ...]) -> Resolution:
    return Resolution(symbols[0], how) if len(symbols) == 1 else Resolution(None, "ambiguous", symbols)


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    several: dict[str, set[str]] = defaultdict(set)
    for key, symbol in pairs:
        if found.setdefault(key, (symbol,)) != (symbol,):
            several[key].update((*found[key], symbol))
    found.update((key, tuple(sorted(symbols))) for key, symbols in several.items())
    return found


def _plain(identifier: str) -> str:
    return "".join(filter(str.isalnum, identifier)).casefold()


def _one_edit(text: str, letters: str) -> Iterator[str]:
    """All texts with one character less, another or more."""
    for i in range(len(text) + 1):
        head, tail = text[:i], text[i + 1 :]
        if i < len(text):
            yield head + tail
            yield from (head + letter + tail for letter in letters)
        yield from (head + letter + text[i:] for letter in letters)
