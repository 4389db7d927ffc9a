"""Gene identifiers: current, previous and alias symbols and database ids -> current symbol."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import MISSING
from reasonome.facts.spellings import ENSEMBL, SEVERAL, UNIPROT, date_symbols, spellings

# Version, with that of a lift to GRCh37, and the copy on chromosome Y as GENCODE has them; isoform; number as float.
_ID = re.compile(rf"({ENSEMBL})(?:\.\d+(?:_\d+)?)?(?:_PAR_Y)?|({UNIPROT})-\d+|(\d+)\.0", re.IGNORECASE)
# Prefix without punctuation and case -> prefix of the stored id, and the pattern of the rest.
_DATABASES = {
    **{name: (f"{name.upper()}:", r"\d+") for name in ("hgnc", "mgi", "rgd")},
    **dict.fromkeys(("ncbigene", "geneid", "ncbigeneid", "entrez", "entrezgene", "entrezid"), ("", r"\d+")),
    "ensembl": ("", ENSEMBL),
    **dict.fromkeys(("uniprot", "uniprotkb"), ("", UNIPROT)),
}

_GUESSES = 3
_MISSING = MISSING | {"-"}


class Gene(NamedTuple):
    """One gene of the symbol authority; `groups` are (id, name) pairs. Unknown values are "" or ().

    `other_ids` are further ids, with a prefix for other databases: MGI:98834. `coding` says whether it has a protein
    product, None where the authority does not say.
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
    receptor: bool = False  # of immunoglobulins or T cell receptors, which are joined of segments and not `coding`


class Resolution(NamedTuple):
    """The result of resolving an identifier.

    `symbol` is the current symbol, or None. `how` is current, id, previous, alias, the same with " (case)"
    where only the case differed, "spreadsheet date", one of spellings.KINDS, ambiguous (`candidates` has all symbols),
    "missing value" (never resolved; `candidates` has the possible symbols) or unknown.
    """

    symbol: str | None
    how: str
    candidates: tuple[str, ...] = ()


class GeneTable:
    """Resolves gene identifiers of any kind.

    The first kind with a match decides, in this order: current symbol, also in another case (Fli1 is FLI1, although
    FLII has that alias); database id, previous symbol, alias, written exactly so; the same in another case; a symbol
    that a spreadsheet program turned into a date; identifiers as programs write them (spellings). An identifier with
    several genes of that kind is ambiguous and stays unresolved. Ids may have their database's prefix (NCBIGene:7157,
    HGNC:11998, UniProtKB:P04637); a bare number is an Entrez id. Texts for a missing value (NA, #N/A, NaN, None, null,
    -) resolve only to an identical current symbol: NA is also an alias of XK, and NaN of SCN11A. Raises InputError
    where two genes have the same symbol.
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
        """Resolve `identifier` to a gene.

        `strict` is for curated files, which use official symbols only: no aliases, no other case, no spellings of
        programs, and no previous symbol shorter than three characters. The reason is viral proteins: Reactome has `tat`
        (not TAT), `PB1` (not the alias of PBRM1) and `NP` (not the old symbol of PNP).
        """
        identifier = identifier.strip()
        resolution = self._written_so(identifier, strict)
        if identifier.casefold() in _MISSING and resolution.how != "current":
            return Resolution(
                None, "missing value", (resolution.symbol,) if resolution.symbol else resolution.candidates
            )
        if resolution.how != "unknown":
            return resolution
        if dated := self._called(date_symbols(identifier), strict):
            return _resolution("spreadsheet date", dated)
        return resolution if strict else self._respelled(identifier)

    def _written_so(self, identifier: str, strict: bool) -> Resolution:
        """The resolution of an identifier by the lookups: current symbols in any case, exact matches, then others."""
        key = _id_key(identifier)
        if identifier not in self.genes and not strict and (symbols := self._folded[0][1].get(identifier.casefold())):
            return _resolution("current (case)", symbols)
        for how, index in self._lookups:
            if strict and (how == "alias" or (how == "previous" and len(identifier) < 3)):
                continue
            symbols = index.get(key if how == "id" else identifier)
            if symbols:
                return _resolution(how, symbols)
        if not strict:
            for how, index in self._folded:
                symbols = index.get((key if how == "id" else identifier).casefold())
                if symbols:
                    return _resolution(f"{how} (case)", symbols)
        return Resolution(None, "unknown")

    def _respelled(self, identifier: str) -> Resolution:
        """The resolution of the identifiers that this one holds, which must agree unless they are of several genes."""
        for kind, parts in spellings(identifier):
            found = dict.fromkeys(symbol for part in parts if (symbol := self.resolve(part).symbol))
            if found and (kind == SEVERAL or len(found) == 1):
                return Resolution(next(iter(found)), kind)
            if found:
                return Resolution(None, "ambiguous", tuple(sorted(found)))
        return Resolution(None, "unknown")

    def best_guess(self, identifier: str) -> str:
        """Suggested symbols for an unresolved identifier, joined by "|"; "" without any.

        They are all genes of an ambiguous identifier; else up to three with the same letters and digits; else up to
        three with one wrong, missing or extra character.
        """
        resolution = self.resolve(identifier)
        if resolution.symbol:
            return resolution.symbol
        if resolution.candidates:
            return "|".join(resolution.candidates)
        guesses = self._plain.get(_plain(identifier), ()) or self._one_edit_away(identifier)
        return "|".join(sorted(guesses)[:_GUESSES])

    def _index(self, identifiers) -> dict[str, tuple[str, ...]]:
        named = ((identifier, gene.symbol) for gene in self.genes.values() for identifier in identifiers(gene))
        return _collect((identifier, symbol) for identifier, symbol in named if identifier)

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

    def _called(self, names: Iterable[str], strict: bool) -> tuple[str, ...]:
        """The genes with any of these symbols, in lower case; current and old symbols before aliases."""
        current, _, previous, alias = (index for _, index in self._folded)
        for indexes in [(current, previous)] if strict else [(current, previous), (alias,)]:
            symbols = {symbol for index in indexes for name in names for symbol in index.get(name, ())}
            if symbols:
                return tuple(sorted(symbols))
        return ()

    def _one_edit_away(self, identifier: str) -> set[str]:
        # Texts of up to four characters have too many neighbours; numbers are ids, and longer texts no symbols.
        if not 5 <= len(identifier) <= 40 or identifier.isdigit():
            return set()
        current = self._folded[0][1]
        edited = _one_edit(identifier.casefold(), self._letters)
        return {symbol for text in edited for symbol in current.get(text, ())}


def _ids(gene: Gene) -> Iterator[str]:
    yield from (gene.hgnc_id, gene.entrez_id, gene.ensembl_id, *gene.uniprot_ids)
    yield from map(_id_key, gene.other_ids)


def _id_key(identifier: str) -> str:
    """The stored form of an id: without version, _PAR_Y or isoform, with a prefix only for HGNC, MGI and RGD.

    A text that is no id, or not one of its prefix's database, is returned unchanged.
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
    by_key: dict[str, set[str]] = defaultdict(set)
    for key, symbol in pairs:
        by_key[key].add(symbol)
    return {key: tuple(sorted(symbols)) for key, symbols in by_key.items()}


def _plain(identifier: str) -> str:
    return "".join(filter(str.isalnum, identifier)).casefold()


def _one_edit(text: str, letters: str) -> Iterator[str]:
    """All texts with one character deleted, replaced or inserted."""
    for place in range(len(text) + 1):
        head, tail = text[:place], text[place + 1 :]
        if place < len(text):
            yield head + tail
            yield from (head + letter + tail for letter in letters)
        yield from (head + letter + text[place:] for letter in letters)
